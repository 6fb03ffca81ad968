import type { Executor } from '../executor/executor.ts';
import type { Database } from '../store/database.ts';
import { findRunningRuns, type RunningRun, type RunRange } from '../store/running-runs.ts';
import { sift } from './sift.ts';

const readAtOnce = { runs: 500, bytes: 16 * 1024 * 1024 };
const cancelledAtOnce = 50;

/**
 * Looks at the first running runs of a range, and cancels those that are meant.
 *
 * @returns how many those were and the last run that was looked at; null when there are no runs
 */
export async function cancelFirstRuns(
  parts: { database: Database; executor: Executor },
  range: RunRange,
  isMeant: (run: RunningRun) => boolean,
): Promise<{ cancelled: number; lastId: string } | null> {
  const runs = await findRunningRuns(parts.database, range, readAtOnce);
  const last = runs.at(-1);
  if (last === undefined) return null;
  const meant = await sift(runs, isMeant);
  for (let start = 0; start < meant.length; start += cancelledAtOnce) {
    const some = meant.slice(start, start + cancelledAtOnce);
    await Promise.all(some.map((run) => parts.executor.cancel(run.id)));
  }
  return { cancelled: meant.length, lastId: last.id };
}
