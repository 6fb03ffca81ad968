import { z } from 'zod';

export const singletonModes = ['skip', 'cancel'] as const;

const text = z.string().nullish();
const count = z.number().int().min(1);

/** Flow control as an SDK registers it (inngest.com/docs, flow control). Periods are time strings. */
export const wireFlowControl = {
  throttle: z
    .object({ limit: count, period: z.string(), burst: z.number().int().nullish(), key: text })
    .nullish(),
  rateLimit: z.object({ limit: count, period: z.string(), key: text }).nullish(),
  idempotency: text,
  debounce: z.object({ period: z.string(), timeout: text, key: text }).nullish(),
  batchEvents: z.object({ maxSize: z.number().int(), timeout: z.string(), key: text, if: text }).nullish(),
  priority: z.object({ run: text }).nullish(),
  singleton: z.object({ mode: z.enum(singletonModes), key: text }).nullish(),
  timeouts: z.object({ start: text, finish: text }).nullish(),
};

const expression = z.string().nullable();
const durationMs = z.number();

/** The same in our own form. A function that was registered before a setting was known does not have it. */
export const storedFlowControl = {
  /** Starts of runs: a bucket of `limit` + `burst` that drains one per `periodMs / limit`. */
  throttle: z
    .object({ limit: z.number(), periodMs: durationMs, burst: z.number(), key: expression })
    .nullable()
    .default(null),
  rateLimit: z.object({ limit: z.number(), periodMs: durationMs, key: expression }).nullable().default(null),
  /** One run a day for each value of this expression. It takes the place of the rate limit. */
  idempotency: expression.default(null),
  debounce: z
    .object({ periodMs: durationMs, timeoutMs: durationMs.nullable(), key: expression })
    .nullable()
    .default(null),
  batch: z
    .object({ maxSize: z.number(), timeoutMs: durationMs, key: expression, condition: expression })
    .nullable()
    .default(null),
  /** An expression for the seconds by which a run goes before others. */
  priority: expression.default(null),
  singleton: z
    .object({ mode: z.enum(singletonModes), key: expression })
    .nullable()
    .default(null),
  /** How long after it was scheduled a run has to start, and how long after its start it has to end. */
  timeouts: z
    .object({ startMs: durationMs.nullable(), finishMs: durationMs.nullable() })
    .default({ startMs: null, finishMs: null }),
};
