import { NonRetriableError, RetryAfterError, StepError } from 'inngest';
import { toDatabaseError } from '../db/errors.ts';
import { type AppError, isAppError } from '../errors/app-error.ts';
import type { WireFacts } from './error-facts.ts';
import { redactText } from './redact.ts';

const maxDepth = 5;

/**
 * Says in Inngest's words what became of a step or a run; the one place that does.
 *
 * Our own errors become a `NonRetriableError` (`never`), a `RetryAfterError` (`{ afterMs }`) or an ordinary error that the
 * engine retries by its own policy (`later`), and carry their code and public message as `cause`. Errors of a neighbour that
 * nobody translated are retried. Inngest's own errors pass: it tells some of them by identity. No secret leaves in the text
 * of any.
 */
export function mapError(thrown: unknown): unknown {
  if (isInngestError(thrown)) return thrown;
  const error = toDatabaseError(thrown);
  return isAppError(error) ? mapAppError(error) : withoutSecrets(error);
}

function mapAppError(error: AppError): Error {
  const message = redactText(error.message);
  const facts: WireFacts = { code: error.code, publicMessage: redactText(error.publicMessage) };
  const because = describeCauses(error);
  const cause = because === '' ? facts : { ...facts, because };
  return withStackOf(error, makeInngestError(error, message, { cause }));
}

function makeInngestError({ name, retry }: AppError, message: string, options: { cause: WireFacts }): Error {
  if (retry === 'never') return new NonRetriableError(message, options);
  if (retry === 'later') return Object.assign(new Error(message, options), { name });
  return new RetryAfterError(message, Math.max(retry.afterMs, 0), options);
}

/** The chain of causes in a line: `TypeError: fetch failed; Error: connect ECONNREFUSED 127.0.0.1:8288`. */
function describeCauses(error: Error): string {
  const parts: string[] = [];
  let link = error.cause;
  for (let depth = 0; depth < maxDepth && link instanceof Error; depth += 1) {
    parts.push(`${link.name}: ${link.message}`);
    link = link.cause;
  }
  return redactText(parts.join('; '));
}

/** The same error when its texts are clean, else a copy with clean ones. */
function withoutSecrets(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? new Error(redactText(error)) : error;

  const message = redactText(error.message);
  const cause = depth < maxDepth ? withoutSecrets(error.cause, depth + 1) : undefined;
  const isClean =
    message === error.message &&
    cause === error.cause &&
    redactText(error.stack ?? '') === (error.stack ?? '');
  if (isClean) return error;

  const copy = Object.assign(new Error(message, cause === undefined ? undefined : { cause }), {
    name: error.name,
  });
  return withStackOf(error, copy);
}

function withStackOf<Copy extends Error>(original: Error, copy: Copy): Copy {
  copy.stack = redactText(original.stack ?? '');
  return copy;
}

function isInngestError(error: unknown): boolean {
  return error instanceof NonRetriableError || error instanceof RetryAfterError || error instanceof StepError;
}
