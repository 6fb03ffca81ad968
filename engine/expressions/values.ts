import { isJsonObject, type JsonObject } from '../protocol/canonical-json.ts';
import { TypeName } from './type-name.ts';
import { numberOf, numberType, TypedNumber } from './typed-number.ts';

/** An expression met values it has no meaning for, such as `"a" > 1`. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}

/** A length of time inside an expression. */
export class Duration {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

/** The name of a value's kind for messages. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Date) return 'timestamp';
  if (value instanceof Duration) return 'duration';
  if (value instanceof TypedNumber) return 'number';
  if (value instanceof TypeName) return 'type';
  if (value instanceof Uint8Array) return 'bytes';
  return typeof value === 'object' ? 'map' : typeof value;
}

const typeNamesOfKinds: Readonly<Record<string, string>> = {
  null: 'null_type',
  boolean: 'bool',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
};

export function typeOf(value: unknown): TypeName {
  const kind = kindOf(value);
  return new TypeName(kind === 'number' ? numberType(value) : (typeNamesOfKinds[kind] ?? kind));
}

export function isMap(value: unknown): value is JsonObject {
  return isJsonObject(value) && kindOf(value) === 'map';
}

export function isTruthy(value: unknown): boolean {
  return Boolean(numberOf(value) ?? value);
}

export function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  const number = numberOf(left);
  if (number !== null) return number === numberOf(right);
  if (left instanceof TypeName && right instanceof TypeName) return left.name === right.name;
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right) === 0;
  if (left instanceof Date && right instanceof Date) return left.getTime() === right.getTime();
  if (left instanceof Duration && right instanceof Duration) return left.ms === right.ms;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index]));
  }
  if (isMap(left) && isMap(right)) {
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
    );
  }
  return false;
}

/** Negative, zero or positive. Null is less than anything, so that a missing attribute compares instead of failing. */
export function compare(left: unknown, right: unknown): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? -1 : 1;
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  const [a, b] = [orderOf(left), orderOf(right)];
  if (typeof a !== typeof b)
    throw new EvaluationError(`Cannot compare ${kindOf(left)} with ${kindOf(right)}`);
  return a < b ? -1 : a > b ? 1 : 0;
}

function orderOf(value: unknown): number | string {
  const number = numberOf(value);
  if (number !== null) return number;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof Date) return value.getTime();
  if (value instanceof Duration) return value.ms;
  throw new EvaluationError(`Cannot compare a ${kindOf(value)}: it has no order`);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The text of a value, as `string()` and concatenation write it and as concurrency keys are told apart.
 *
 * @throws {EvaluationError} for bytes that are not UTF-8
 */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Duration) return `${value.ms / 1_000}s`;
  if (value instanceof TypeName) return value.name;
  if (value instanceof Uint8Array) return textOfBytes(value);
  return JSON.stringify(value) ?? 'null';
}

function textOfBytes(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new EvaluationError('Cannot read bytes as a text: they are not UTF-8');
  }
}

export function toNumber(value: unknown): number {
  const number = numberOf(value);
  if (number !== null) return number;
  throw new EvaluationError(`Cannot calculate with a ${kindOf(value)}: a number is needed`);
}

export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new EvaluationError(`Cannot use a ${kindOf(value)} here: a string is needed`);
}
