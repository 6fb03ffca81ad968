import { SubmitButton } from '../../components/submit-button.tsx';
import { cancel } from './actions.ts';

/** Asks once more before it cancels; works without a script. */
export function CancelForm({ importId }: { readonly importId: string }) {
  return (
    <details className="group">
      <summary className="button w-fit list-none [&::-webkit-details-marker]:hidden">
        Cancel the import
      </summary>
      <form action={cancel} className="card mt-3 max-w-prose p-4">
        <p>What has arrived so far stays. Importing the course again later goes on from there.</p>
        <input type="hidden" name="importId" value={importId} />
        <div className="mt-4">
          <SubmitButton pendingLabel="Cancelling …" tone="danger">
            Yes, cancel it
          </SubmitButton>
        </div>
      </form>
    </details>
  );
}
