import { limits } from '../protocol/limits.ts';
import { MalformedOp, type Op, parseOp } from '../runs/ops.ts';

/** Reads the operations in a checkpoint, or says why they cannot be taken. */
export function readOps(
  values: readonly unknown[],
): { readonly ops: readonly Op[] } | { readonly problem: string; readonly status: 400 | 413 } {
  try {
    const ops = values.map(parseOp);
    const tooLarge = ops.find((op) => Buffer.byteLength(op.data) > limits.stepOutputBytes);
    if (tooLarge === undefined) return { ops };
    const problem = `step output size is greater than the limit: step "${tooLarge.displayName}"`;
    return { problem, status: 413 };
  } catch (error) {
    if (error instanceof MalformedOp) return { problem: error.message, status: 400 };
    // A value that cannot be written as JSON again, as one that is nested absurdly deep.
    if (error instanceof TypeError) return { problem: `Invalid request: ${error.message}`, status: 400 };
    throw error;
  }
}
