import { Cron } from 'croner';
import { limits } from '../protocol/limits.ts';
import { parseDateMs, parseDurationMs } from '../protocol/time-strings.ts';
import { isEventPattern } from './event-pattern.ts';
import { type FunctionConfig, readConcurrency, readRetries, type WireFunction } from './function-config.ts';
import { InvalidFunction, type Refuse, readDurationMs, readExpression } from './refusal.ts';
import { validateFlowControl } from './validate-flow-control.ts';

/**
 * Checks a function and turns it into our own form.
 *
 * @throws {InvalidFunction} at the first thing that is wrong
 */
export function validateFunction(wire: WireFunction): FunctionConfig {
  const refuse = (field: string, reason: string): never => {
    throw new InvalidFunction(wire.id, field, reason);
  };

  if (!wire.name) refuse('name', 'is empty');

  const { runtime, retries } = wire.steps.step;
  if (runtime.type !== 'http')
    refuse('runtime.type', `"${runtime.type}" is not supported by this engine, serve it over http`);
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
    ...validateFlowControl(wire, refuse),
  };
}

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
      if (!isEventPattern(trigger.event))
        refuse(
          'triggers.event',
          `"${trigger.event}" has a "*" that is not the last character after a "/" or "."`,
        );
      config.eventTriggers.push({
        event: trigger.event,
        expression: readExpression(trigger.expression, ['event'], 'triggers.expression', refuse),
      });
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
    readExpression(key, ['event'], 'concurrency.key', refuse);
  }
  return list;
}

function validateCancels(wire: WireFunction, refuse: Refuse): FunctionConfig['cancels'] {
  const cancels = wire.cancel ?? [];
  if (cancels.length > limits.cancels)
    refuse('cancel', `has ${cancels.length} entries, at most ${limits.cancels} are allowed`);
  return cancels.map((cancel) => {
    if (!isEventPattern(cancel.event))
      refuse('cancel.event', `"${cancel.event}" has a "*" that is not the last character after a "/" or "."`);
    return {
      event: cancel.event,
      expression: readExpression(cancel.if, ['event', 'async'], 'cancel.if', refuse),
      ...readCancelTimeout(cancel.timeout, refuse),
    };
  });
}

/** SDKs make a date of a `Date`, and a duration of anything else. */
function readCancelTimeout(
  text: string | null | undefined,
  refuse: Refuse,
): Pick<FunctionConfig['cancels'][number], 'timeoutMs' | 'untilMs'> {
  if (!text) return { timeoutMs: null, untilMs: null };
  const untilMs = parseDateMs(text);
  if (untilMs !== null) return { timeoutMs: null, untilMs };
  const timeoutMs = readDurationMs(text, 'cancel.timeout', { min: '0s', max: '366d' }, refuse);
  return { timeoutMs, untilMs: null };
}
