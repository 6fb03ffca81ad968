import { parseDurationMs } from '../protocol/time-strings.ts';
import { ofType } from './arithmetic.ts';
import { isFound } from './pattern.ts';
import { timeParts } from './time-parts.ts';
import { numberOf } from './typed-number.ts';
import { Duration, EvaluationError, isMap, kindOf, textOf, toNumber, toText, typeOf } from './values.ts';

type ExpressionFunction = (args: readonly unknown[]) => unknown;

/** The functions of an expression. `a.f(b)` and `f(a, b)` are the same call. */
export const functions: ReadonlyMap<string, ExpressionFunction> = new Map<string, ExpressionFunction>([
  ['size', ([value]) => sizeOf(value)],
  ['startsWith', ([text, part]) => toText(text).startsWith(toText(part))],
  ['endsWith', ([text, part]) => toText(text).endsWith(toText(part))],
  ['contains', ([text, part]) => toText(text).includes(toText(part))],
  ['matches', ([text, pattern]) => isFound(toText(pattern), toText(text))],
  ['lowercase', ([text]) => toText(text).toLowerCase()],
  ['uppercase', ([text]) => toText(text).toUpperCase()],
  ['lowerAscii', ([text]) => toText(text).toLowerCase()],
  ['upperAscii', ([text]) => toText(text).toUpperCase()],
  ['trim', ([text]) => toText(text).trim()],
  ['split', ([text, separator]) => toText(text).split(toText(separator))],
  [
    'join',
    ([list, separator]) =>
      toList(list)
        .map(textOf)
        .join(separator === undefined ? '' : toText(separator)),
  ],
  ['b64decode', ([text]) => Buffer.from(toText(text), 'base64').toString('utf8')],
  ['json_parse', ([text]): unknown => JSON.parse(toText(text))],
  ['string', ([value]) => textOf(value ?? null)],
  [
    'int',
    ([value]) =>
      value instanceof Date ? Math.floor(value.getTime() / 1_000) : Math.trunc(readNumber(value)),
  ],
  ['uint', ([value]) => ofType(Math.trunc(readNumber(value)), 'uint')],
  ['double', ([value]) => ofType(readNumber(value), 'double')],
  ['bool', ([value]) => readBoolean(value)],
  ['dyn', ([value]) => value],
  ['bytes', ([value]) => (value instanceof Uint8Array ? value : Buffer.from(toText(value)))],
  ['type', ([value]) => typeOf(value)],
  ['date', ([value]) => readDate(value)],
  ['timestamp', ([value]) => readDate(value)],
  ['duration', ([text]) => readDuration(text)],
  ['now', () => new Date()],
  ['now_plus', ([text]) => new Date(Date.now() + readDuration(text).ms)],
  ['now_minus', ([text]) => new Date(Date.now() - readDuration(text).ms)],
  ...timeParts,
]);

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (isMap(value)) return Object.keys(value).length;
  throw new EvaluationError(`Cannot take the size of a ${kindOf(value)}`);
}

/** @throws {EvaluationError} when the value is not a list */
export function toList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new EvaluationError(`Cannot use a ${kindOf(value)} here: a list is needed`);
}

function readNumber(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : toNumber(value);
  if (Number.isNaN(number)) throw new EvaluationError(`Cannot read "${textOf(value)}" as a number`);
  return number;
}

function readBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new EvaluationError(`Cannot read a ${kindOf(value)} as a boolean`);
}

function readDate(value: unknown): Date {
  if (value instanceof Date) return value;
  const date = new Date(numberOf(value) ?? toText(value));
  if (Number.isNaN(date.getTime())) throw new EvaluationError(`Cannot read "${textOf(value)}" as a date`);
  return date;
}

function readDuration(value: unknown): Duration {
  const ms = parseDurationMs(toText(value));
  if (ms === null) throw new EvaluationError(`Cannot read "${textOf(value)}" as a duration`);
  return new Duration(ms);
}
