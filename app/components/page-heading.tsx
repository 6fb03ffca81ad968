import Link from 'next/link';
import type { ReactNode } from 'react';

export interface Crumb {
  readonly href: string;
  readonly label: string;
}

export interface PageHeadingProps {
  readonly title: string;
  /** The way here, outermost first; the page itself is not in it. */
  readonly trail?: readonly Crumb[];
  /** Beside the title, such as a status. */
  readonly aside?: ReactNode;
  /** Below the title. */
  readonly children?: ReactNode;
}

export function PageHeading({ title, trail = [], aside, children }: PageHeadingProps) {
  return (
    <header className="mb-8">
      {trail.length > 0 && (
        <nav aria-label="Breadcrumb" className="mb-2 text-muted text-sm">
          <ol className="flex flex-wrap gap-x-2">
            {trail.map((crumb, index) => (
              <li key={crumb.href} className="min-w-0">
                <Link href={crumb.href} className="hover:text-ink hover:underline">
                  {crumb.label}
                </Link>
                {index < trail.length - 1 && (
                  <span aria-hidden="true" className="ml-2">
                    /
                  </span>
                )}
              </li>
            ))}
          </ol>
        </nav>
      )}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="min-w-0 text-2xl sm:text-3xl">{title}</h1>
        {aside}
      </div>
      {children && <div className="mt-2 text-muted">{children}</div>}
    </header>
  );
}
