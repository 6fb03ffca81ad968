import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { withDatabaseRetry } from '../db/client.ts';
import { getProgress } from './progress.ts';
import { isFinal } from './states.ts';
import type { ImportProgress } from './types.ts';

/**
 * Follows an import until it is final.
 *
 * @param options.untilPaused ends, too, when the import is paused: nothing happens then until somebody resumes it
 * @param options.onProgress told the present state at once, then each change
 * @param options.signal ends the watching early; the promise then rejects with its reason
 * @param options.pollMs time between two looks at the ledger, 500 unless told
 * @throws {AppError} `NOT_FOUND`
 */
export async function watchImport(
  context: Pick<Context, 'database' | 'organisationId'>,
  importId: string,
  {
    onProgress,
    signal,
    pollMs = 500,
    untilPaused = false,
  }: {
    readonly onProgress?: (progress: ImportProgress) => void;
    readonly signal?: AbortSignal | undefined;
    readonly pollMs?: number;
    readonly untilPaused?: boolean;
  } = {},
): Promise<ImportProgress> {
  let shown = '';
  for (;;) {
    signal?.throwIfAborted();
    // The database may be on its way back from a crash; whoever watches need not notice.
    const progress = await withDatabaseRetry(() => getProgress(context, importId));
    const text = JSON.stringify(progress);
    if (text !== shown) onProgress?.(progress);
    shown = text;
    if (isFinal(progress.status) || (untilPaused && progress.status === 'paused')) return progress;

    await delay(pollMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
}
