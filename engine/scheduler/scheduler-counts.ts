import type { Lane } from './lane.ts';
import type { WaitingRooms } from './waiting-rooms.ts';

/** How much there is to do, as far as it is held in memory. */
export interface SchedulerCounts {
  readonly ready: number;
  /** Waiting for a place of a concurrency limit, or for a throttle. */
  readonly waiting: number;
  /** Due soon. */
  readonly scheduled: number;
  readonly inFlight: number;
  /** When the oldest job that is ready or waits was due, in ms since 1970; null if there is none. */
  readonly oldestDueAtMs: number | null;
}

export function countJobs(
  lanes: Iterable<Lane>,
  rooms: WaitingRooms,
  nowMs: number,
): Omit<SchedulerCounts, 'inFlight'> {
  let [ready, scheduled, oldestDueAtMs] = [0, 0, rooms.oldestDueAtMs];
  for (const lane of lanes) {
    for (const job of [...lane.front, ...lane.begun.jobs, ...lane.fresh.jobs]) {
      if (job.dueAtMs > nowMs) scheduled += 1;
      else ready += 1;
      oldestDueAtMs = Math.min(oldestDueAtMs, job.dueAtMs);
    }
  }
  return {
    ready,
    scheduled,
    waiting: rooms.size,
    oldestDueAtMs: oldestDueAtMs <= nowMs ? oldestDueAtMs : null,
  };
}
