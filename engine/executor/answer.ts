import { isLazy } from '../defers/defers.ts';
import { canonicalJson, isJsonObject, type JsonText } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';
import { header } from '../protocol/names.ts';
import { parseJson } from '../protocol/parse-json.ts';
import { parseRetryAfterMs } from '../protocol/time-strings.ts';
import { errorText, MalformedOp, type Op, parseOp } from '../runs/ops.ts';

/** What came back from an app over HTTP. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

interface Retry {
  readonly noRetry: boolean;
  readonly retryAfterMs: number | null;
}

/** What an app's answer means (Inngest SDK spec 4.4). */
export type Answer =
  | {
      readonly kind: 'ops';
      readonly ops: readonly Op[];
      readonly requestVersion: number | null;
      readonly retry: Retry;
    }
  | { readonly kind: 'returned'; readonly output: JsonText }
  /** The function threw, or the answer is no answer: a failed attempt. */
  | { readonly kind: 'threw'; readonly error: JsonText; readonly retry: Retry };

const mayRetry: Retry = { noRetry: false, retryAfterMs: null };

/** A failed attempt for a reason that lies outside of the function. */
export function failedAttempt(
  name: string,
  message: string,
  stack?: string,
  retry: Retry = mayRetry,
): Answer {
  return { kind: 'threw', error: errorText({ name, message, stack }), retry };
}

export function interpretAnswer(raw: RawAnswer, nowMs: number): Answer {
  if (raw.headers[header.sdk] === undefined) return notFromSdk(raw, nowMs);
  if (raw.status === 201) return interpretStreamed(raw, nowMs);
  if (raw.status === 200) return { kind: 'returned', output: jsonOrString(raw.body) };
  if (raw.status === 206) return interpretOps(raw, nowMs);
  if (raw.status < 300) {
    return failedAttempt(
      'UnexpectedAnswer',
      `Cannot use the app's answer: HTTP ${raw.status} has no meaning here`,
    );
  }

  const body = readJson(raw.body);
  const error =
    body.ok && isJsonObject(body.value)
      ? body.value
      : { message: `Your server returned HTTP ${raw.status}: ${excerpt(raw.body)}` };
  return { kind: 'threw', error: errorText(error), retry: retryOf(raw, nowMs) };
}

function interpretOps(raw: RawAnswer, nowMs: number): Answer {
  const body = readJson(raw.body);
  if (!body.ok)
    return failedAttempt(
      'MalformedAnswer',
      `Cannot read the app's operations: the body is not JSON: ${excerpt(raw.body)}`,
    );

  const values: readonly unknown[] = Array.isArray(body.value) ? body.value : [body.value];
  if (values.length > limits.opsPerAnswer) {
    return final(
      'TooManyOperations',
      `Cannot take ${values.length} operations in one answer: the limit is ${limits.opsPerAnswer}`,
    );
  }
  try {
    const ops = values.map(parseOp);
    const tooLarge = ops.find(
      (op) => op.op !== 'RunComplete' && Buffer.byteLength(op.data) > limits.stepOutputBytes,
    );
    if (tooLarge !== undefined) return tooLargeStep(tooLarge);
    const tooLargeInput = ops.find((op) => !isLazy(op) && inputBytes(op) > limits.stepInputBytes);
    if (tooLargeInput !== undefined) return tooLargeInputOf(tooLargeInput);
    const version = Number(raw.headers[header.requestVersion] ?? Number.NaN);
    return {
      kind: 'ops',
      ops,
      requestVersion: Number.isInteger(version) ? version : null,
      retry: retryOf(raw, nowMs),
    };
  } catch (error) {
    if (error instanceof MalformedOp) return failedAttempt(error.name, error.message);
    throw error;
  }
}

/** A streamed answer has the real one inside, after spaces that kept the connection open. */
function interpretStreamed(raw: RawAnswer, nowMs: number): Answer {
  const inner = readJson(raw.body.trim());
  if (
    !inner.ok ||
    !isJsonObject(inner.value) ||
    typeof inner.value.status !== 'number' ||
    inner.value.status === 201
  ) {
    return failedAttempt('MalformedAnswer', `Cannot read the app's streamed answer: ${excerpt(raw.body)}`);
  }
  const { status, headers, body } = inner.value;
  const entries = isJsonObject(headers) ? Object.entries(headers) : [];
  return interpretAnswer(
    {
      status,
      headers: {
        ...raw.headers,
        ...Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)])),
      },
      body: typeof body === 'string' ? body : canonicalJson(body ?? null),
    },
    nowMs,
  );
}

function notFromSdk(raw: RawAnswer, nowMs: number): Answer {
  if (raw.status >= 200 && raw.status < 300) {
    return failedAttempt(
      'AnswerNotFromSdk',
      `Your server returned HTTP ${raw.status} without the header x-inngest-sdk: the URL of the app does not lead to an Inngest SDK: ${excerpt(raw.body)}`,
    );
  }
  const hint = raw.status === 401 ? ' Check that the app and the engine have the same signing key.' : '';
  return failedAttempt(
    'Server returned a fatal error',
    `Your server returned HTTP ${raw.status} before the SDK responded.${hint}`,
    excerpt(raw.body),
    retryOf(raw, nowMs),
  );
}

function tooLargeStep(op: Op): Answer {
  return failedAttempt(
    'StepOutputTooLarge',
    `step output size is greater than the limit: step "${op.displayName}" returned ${Buffer.byteLength(op.data)} bytes, ${limits.stepOutputBytes} are allowed`,
  );
}

/** What a step was given: arguments of a run step, data of an invocation, body of a request. */
function inputBytes({ opts }: Op): number {
  const { input, payload, body } = opts;
  const parts = [input, payload, body].filter((part) => part !== undefined && part !== null);
  return parts.reduce<number>((bytes, part) => bytes + Buffer.byteLength(canonicalJson(part)), 0);
}

function tooLargeInputOf(op: Op): Answer {
  return failedAttempt(
    'StepInputTooLarge',
    `step input size is greater than the limit: step "${op.displayName}" was given ${inputBytes(op)} bytes, ${limits.stepInputBytes} are allowed`,
  );
}

function final(name: string, message: string): Answer {
  return { kind: 'threw', error: errorText({ name, message }), retry: { noRetry: true, retryAfterMs: null } };
}

function retryOf(raw: RawAnswer, nowMs: number): Retry {
  const retryAfter = raw.headers[header.retryAfter];
  return {
    noRetry: raw.headers[header.noRetry] === 'true',
    retryAfterMs: retryAfter === undefined ? null : parseRetryAfterMs(retryAfter, nowMs),
  };
}

function jsonOrString(body: string): JsonText {
  const parsed = readJson(body);
  return canonicalJson(parsed.ok ? parsed.value : body);
}

function readJson(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: parseJson(text) };
  } catch {
    return { ok: false };
  }
}

const excerptLength = 200;

function excerpt(body: string): string {
  return body.length > excerptLength ? `${body.slice(0, excerptLength)}…` : body;
}
