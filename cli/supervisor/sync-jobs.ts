import { signature } from '../../engine/protocol/signing.ts';
import { CommandFailure } from '../failure.ts';

/**
 * Asks the host of the jobs to register them with its engine, and waits for the engine's word. An event that came before
 * its function would start nothing, so nobody is told "ready" earlier.
 *
 * Source: Inngest SDK spec, section 4.3.2: a PUT to the serve endpoint makes the SDK register. It has to be signed, for an
 * unsigned one could name any address as that of the jobs.
 *
 * @throws {CommandFailure} with what the engine answered
 */
export async function syncJobs(serveUrl: string, signingKey: string): Promise<void> {
  const body = JSON.stringify({ url: serveUrl });
  const response = await fetch(serveUrl, {
    method: 'PUT',
    body,
    headers: {
      'content-type': 'application/json',
      'x-inngest-signature': signature(signingKey, body, Math.floor(Date.now() / 1000)),
    },
    signal: AbortSignal.timeout(60_000),
  });
  if (response.ok) return;
  const answer = (await response.text()).slice(0, 500);
  throw new CommandFailure(
    `Cannot register the jobs with the engine: ${serveUrl} answered ${response.status} ${answer}; check INNGEST_BASE_URL and the keys`,
  );
}
