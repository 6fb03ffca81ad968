'use client';

export interface ErrorPageProps {
  readonly error: Error & { readonly digest?: string };
  readonly retry: () => void;
}

/** Shown in place of a page that could not be made. What went wrong is in the server's log, under the reference. */
export default function ErrorPage({ error, retry }: ErrorPageProps) {
  return (
    <div className="mx-auto max-w-prose py-12">
      <h1 className="text-2xl">This page could not be shown</h1>
      <p className="mt-3">
        Most often a part of the platform, such as its database, is just restarting. Running imports are not
        harmed: they go on from where they were. Try again in a moment.
      </p>
      {error.digest && (
        <p className="mt-3 text-muted text-sm">For the operator: reference {error.digest} in the log.</p>
      )}
      <button type="button" onClick={retry} className="button button-primary mt-6">
        Try again
      </button>
    </div>
  );
}
