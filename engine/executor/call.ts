import { Agent, type Dispatcher, request } from 'undici';
import { defersOfCall } from '../defers/defers.ts';
import { isEndpoint } from '../endpoints/endpoint-function.ts';
import { endpointRequest } from '../endpoints/endpoint-request.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';
import { discoveryStepId, header } from '../protocol/names.ts';
import { isNobodyThere } from '../protocol/nobody-there.ts';
import { shownUrl } from '../protocol/shown-url.ts';
import { signature } from '../protocol/signing.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Job, Run } from '../runs/run.ts';
import type { RawAnswer } from './answer.ts';

/** Nobody listens at the app's address. The function was not called. */
export class AppAway extends Error {
  override readonly name = 'AppAway';
}

/** A call got no usable answer: the connection broke, time ran out, the answer was too large or led astray. */
export class CallFailed extends Error {
  override readonly name: string;

  constructor(name: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = name;
  }
}

/** Calls functions of apps over HTTP (Inngest SDK spec 4.2). */
export class Caller {
  readonly #agent: Agent;
  readonly #signingKey: string | null;
  readonly #timeoutMs: number;

  /** @param options.timeoutMs how long a call may take; two hours unless given */
  constructor(options: { maxConnections: number; signingKey: string | null; timeoutMs?: number }) {
    this.#timeoutMs = options.timeoutMs ?? limits.requestMs;
    this.#agent = new Agent({
      connections: options.maxConnections,
      headersTimeout: this.#timeoutMs,
      bodyTimeout: this.#timeoutMs,
    });
    this.#signingKey = options.signingKey;
  }

  /**
   * @throws {AppAway} when nobody listens
   * @throws {CallFailed}
   */
  async call(fn: RegisteredFunction, run: Run, job: Job, requestId: string): Promise<RawAnswer> {
    const stepId = job.stepId ?? discoveryStepId;
    const headers = {
      [header.runId]: run.id,
      [header.requestId]: requestId,
      [header.jobId]: job.id,
      [header.generationId]: String(job.generation),
      [header.requestVersion]: String(run.requestVersion),
      [header.stepId]: stepId,
    };
    if (isEndpoint(fn)) return await this.#callEndpoint(run, headers);

    const url = new URL(fn.config.url);
    url.searchParams.set('stepId', stepId);
    const body = callBody(fn, run, job, requestId);
    return await this.#follow(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers, ...this.#sign(body) },
    });
  }

  /** What a call of a function has in its body, the SDK fetches for an endpoint. */
  async #callEndpoint(run: Run, headers: Record<string, string>): Promise<RawAnswer> {
    const { url, method, contentType, body, signedText } = endpointRequest(run.event);
    return await this.#follow(url, {
      method,
      body,
      headers: {
        ...(contentType === null ? {} : { 'content-type': contentType }),
        ...headers,
        [header.forceStepPlan]: String(run.planned),
        // An SDK knows the engine's calls by this header, in dev mode too.
        [header.signature]: '',
        ...this.#sign(signedText),
      },
    });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #follow(first: URL, outgoing: Outgoing): Promise<RawAnswer> {
    let url = first;
    const deadlineMs = Date.now() + this.#timeoutMs;
    for (let hops = 0; hops <= limits.redirects; hops += 1) {
      const response = await this.#send(url, outgoing);
      const location = redirectTarget(response);
      if (location === null)
        return { ...readHead(response), body: await readBody(response, url, deadlineMs) };

      // Nobody waits for the body of a redirect; so much of it is read that the connection can be used again.
      response.body.dump().catch(() => undefined);
      const next = URL.canParse(location, url) ? new URL(location, url) : null;
      if (next === null || !/^https?:$/.test(next.protocol)) {
        throw new CallFailed(
          'BadRedirect',
          `Cannot follow the redirect of ${shownUrl(url)}: its location is no http or https URL`,
        );
      }
      url = next;
    }
    throw new CallFailed(
      'TooManyRedirects',
      `Cannot call ${shownUrl(first)}: it redirects more than ${limits.redirects} times`,
    );
  }

  async #send(url: URL, outgoing: Outgoing): Promise<Dispatcher.ResponseData> {
    try {
      return await request(url, { ...outgoing, dispatcher: this.#agent });
    } catch (error) {
      throw toCallError(error, url);
    }
  }

  #sign(text: string): Record<string, string> {
    return this.#signingKey === null
      ? {}
      : { [header.signature]: signature(this.#signingKey, text, Math.floor(Date.now() / 1_000)) };
  }
}

interface Outgoing {
  readonly method: string;
  readonly body: string | null;
  readonly headers: Record<string, string>;
}

const redirects: readonly number[] = [301, 302, 303, 307, 308];

/** The method is kept over redirects, as the official server does. */
function redirectTarget(response: Dispatcher.ResponseData): string | null {
  const location = response.headers.location;
  return redirects.includes(response.statusCode) && typeof location === 'string' ? location : null;
}

function readHead(response: Dispatcher.ResponseData): Pick<RawAnswer, 'status' | 'headers'> {
  const entries = Object.entries(response.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value[0] : value,
  ]);
  return { status: response.statusCode, headers: Object.fromEntries(entries) };
}

async function readBody(response: Dispatcher.ResponseData, url: URL, deadlineMs: number): Promise<string> {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    response.body.dump().catch(() => undefined);
    throw new CallFailed(
      'CompressedAnswer',
      `Cannot read the answer of ${shownUrl(url)}: its content-encoding is "${encoding}", it has to come uncompressed`,
    );
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      bytes += chunk.length;
      if (bytes > limits.responseBytes) {
        throw new CallFailed(
          'output_too_large',
          `Cannot take the answer of ${shownUrl(url)}: it is larger than ${limits.responseBytes} bytes`,
        );
      }
      if (Date.now() > deadlineMs)
        throw new CallFailed('CallTimedOut', `Cannot take the answer of ${shownUrl(url)}: it took too long`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw toCallError(error, url);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toCallError(error: unknown, url: URL): Error {
  if (error instanceof CallFailed) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (isNobodyThere(error))
    return new AppAway(`Cannot call ${shownUrl(url)}: nobody answers there (${code})`, { cause: error });
  if (code.endsWith('TIMEOUT')) {
    return new CallFailed('CallTimedOut', `Cannot call ${shownUrl(url)}: it did not answer in time`, error);
  }
  const reason = error instanceof Error ? error.message : String(error);
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code.includes('CERT') || code === 'EPROTO')
    return new CallFailed('TlsFailed', `Cannot call ${shownUrl(url)}: TLS failed: ${reason}`, error);
  return new CallFailed(
    'CallFailed',
    `Cannot call ${shownUrl(url)}: the connection broke before the answer was complete: ${reason}`,
    error,
  );
}

/** The body of a call, as canonical JSON so that an SDK can check its signature. Larger state is fetched by the SDK. */
function callBody(fn: RegisteredFunction, run: Run, job: Job, requestId: string): string {
  const steps = stepsText(run, [...run.stack].sort());
  const events = eventsText(run);
  const parts = { fn, run, job, requestId };
  const whole = bodyText({ ...parts, events, steps, usesApi: false });
  if (Buffer.byteLength(whole) <= limits.callBodyBytes) return whole;

  const withEvents = bodyText({ ...parts, events, steps: '{}', usesApi: true });
  if (Buffer.byteLength(withEvents) <= limits.callBodyBytes) return withEvents;
  return bodyText({ ...parts, events: `[${run.event}]`, steps: '{}', usesApi: true });
}

function bodyText(parts: {
  fn: RegisteredFunction;
  run: Run;
  job: Job;
  requestId: string;
  events: string;
  steps: string;
  usesApi: boolean;
}): string {
  const { fn, run, job, requestId, events, steps, usesApi } = parts;
  const ctx = canonicalJson({
    run_id: run.id,
    fn_id: fn.id,
    env: '',
    step_id: job.stepId ?? discoveryStepId,
    attempt: job.attempt,
    max_attempts: fn.config.retries + 1,
    disable_immediate_execution: run.planned,
    use_api: usesApi,
    stack: { stack: run.stack, current: run.stack.length },
    qi_id: job.id,
    request_id: requestId,
    generation_id: job.generation,
    job_id: job.id,
  });
  return `{"ctx":${ctx},"defers":${defersOfCall(run.defers)},"event":${run.event},"events":${events},"steps":${steps},"use_api":${usesApi},"version":${run.requestVersion}}`;
}

/** The events of a run as a JSON array, as calls and `/v0/runs/:id/batch` carry them. */
export function eventsText(run: Run): string {
  return `[${(run.batch?.events ?? [run.event]).join(',')}]`;
}

/**
 * The finished steps of a run by their ids, as calls and `/v0/runs/:id/actions` carry them.
 *
 * @param ids in the order in which they are to stand: a call's body is canonical JSON; elsewhere an SDK takes their order for
 *   that of completion
 */
export function stepsText(run: Run, ids: readonly string[]): string {
  return `{${ids.map((id) => `${JSON.stringify(id)}:${run.steps.get(id)?.memo ?? 'null'}`).join(',')}}`;
}
