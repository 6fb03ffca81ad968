import { compileExpression } from '../expressions/expression.ts';
import { parseDurationMs } from '../protocol/time-strings.ts';

/** A function cannot be registered as it is. The message names the function and the field. */
export class InvalidFunction extends Error {
  override readonly name = 'InvalidFunction';

  constructor(functionName: string, field: string, reason: string) {
    super(`Cannot register function "${functionName}": ${field} ${reason}`);
  }
}

/** Throws the `InvalidFunction` of the function that is being checked. */
export type Refuse = (field: string, reason: string) => never;

/** Checks an expression of a function. An absent or empty one is null. */
export function readExpression(
  text: string | null | undefined,
  variables: readonly string[],
  field: string,
  refuse: Refuse,
): string | null {
  if (!text) return null;
  try {
    compileExpression(text, variables);
  } catch (error) {
    refuse(field, `does not compile: ${error instanceof Error ? error.message : error}`);
  }
  return text;
}

/** Checks a time string of a function and returns its whole milliseconds. */
export function readDurationMs(
  text: string,
  field: string,
  range: { min: string; max: string },
  refuse: Refuse,
): number {
  const durationMs = parseDurationMs(text);
  if (durationMs === null) return refuse(field, `"${text}" is not a duration such as 30s or 1h30m`);
  const [minMs, maxMs] = [
    parseDurationMs(range.min) ?? 0,
    parseDurationMs(range.max) ?? Number.POSITIVE_INFINITY,
  ];
  if (durationMs < minMs || durationMs > maxMs)
    refuse(field, `"${text}" is not between ${range.min} and ${range.max}`);
  return durationMs;
}
