import { isJsonObject } from '../protocol/canonical-json.ts';

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
  return typeof value === 'object' ? 'map' : typeof value;
}

export function isTruthy(value: unknown): boolean {
  return Boolean(value);
}

export function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (left instanceof Date && right instanceof Date) return left.getTime() === right.getTime();
  if (left instanceof Duration && right instanceof Duration) return left.ms === right.ms;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index]));
  }
  if (isJsonObject(left) && isJsonObject(right)) {
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
  const [a, b] = [orderOf(left), orderOf(right)];
  if (typeof a !== typeof b)
    throw new EvaluationError(`Cannot compare ${kindOf(left)} with ${kindOf(right)}`);
  return a < b ? -1 : a > b ? 1 : 0;
}

function orderOf(value: unknown): number | string {
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof Date) return value.getTime();
  if (value instanceof Duration) return value.ms;
  throw new EvaluationError(`Cannot compare a ${kindOf(value)}: it has no order`);
}

/** The text of a value, as `string()` and concatenation write it and as concurrency keys are told apart. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Duration) return `${value.ms / 1_000}s`;
  return JSON.stringify(value) ?? 'null';
}

export function add(left: unknown, right: unknown): unknown {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  if (typeof left === 'string' || typeof right === 'string') return textOf(left) + textOf(right);
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  if (left instanceof Date && right instanceof Duration) return new Date(left.getTime() + right.ms);
  if (left instanceof Duration && right instanceof Duration) return new Duration(left.ms + right.ms);
  throw new EvaluationError(`Cannot add ${kindOf(left)} and ${kindOf(right)}`);
}

export function subtract(left: unknown, right: unknown): unknown {
  if (left instanceof Date && right instanceof Date) return new Duration(left.getTime() - right.getTime());
  if (left instanceof Date && right instanceof Duration) return new Date(left.getTime() - right.ms);
  if (left instanceof Duration && right instanceof Duration) return new Duration(left.ms - right.ms);
  return toNumber(left) - toNumber(right);
}

export function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new EvaluationError(`Cannot calculate with a ${kindOf(value)}: a number is needed`);
}

export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new EvaluationError(`Cannot use a ${kindOf(value)} here: a string is needed`);
}
