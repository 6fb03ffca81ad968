import { limits } from '../protocol/limits.ts';

/** Events of one key from which a run will be created: the newest of a debounce, or all of a batch. */
export interface Collection {
  readonly eventIds: readonly string[];
  readonly bytes: number;
  /** The time that the newest event of a debounce gives for itself. */
  readonly newestTsMs: number;
  readonly firstAtMs: number;
  /** When the run is created. */
  readonly dueAtMs: number;
}

export interface CollectedEvent {
  readonly id: string;
  readonly bytes: number;
  readonly tsMs: number;
  readonly receivedAtMs: number;
}

/**
 * A debounce waits for a pause: the newest event takes the place of the one before and begins the wait anew, but not beyond
 * `timeoutMs` after the first. An event that is older by its own time changes nothing.
 */
export function debounce(
  pending: Collection | undefined,
  event: CollectedEvent,
  setting: { readonly periodMs: number; readonly timeoutMs: number | null },
): Collection {
  if (pending !== undefined && event.tsMs < pending.newestTsMs) return pending;
  const firstAtMs = pending?.firstAtMs ?? event.receivedAtMs;
  const latestMs = setting.timeoutMs === null ? Number.POSITIVE_INFINITY : firstAtMs + setting.timeoutMs;
  return {
    eventIds: [event.id],
    bytes: event.bytes,
    newestTsMs: event.tsMs,
    firstAtMs,
    dueAtMs: Math.min(event.receivedAtMs + setting.periodMs, latestMs),
  };
}

/** A batch keeps every event. It is due `timeoutMs` after the first. */
export function gather(
  pending: Collection | undefined,
  event: CollectedEvent,
  setting: { readonly timeoutMs: number },
): Collection {
  const firstAtMs = pending?.firstAtMs ?? event.receivedAtMs;
  return {
    eventIds: [...(pending?.eventIds ?? []), event.id],
    bytes: (pending?.bytes ?? 0) + event.bytes,
    newestTsMs: event.tsMs,
    firstAtMs,
    dueAtMs: pending?.dueAtMs ?? firstAtMs + setting.timeoutMs,
  };
}

/** Whether a batch does not wait for more. */
export function isFull({ eventIds, bytes }: Collection, setting: { readonly maxSize: number }): boolean {
  return eventIds.length >= setting.maxSize || bytes >= limits.batchBytes;
}
