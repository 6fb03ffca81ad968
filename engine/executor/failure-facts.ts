import { isJsonObject, type JsonText } from '../protocol/canonical-json.ts';
import type { Run } from '../runs/run.ts';

const loggedCharacters = 200;

/** What the log says about why a run failed. An error's message and stack may hold what users have sent. */
export interface FailureFacts {
  /** The error's name, as `TypeError`. */
  readonly error?: string;
  /** The step whose error it is, by its id in the code of the function. */
  readonly step?: string;
}

export function failureFacts(run: Run): FailureFacts {
  const { name, message } = partsOf(run.error);
  const step = [...run.steps.values()].findLast(
    ({ error }) => error !== null && (error === run.error || isSame(partsOf(error), { name, message })),
  );
  return {
    ...(name === undefined ? {} : { error: name.slice(0, loggedCharacters) }),
    ...(step === undefined ? {} : { step: step.name.slice(0, loggedCharacters) }),
  };
}

interface ErrorParts {
  readonly name: string | undefined;
  readonly message: string | undefined;
}

/** A function that throws what a step has thrown reports it anew, with another stack. */
function isSame(a: ErrorParts, b: ErrorParts): boolean {
  return a.message !== undefined && a.name === b.name && a.message === b.message;
}

function partsOf(text: JsonText | null): ErrorParts {
  const value: unknown = text === null ? null : JSON.parse(text);
  const { name, message } = isJsonObject(value) ? value : {};
  return {
    name: typeof name === 'string' ? name : undefined,
    message: typeof message === 'string' ? message : undefined,
  };
}
