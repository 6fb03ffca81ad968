import { z } from 'zod';
import { isAppError } from '../errors/app-error.ts';
import { type ErrorCode, isErrorCode } from '../errors/codes.ts';

/**
 * What an error of ours carries over the wire, as its `cause`: the only property besides name, message and stack that both
 * the SDK and the server keep of a failed step (`StepError` in the SDK's own source). It must not look like an error itself,
 * with `name` and `message`, or the SDK rebuilds it and drops the rest.
 */
const wireFactsSchema = z.object({
  code: z.custom<ErrorCode>(isErrorCode),
  publicMessage: z.string(),
  /** What the error's own cause said, for the operator. */
  because: z.string().optional(),
});

export type WireFacts = z.output<typeof wireFactsSchema>;

/** What is known of any error, on either side of the wire. */
export interface ErrorFacts {
  /** `UNEXPECTED` when nothing of ours threw it. */
  readonly code: ErrorCode;
  readonly name: string;
  /** For the operator. */
  readonly message: string;
  /** For the owner; absent when nothing of ours threw it. */
  readonly publicMessage?: string;
}

const maxDepth = 5;

/** Reads code and messages of an error: our own, one mapped for the engine, or one that came back from it, as JSON too. */
export function readErrorFacts(error: unknown): ErrorFacts {
  const text = textSchema.parse(error);
  const facts = findWireFacts(error);
  return facts === null
    ? { code: 'UNEXPECTED', ...text }
    : { code: facts.code, ...text, publicMessage: facts.publicMessage };
}

const textSchema = z.object({ name: z.string(), message: z.string() }).catch(({ value }) => ({
  name: 'Error',
  message: `Something that is no error was thrown: ${typeof value}`,
}));

function findWireFacts(error: unknown): WireFacts | null {
  let link = error;
  for (let depth = 0; depth < maxDepth; depth += 1) {
    if (isAppError(link)) return { code: link.code, publicMessage: link.publicMessage };
    if (typeof link !== 'object' || link === null || !('cause' in link)) return null;
    link = link.cause;
    const parsed = wireFactsSchema.safeParse(link);
    if (parsed.success) return parsed.data;
  }
  return null;
}
