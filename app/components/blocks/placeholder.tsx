import type { ReactNode } from 'react';

/** Stands where something of the lesson should be, and says why it is not. */
export function Placeholder({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div role="note" className="rounded-xl border border-line-strong border-dashed bg-sunken px-5 py-4">
      <p className="font-medium">{title}</p>
      {children && <div className="mt-1 text-muted text-sm">{children}</div>}
    </div>
  );
}
