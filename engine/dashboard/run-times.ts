import { idTimeMs } from '../protocol/ids.ts';

/**
 * The times of a run as all pages tell them: it is queued until the first call that reaches its app, and what it takes counts
 * from there.
 */
export interface RunTimes {
  readonly createdMs: number;
  /** Up to its start, or to its end or now if it has not started. */
  readonly queuedMs: number;
  /** From its start to its end or now; null if it has not started. */
  readonly tookMs: number | null;
}

export function timesOf(
  run: { readonly id: string; readonly startedAtMs: number | null; readonly endedAtMs: number | null },
  nowMs: number,
): RunTimes {
  const { id, startedAtMs, endedAtMs } = run;
  const createdMs = idTimeMs(id);
  const untilMs = endedAtMs ?? nowMs;
  return {
    createdMs,
    queuedMs: (startedAtMs ?? untilMs) - createdMs,
    tookMs: startedAtMs === null ? null : untilMs - startedAtMs,
  };
}
