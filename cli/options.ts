import { InvalidArgumentError } from 'commander';
import { isAppError } from '../src/errors/app-error.ts';
import { parseMonthlyQuota } from '../src/sources/teachable/monthly-quota.ts';

/** A TCP port, 0 for any free one. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}

/** Reads a length of time in seconds, from a millisecond to `max`. */
export function secondsUpTo(max: number): (text: string) => number {
  return (text) => {
    const seconds = Number(text);
    if (seconds >= 0.001 && seconds <= max) return seconds;
    throw new InvalidArgumentError(`It must be a number of seconds from 0.001 to ${max}.`);
  };
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}

/** Reads a whole number from 1 to `max`. */
export function countUpTo(max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (Number.isSafeInteger(count) && count >= 1 && count <= max) return count;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
  };
}

/** A number of API calls, or `none` where it is not known. */
export function parseCallsOrNone(text: string): number | null {
  if (text === 'none') return null;
  try {
    const calls = parseMonthlyQuota(text);
    if (calls !== null) return calls;
  } catch (error) {
    if (!isAppError(error, 'INPUT_INVALID')) throw error;
  }
  throw new InvalidArgumentError('It must be a whole number of 1 or more, or none.');
}

/** An http or https address. */
export function parseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It must be an http:// or https:// address.');
}

/** Collects an option that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
