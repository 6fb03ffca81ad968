import { type NumberType, numberType, TypedNumber } from './typed-number.ts';
import { Duration, EvaluationError, kindOf, textOf, toNumber } from './values.ts';

/** @throws {EvaluationError} when the number is negative and the type is uint */
export function ofType(value: number, type: NumberType): number | TypedNumber {
  if (type === 'uint' && !(value >= 0)) throw new EvaluationError(`Cannot make ${value} a uint`);
  return type !== 'int' && Number.isInteger(value) ? new TypedNumber(type, value) : value;
}

export function add(left: unknown, right: unknown): unknown {
  if (typeof left === 'string' || typeof right === 'string') return textOf(left) + textOf(right);
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.concat([left, right]);
  if (left instanceof Date && right instanceof Duration) return new Date(left.getTime() + right.ms);
  if (left instanceof Duration && right instanceof Date) return new Date(left.ms + right.getTime());
  if (left instanceof Duration && right instanceof Duration) return new Duration(left.ms + right.ms);
  if (kindOf(left) !== 'number' || kindOf(right) !== 'number')
    throw new EvaluationError(`Cannot add ${kindOf(left)} and ${kindOf(right)}`);
  return calculate(left, right, (a, b) => a + b);
}

export function subtract(left: unknown, right: unknown): unknown {
  if (left instanceof Date && right instanceof Date) return new Duration(left.getTime() - right.getTime());
  if (left instanceof Date && right instanceof Duration) return new Date(left.getTime() - right.ms);
  if (left instanceof Duration && right instanceof Duration) return new Duration(left.ms - right.ms);
  return calculate(left, right, (a, b) => a - b);
}

export function multiply(left: unknown, right: unknown): unknown {
  return calculate(left, right, (a, b) => a * b);
}

export function divide(left: unknown, right: unknown): unknown {
  return calculate(left, right, (a, b, type) => (type === 'double' ? a / b : Math.trunc(a / notZero(b))));
}

export function remainder(left: unknown, right: unknown): unknown {
  return calculate(left, right, (a, b, type) => a % (type === 'double' ? b : notZero(b)));
}

export function negate(value: unknown): unknown {
  return calculate(value, -1, (a, b) => a * b);
}

type Calculation = (left: number, right: number, type: NumberType) => number;

/** With a double the result is a double, else with a uint a uint: other than in CEL, types may be mixed. */
function calculate(left: unknown, right: unknown, run: Calculation): number | TypedNumber {
  const [a, b] = [toNumber(left), toNumber(right)];
  const types = [numberType(left), numberType(right)];
  const type = types.find((one) => one === 'double') ?? types.find((one) => one === 'uint') ?? 'int';
  return ofType(run(a, b, type), type);
}

function notZero(divisor: number): number {
  if (divisor === 0) throw new EvaluationError('Cannot divide a whole number by zero');
  return divisor;
}
