import { isJsonObject } from '../protocol/canonical-json.ts';
import type { RunFacts, StepFacts } from '../store/inspect.ts';
import { type Fields, QueryProblem } from './query.ts';

/** Where an output is: of a run, or of one of its steps. */
interface OutputPlace {
  readonly runId: string;
  /** Null for the output of the run. */
  readonly stepId: string | null;
}

/** A name for an output that others only hand back to us. */
export function outputIdOf({ runId, stepId }: OutputPlace): string {
  return Buffer.from(JSON.stringify([runId, stepId])).toString('base64url');
}

/** Null for what is no id of ours. */
export function parseOutputId(text: string): OutputPlace | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || typeof value[0] !== 'string') return null;
    return { runId: value[0].replaceAll('\0', ''), stepId: typeof value[1] === 'string' ? value[1] : null };
  } catch {
    return null;
  }
}

/** @throws {QueryProblem} when the run has no such step */
export function outputOf(run: RunFacts, steps: readonly StepFacts[], stepId: string | null): Fields {
  if (stepId === null) {
    return run.error === null || run.status === 'running'
      ? { data: run.output, input: null, error: null }
      : { data: null, input: null, error: describeError(JSON.parse(run.error)) };
  }
  const step = steps.find(({ id }) => id === stepId);
  if (step === undefined) throw new QueryProblem('output not found');
  return { input: step.input, ...stepOutput(step) };
}

function stepOutput(step: StepFacts): Fields {
  const memo: unknown = step.memo === null ? null : JSON.parse(step.memo);
  if (isJsonObject(memo) && 'error' in memo && step.status === 'failed')
    return { data: null, error: describeError(memo.error) };
  if (step.memo === null && step.error !== null)
    return { data: null, error: describeError(JSON.parse(step.error)) };
  const isWrapped = isJsonObject(memo) && Object.keys(memo).length === 1 && 'data' in memo;
  return { data: isWrapped ? JSON.stringify(memo.data) : step.memo, error: null };
}

function describeError(error: unknown): Fields {
  const { name, message, stack, cause } = isJsonObject(error) ? error : { message: String(error) };
  return {
    name: name ?? 'Error',
    message: message ?? '',
    stack: typeof stack === 'string' ? stack : '',
    // It is asked for without saying which of its fields.
    cause: cause ?? null,
  };
}
