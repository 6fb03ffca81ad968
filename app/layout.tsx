import './globals.css';
import type { Metadata, Viewport } from 'next';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { getEnv } from '../src/env.ts';
import { Mark } from './components/mark.tsx';
import { NavLink } from './components/nav-link.tsx';
import { engineUrl } from './lib/engine-url.ts';

/** Every page shows live rows and carries its own nonce: none is made at build time. */
export const dynamic = 'force-dynamic';

export const metadata: Metadata = {
  title: { default: 'Courseport', template: '%s · Courseport' },
  description: 'Bring your courses over, completely.',
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#faf9f6' },
    { media: '(prefers-color-scheme: dark)', color: '#121618' },
  ],
};

export default function RootLayout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body className="flex min-h-dvh flex-col">
        <a
          href="#main"
          className="button button-primary sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-10"
        >
          Skip to the content
        </a>
        <header className="border-line border-b bg-surface">
          <div className="mx-auto flex max-w-5xl flex-wrap items-center gap-x-6 px-4 sm:px-6">
            <Link
              href="/imports"
              className="flex min-h-12 items-center gap-2.5 font-semibold text-lg tracking-tight"
            >
              <Mark />
              Courseport
            </Link>
            <nav aria-label="Main" className="flex flex-wrap gap-x-5">
              <NavLink href="/imports">Imports</NavLink>
              <NavLink href="/courses">Courses</NavLink>
              {engineUrl(getEnv()) !== null && (
                <a
                  href="/engine"
                  className="inline-flex min-h-11 items-center border-transparent border-b-2 px-1 text-muted hover:text-ink"
                >
                  Engine runs
                </a>
              )}
            </nav>
          </div>
        </header>
        <main id="main" tabIndex={-1} className="mx-auto w-full max-w-5xl flex-1 px-4 py-8 sm:px-6 sm:py-10">
          {children}
        </main>
      </body>
    </html>
  );
}
