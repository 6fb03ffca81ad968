export type NumberType = 'int' | 'uint' | 'double';

/**
 * A whole number that is no int: a double such as `2.0`, or a uint. All others are plain numbers inside expressions, as in
 * JSON, which does not tell types: whole ones are ints, the rest are doubles.
 */
export class TypedNumber {
  readonly type: Exclude<NumberType, 'int'>;
  readonly value: number;

  constructor(type: TypedNumber['type'], value: number) {
    this.type = type;
    this.value = value;
  }

  toJSON(): number {
    return this.value;
  }
}

/** Null if the value is no number. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return value instanceof TypedNumber ? value.value : null;
}

/** @param value a number, plain or typed */
export function numberType(value: unknown): NumberType {
  if (value instanceof TypedNumber) return value.type;
  return Number.isInteger(value) ? 'int' : 'double';
}
