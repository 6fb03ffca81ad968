import type { ReactNode } from 'react';

/** What a list shows when there is nothing in it: that, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="rounded-xl border border-line-strong border-dashed px-6 py-10 text-center">
      <p className="font-semibold">{title}</p>
      <p className="mx-auto mt-1 max-w-prose text-muted">{children}</p>
    </div>
  );
}
