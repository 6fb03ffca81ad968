'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';

/** A link of the main navigation that knows whether the reader is in its part of the site. */
export function NavLink({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  const inside = usePathname().startsWith(href);
  return (
    <Link
      href={href}
      aria-current={inside ? 'page' : undefined}
      className="inline-flex min-h-11 items-center border-transparent border-b-2 px-1 text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
    >
      {children}
    </Link>
  );
}
