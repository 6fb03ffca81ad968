import { CommandFailure } from '../failure.ts';

/**
 * Asks the host of the jobs to register them with its engine, and waits for the engine's word. An event that came before
 * its function would start nothing, so nobody is told "ready" earlier.
 *
 * Source: Inngest SDK spec, section 4 (syncing): a PUT to the serve endpoint makes the SDK register.
 *
 * @throws {CommandFailure} with what the engine answered
 */
export async function syncJobs(serveUrl: string): Promise<void> {
  const response = await fetch(serveUrl, { method: 'PUT', body: '{}', signal: AbortSignal.timeout(60_000) });
  if (response.ok) return;
  const body = (await response.text()).slice(0, 500);
  throw new CommandFailure(
    `Cannot register the jobs with the engine: ${serveUrl} answered ${response.status} ${body}; check INNGEST_BASE_URL and the keys`,
  );
}
