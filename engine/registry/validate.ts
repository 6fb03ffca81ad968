import { Cron } from 'croner';
import { compileExpression } from '../expressions/expression.ts';
import { limits } from '../protocol/limits.ts';
import { parseDurationMs } from '../protocol/time-strings.ts';
import { type FunctionConfig, readConcurrency, readRetries, type WireFunction } from './function-config.ts';

/** Settings of the protocol that this engine does not have yet. Honouring half of one would be worse than refusing it. */
const unsupportedFields = [
  'throttle',
  'rateLimit',
  'idempotency',
  'debounce',
  'batchEvents',
  'priority',
  'singleton',
  'timeouts',
] as const;

/** A function cannot be registered as it is. The message names the function and the field. */
export class InvalidFunction extends Error {
  override readonly name = 'InvalidFunction';

  constructor(functionName: string, field: string, reason: string) {
    super(`Cannot register function "${functionName}": ${field} ${reason}`);
  }
}

/**
 * Checks a function and turns it into our own form.
 *
 * @throws {InvalidFunction} at the first thing that is wrong or not supported
 */
export function validateFunction(wire: WireFunction): FunctionConfig {
  const refuse = (field: string, reason: string): never => {
    throw new InvalidFunction(wire.id, field, reason);
  };

  for (const field of unsupportedFields) {
    if (wire[field] !== undefined && wire[field] !== null)
      refuse(field, 'is not supported by this engine yet, remove it');
  }
  if (!wire.name) refuse('name', 'is empty');

  const { runtime, retries } = wire.steps.step;
  if (runtime.type !== 'http')
    refuse('runtime.type', `"${runtime.type}" is not supported by this engine yet, serve it over http`);
  if (!URL.canParse(runtime.url)) refuse('runtime.url', 'is not a URL');

  const triggers = validateTriggers(wire, refuse);
  return {
    slug: wire.id,
    name: wire.name ?? wire.id,
    url: runtime.url,
    retries: readRetries(retries?.attempts),
    ...triggers,
    concurrency: validateConcurrency(wire, refuse),
    cancels: validateCancels(wire, refuse),
  };
}

type Refuse = (field: string, reason: string) => never;

function validateTriggers(
  wire: WireFunction,
  refuse: Refuse,
): Pick<FunctionConfig, 'eventTriggers' | 'cronTriggers'> {
  const triggers = wire.triggers ?? [];
  if (triggers.length > limits.triggers)
    refuse('triggers', `has ${triggers.length} entries, at most ${limits.triggers} are allowed`);

  const seen = new Set<string>();
  const config: Pick<FunctionConfig, 'eventTriggers' | 'cronTriggers'> = {
    eventTriggers: [],
    cronTriggers: [],
  };
  for (const trigger of triggers) {
    const key = JSON.stringify([trigger.event, trigger.expression, trigger.cron]);
    if (seen.has(key)) refuse('triggers', 'has the same trigger twice');
    seen.add(key);

    if (trigger.cron) {
      config.cronTriggers.push({
        cron: validateCron(trigger.cron, refuse),
        jitterMs: validateJitter(trigger.jitter, refuse),
      });
    } else if (trigger.event) {
      if (trigger.event.length > limits.triggerNameLength) refuse('triggers.event', 'is too long');
      if (trigger.event.includes('*'))
        refuse(
          'triggers.event',
          `"${trigger.event}" is a wildcard, which is not supported by this engine yet`,
        );
      validateExpression(trigger.expression, ['event'], 'triggers.expression', refuse);
      config.eventTriggers.push({ event: trigger.event, expression: trigger.expression || null });
    } else {
      refuse('triggers', 'has an entry with neither an event nor a cron');
    }
  }
  return config;
}

const timeZonePattern = /^(?:CRON_)?TZ=(\S+)\s+/;

/** Splits `TZ=Area/City 0 6 * * *` into its time zone and the five fields. */
export function splitCron(cron: string): { pattern: string; timeZone: string } {
  const zone = timeZonePattern.exec(cron);
  return { pattern: cron.slice(zone?.[0].length ?? 0).trim(), timeZone: zone?.[1] ?? 'UTC' };
}

function validateCron(cron: string, refuse: Refuse): string {
  const { pattern, timeZone } = splitCron(cron);
  if (cron.length > limits.cronLength) refuse('triggers.cron', 'is too long');
  if (pattern.split(/\s+/).length !== 5)
    refuse('triggers.cron', `"${cron}" does not have exactly five fields`);
  try {
    new Cron(pattern, { timezone: timeZone, paused: true }).nextRun();
  } catch (error) {
    refuse('triggers.cron', `"${cron}" cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  return cron;
}

function validateJitter(jitter: string | null | undefined, refuse: Refuse): number | null {
  if (!jitter) return null;
  const jitterMs = parseDurationMs(jitter);
  if (jitterMs === null || jitterMs < limits.cronJitterMinMs || jitterMs > limits.cronJitterMaxMs) {
    return refuse('triggers.jitter', `"${jitter}" is not between 1s and 5m`);
  }
  return jitterMs;
}

function validateConcurrency(wire: WireFunction, refuse: Refuse): FunctionConfig['concurrency'] {
  const list = readConcurrency(wire.concurrency);
  if (list === null)
    return refuse('concurrency', 'is neither a number nor limits of the form {limit, key, scope}');
  if (list.length > limits.concurrencyLimits)
    refuse('concurrency', `has ${list.length} limits, at most ${limits.concurrencyLimits} are allowed`);
  for (const { key, scope } of list) {
    if (scope !== 'fn' && key === null)
      refuse('concurrency.key', `is missing, the scope "${scope}" needs one`);
    validateExpression(key, ['event'], 'concurrency.key', refuse);
  }
  return list;
}

function validateCancels(wire: WireFunction, refuse: Refuse): FunctionConfig['cancels'] {
  const cancels = wire.cancel ?? [];
  if (cancels.length > limits.cancels)
    refuse('cancel', `has ${cancels.length} entries, at most ${limits.cancels} are allowed`);
  return cancels.map((cancel) => {
    if (cancel.event.includes('*'))
      refuse('cancel.event', `"${cancel.event}" is a wildcard, which is not supported by this engine yet`);
    validateExpression(cancel.if, ['event', 'async'], 'cancel.if', refuse);
    return {
      event: cancel.event,
      expression: cancel.if || null,
      timeoutMs: validateCancelTimeout(cancel.timeout, refuse),
    };
  });
}

function validateCancelTimeout(timeout: string | null | undefined, refuse: Refuse): number | null {
  if (!timeout) return null;
  const timeoutMs = parseDurationMs(timeout);
  if (timeoutMs === null) return refuse('cancel.timeout', `"${timeout}" is not a duration such as 30m or 1d`);
  if (timeoutMs > limits.cancelTimeoutMs) refuse('cancel.timeout', `"${timeout}" is longer than a year`);
  return timeoutMs;
}

function validateExpression(
  text: string | null | undefined,
  variables: readonly string[],
  field: string,
  refuse: Refuse,
): void {
  if (!text) return;
  try {
    compileExpression(text, variables);
  } catch (error) {
    refuse(field, `does not compile: ${error instanceof Error ? error.message : error}`);
  }
}
