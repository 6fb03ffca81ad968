/** Something the source had, as plain text that nothing interprets. */
export function SourceText({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <details className="mt-2">
      <summary className="w-fit">{label}</summary>
      <pre className="mt-2 max-h-64 overflow-auto whitespace-pre-wrap wrap-anywhere rounded-lg bg-surface p-3 text-xs">
        {text}
      </pre>
    </details>
  );
}
