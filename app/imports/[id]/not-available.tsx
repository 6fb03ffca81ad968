/** What no import can bring, for the owner to save or to rebuild before the school is closed. */
export function NotAvailable({ things }: { readonly things: readonly string[] }) {
  return (
    <details className="mt-8">
      <summary className="w-fit font-medium">Not available from Teachable</summary>
      <p className="mt-2 max-w-prose text-muted">
        Teachable’s API hands out none of this, for any course. Save it by hand, or build it again, before you
        close the school.
      </p>
      <ul className="mt-2 max-w-prose list-disc pl-6">
        {things.map((thing) => (
          <li key={thing}>{thing}</li>
        ))}
      </ul>
    </details>
  );
}
