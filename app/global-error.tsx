'use client';

import './globals.css';
import ErrorPage, { type ErrorPageProps } from './error.tsx';

/** In place of the whole document, when not even its frame could be made. */
export default function GlobalErrorPage(props: ErrorPageProps) {
  return (
    <html lang="en">
      <body>
        <title>Courseport</title>
        <main className="px-4">
          <ErrorPage {...props} />
        </main>
      </body>
    </html>
  );
}
