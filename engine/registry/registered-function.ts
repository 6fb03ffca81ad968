import { createHash } from 'node:crypto';
import { compileExpression, type Expression } from '../expressions/expression.ts';
import { textOf } from '../expressions/values.ts';
import { limits } from '../protocol/limits.ts';
import { indexable } from '../store/indexable.ts';
import type { FunctionConfig } from './function-config.ts';

/** A function that can be started, or that only finishes its runs when it is archived. */
export interface RegisteredFunction {
  /** Our own id, a UUID. It stays the same over registrations. */
  readonly id: string;
  readonly appId: string;
  readonly appName: string;
  readonly version: number;
  readonly isArchived: boolean;
  readonly config: FunctionConfig;
  readonly eventTriggers: readonly { readonly event: string; readonly expression: Expression | null }[];
  readonly cancels: readonly {
    readonly event: string;
    readonly expression: Expression | null;
    readonly timeoutMs: number | null;
    readonly untilMs: number | null;
  }[];
  readonly concurrency: readonly ConcurrencyLimit[];
  readonly throttle: {
    readonly limit: number;
    readonly periodMs: number;
    readonly burst: number;
    readonly key: Expression | null;
  } | null;
  /** The seconds by which a run goes before others. */
  readonly priority: Expression | null;
  /** What events have to pass before they start a run. Null if they start it at once. */
  readonly admission: Admission | null;
}

/** The parts of flow control that decide whether and when there is a run at all. */
export interface Admission {
  readonly batch: {
    readonly maxSize: number;
    readonly timeoutMs: number;
    readonly key: Expression | null;
    readonly condition: Expression | null;
  } | null;
  readonly rateLimit: {
    readonly limit: number;
    readonly periodMs: number;
    readonly key: Expression | null;
  } | null;
  readonly debounce: {
    readonly periodMs: number;
    readonly timeoutMs: number | null;
    readonly key: Expression | null;
  } | null;
  readonly singleton: { readonly mode: 'skip' | 'cancel'; readonly key: Expression | null } | null;
}

export interface ConcurrencyLimit {
  readonly limit: number;
  /** The counter is named by this and the value of the key. */
  readonly counter: string;
  readonly key: Expression | null;
}

export function toRegisteredFunction(
  identity: Pick<RegisteredFunction, 'id' | 'appId' | 'appName' | 'version' | 'isArchived'>,
  config: FunctionConfig,
): RegisteredFunction {
  const compile = (text: string | null, variables: readonly string[]) =>
    text === null ? null : compileExpression(text, variables);

  return {
    ...identity,
    config,
    eventTriggers: config.eventTriggers.map(({ event, expression }) => ({
      event,
      expression: compile(expression, ['event']),
    })),
    cancels: config.cancels.map(({ event, expression, timeoutMs, untilMs }) => ({
      event,
      expression: compile(expression, ['event', 'async']),
      timeoutMs,
      untilMs,
    })),
    concurrency: config.concurrency.map(({ limit, key, scope }) => ({
      limit,
      // Limits of a wider scope share a counter when their keys are the same expression.
      counter: indexable(scope === 'fn' ? `fn:${identity.id}:${key ?? ''}` : `${scope}:${key ?? ''}`),
      key: compile(key, ['event']),
    })),
    throttle: withKey(config.throttle),
    priority: compile(config.priority, ['event']),
    admission: toAdmission(config),
  };
}

function toAdmission(config: FunctionConfig): Admission | null {
  const { batch, debounce, singleton, idempotency } = config;
  const rateLimit =
    idempotency === null ? config.rateLimit : { limit: 1, periodMs: limits.idempotencyMs, key: idempotency };
  if (batch === null && rateLimit === null && debounce === null && singleton === null) return null;
  return {
    batch: batch && {
      ...batch,
      key: compileKey(batch.key),
      condition: compileKey(batch.condition),
    },
    rateLimit: withKey(rateLimit),
    debounce: withKey(debounce),
    singleton: withKey(singleton),
  };
}

function withKey<T extends { readonly key: string | null }>(
  setting: T | null,
): (Omit<T, 'key'> & { key: Expression | null }) | null {
  return setting && { ...setting, key: compileKey(setting.key) };
}

function compileKey(text: string | null): Expression | null {
  return text === null ? null : compileExpression(text, ['event']);
}

/** The names of the counters of which each call of a run takes one place, for the run's event. */
export function concurrencyKeys(fn: RegisteredFunction, event: unknown): readonly string[] {
  return fn.concurrency.map(({ counter, key }) =>
    key === null ? counter : `${counter}=${counterValue(keyText(valueOfKey(key, event)))}`,
  );
}

/** Keys may have "=" in them. Values may not, so that a counter's name can be taken apart again. */
function counterValue(text: string): string {
  return text.includes('=') ? createHash('sha256').update(text).digest('hex') : text;
}

/** The value of a key for an event. An expression that does not fit the event gives null: all such events share a key. */
export function valueOfKey(key: Expression, event: unknown): unknown {
  try {
    return key.evaluate({ event });
  } catch {
    return null;
  }
}

/** The throttle that starts of a function's runs have to pass, for the run's event. Null if there is none. */
export function throttleKey(fn: RegisteredFunction, event: () => unknown): string | null {
  if (fn.throttle === null) return null;
  const { key } = fn.throttle;
  return key === null ? `throttle:${fn.id}` : `throttle:${fn.id}=${keyText(valueOfKey(key, event()))}`;
}

/**
 * How much earlier than scheduled a run is queued, in ms; negative if later (inngest.com/docs, priority). An expression that
 * does not fit the event gives no priority.
 */
export function priorityMs(fn: RegisteredFunction, event: () => unknown): number {
  if (fn.priority === null) return 0;
  const value = valueOfKey(fn.priority, event());
  const seconds = typeof value === 'number' && !Number.isNaN(value) ? Math.trunc(value) : 0;
  return Math.max(-limits.prioritySeconds, Math.min(seconds, limits.prioritySeconds)) * 1_000;
}

/** The text by which values of keys are told apart. A value that has no text, such as a date without end, counts as null. */
export function keyText(value: unknown): string {
  try {
    return value === null ? '' : indexable(textOf(value));
  } catch {
    return '';
  }
}

/**
 * The limit that holds for a counter by the function's present settings. Infinity if it has none any more.
 *
 * The text of one key may be how another one begins. The longest that fits is meant: a value has no "=".
 */
export function concurrencyLimit(fn: RegisteredFunction | undefined, counterKey: string): number {
  let found: ConcurrencyLimit | undefined;
  for (const limit of fn?.concurrency ?? []) {
    const isOwn =
      limit.key === null ? counterKey === limit.counter : counterKey.startsWith(`${limit.counter}=`);
    if (isOwn && (found === undefined || limit.counter.length > found.counter.length)) found = limit;
  }
  return found?.limit ?? Number.POSITIVE_INFINITY;
}
