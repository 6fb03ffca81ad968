import { createHash } from 'node:crypto';
import { compileExpression, type Expression } from '../expressions/expression.ts';
import { textOf } from '../expressions/values.ts';
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
  }[];
  readonly concurrency: readonly ConcurrencyLimit[];
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
    cancels: config.cancels.map(({ event, expression, timeoutMs }) => ({
      event,
      expression: compile(expression, ['event', 'async']),
      timeoutMs,
    })),
    concurrency: config.concurrency.map(({ limit, key, scope }) => ({
      limit,
      // Limits of a wider scope share a counter when their keys are the same expression.
      counter: shorten(scope === 'fn' ? `fn:${identity.id}:${key ?? ''}` : `${scope}:${key ?? ''}`),
      key: compile(key, ['event']),
    })),
  };
}

/** The names of the counters of which each call of a run takes one place, for the run's event. */
export function concurrencyKeys(fn: RegisteredFunction, event: unknown): readonly string[] {
  return fn.concurrency.map(({ counter, key }) => {
    if (key === null) return counter;
    try {
      return `${counter}=${shorten(textOf(key.evaluate({ event })))}`;
    } catch {
      // An expression that does not fit the event still limits: all such runs share one counter.
      return `${counter}=`;
    }
  });
}

/** The limit that holds for a counter by the function's present settings. Infinity if it has none any more. */
export function concurrencyLimit(fn: RegisteredFunction | undefined, counterKey: string): number {
  const found = fn?.concurrency.find(
    ({ counter }) => counterKey === counter || counterKey.startsWith(`${counter}=`),
  );
  return found?.limit ?? Number.POSITIVE_INFINITY;
}

const longestPart = 200;

/** Counters are indexed, and PostgreSQL indexes no long texts and stores no NUL. */
function shorten(text: string): string {
  if (text.length <= longestPart && !text.includes('\0')) return text;
  return createHash('sha256').update(text).digest('hex');
}
