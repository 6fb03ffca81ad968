import { isAppError } from '../src/errors/app-error.ts';

/** A reason to end a command that the person at the terminal can act on. Printed as one line, without a stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What the shell is told. */
export const exitCodes = {
  done: 0,
  /** It could not be done. */
  failed: 1,
  /** The command line itself was wrong. */
  usage: 2,
  /** An import ended with everything accounted for, but some items failed. */
  partial: 3,
  /** Stopped from the keyboard, as shells count it (128 + SIGINT). */
  interrupted: 130,
} as const;

/** One line for the terminal about anything that was thrown. */
export function failureLine(error: unknown): string {
  if (isAppError(error)) return `${error.message} [${error.code}]`;
  if (error instanceof Error) return error.message;
  return String(error);
}
