const formats = [
  { format: 'csv', label: 'CSV' },
  { format: 'json', label: 'JSON' },
  { format: 'nginx', label: 'nginx' },
  { format: 'next', label: 'Next.js' },
] as const;

/** Downloads of where the old school's addresses have moved to. */
export function RedirectLinks({ courseId }: { readonly courseId: string }) {
  return (
    <div className="border-line border-t pt-6">
      <p id="redirects" className="font-semibold">
        Redirects from the old school
      </p>
      <p className="mt-1 text-muted">
        Where the addresses of this course and its lessons have moved to, for the server of the old domain.
      </p>
      <ul aria-labelledby="redirects" className="mt-2 flex flex-wrap gap-x-4">
        {formats.map(({ format, label }) => (
          <li key={format}>
            <a href={`/courses/${courseId}/redirects?format=${format}`} className="link">
              {label}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
