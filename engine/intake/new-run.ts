import type { JsonText } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import {
  concurrencyKeys,
  priorityMs,
  type RegisteredFunction,
  throttleKey,
} from '../registry/registered-function.ts';
import { jobId, type Run } from '../runs/run.ts';

/** What a new run is made of. */
export interface RunSource {
  readonly fn: RegisteredFunction;
  /** The id that the run gets. */
  readonly id?: string;
  readonly eventId: string;
  /** The triggering event as functions see it. */
  readonly payload: JsonText;
  /** The run starts then, or at once if it has passed. */
  readonly tsMs: number;
  readonly batch?: Run['batch'];
}

/** A run that has not been called yet. @param event reads the triggering event, if a key of the function asks for it */
export function createRun(source: RunSource, event: () => unknown, nowMs: number): Run {
  const { fn, id = newId(), eventId, payload, tsMs, batch = null } = source;
  const dueAtMs = Math.max(tsMs, nowMs);
  const { startMs } = fn.config.timeouts;
  const eventBytes = (batch?.events ?? [payload]).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return {
    id,
    functionId: fn.id,
    functionVersion: fn.version,
    eventId,
    event: payload,
    eventBytes,
    batch,
    concurrency: fn.concurrency.length === 0 ? [] : concurrencyKeys(fn, event()),
    steps: new Map(),
    stack: [],
    stateBytes: 0,
    notedStateBytes: 0,
    status: 'running',
    job: {
      id: jobId(id, { number: 0 }),
      stepId: null,
      // A run of higher priority is queued as if it had been scheduled earlier. None starts before its time.
      dueAtMs: tsMs > nowMs ? tsMs : nowMs - priorityMs(fn, event),
      attempt: 0,
      generation: 0,
    },
    jobNumber: 0,
    requestVersion: -1,
    planned: false,
    rediscover: false,
    defers: {},
    output: null,
    error: null,
    endedAtMs: null,
    startedAtMs: null,
    deadlineAtMs: startMs === null ? null : dueAtMs + startMs,
    throttleKey: throttleKey(fn, event),
  };
}
