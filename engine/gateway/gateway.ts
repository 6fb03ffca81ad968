import { Agent, fetch, type Response } from 'undici';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';
import { parseRetryAfterMs } from '../protocol/time-strings.ts';
import { dataMemo, failureMemo } from '../runs/memo.ts';
import type { Settlement } from '../runs/transition.ts';
import type { GatewayRequest } from './gateway-request.ts';

/** What came of a request: the end of the step, or of this attempt if it may be tried again. */
export interface GatewayOutcome {
  readonly settlement: Settlement;
  readonly isFinal: boolean;
  readonly retryAfterMs: number | null;
}

/** A request that will not succeed however often it is tried. */
class ImpossibleRequest extends Error {
  override readonly name = 'ImpossibleRequest';
}

/** A model's provider answered with an error. */
class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The engine's or the connection's own business, not to be set by an app. */
const ownHeaders: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
];
/** Not repeated to another origin (Fetch standard, HTTP-redirect fetch). */
const secretHeaders: readonly string[] = [
  'api-key',
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-api-key',
  'x-goog-api-key',
];
const redirects: readonly number[] = [301, 302, 303, 307, 308];
const statusesWithoutBody: readonly number[] = [204, 205, 304];

/** Makes requests for steps, to wherever the app says. */
export class Gateway {
  readonly #agent = new Agent({
    headersTimeout: limits.gatewayRequestMs,
    bodyTimeout: limits.gatewayRequestMs,
  });

  /** Never throws: what went wrong is an outcome too. */
  async send(request: GatewayRequest): Promise<GatewayOutcome> {
    try {
      const signal = AbortSignal.timeout(limits.gatewayRequestMs);
      const response = await this.#follow(request, signal);
      const body = await readText(response);
      const memo = request.isModelCall ? modelMemo(response, body) : responseMemo(request, response, body);
      return { settlement: { status: 'completed', memo }, isFinal: true, retryAfterMs: null };
    } catch (error) {
      const memo = failureMemo('GatewayError', `Error making gateway request: ${reasonOf(error)}`);
      return {
        settlement: { status: 'failed', memo },
        isFinal: error instanceof ImpossibleRequest,
        retryAfterMs: error instanceof ProviderError ? error.retryAfterMs : null,
      };
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #follow(first: GatewayRequest, signal: AbortSignal): Promise<Response> {
    let request = { ...first, headers: withoutHeaders(first.headers, ownHeaders) };
    for (let hops = 0; hops <= limits.redirects; hops += 1) {
      const url = httpUrl(request.url);
      const { method, headers, body } = request;
      const options = { method, headers, body, redirect: 'manual', signal, dispatcher: this.#agent } as const;
      const response = await fetch(url, options);
      const location = response.headers.get('location');
      if (!redirects.includes(response.status) || location === null) return response;

      await response.body?.cancel();
      if (!URL.canParse(location, url)) throw new ImpossibleRequest('it is redirected to what is no URL');
      request = redirected(request, response.status, url, new URL(location, url));
    }
    throw new ImpossibleRequest(`it is redirected more than ${limits.redirects} times`);
  }
}

/** The next request of a redirect (Fetch standard, HTTP-redirect fetch). */
function redirected(request: GatewayRequest, status: number, from: URL, to: URL): GatewayRequest {
  const isPost = request.method.toUpperCase() === 'POST';
  const becomesGet = status === 303 || ((status === 301 || status === 302) && isPost);
  const headers =
    from.origin === to.origin ? request.headers : withoutHeaders(request.headers, secretHeaders);
  if (!becomesGet) return { ...request, url: to.href, headers };
  return {
    ...request,
    url: to.href,
    method: 'GET',
    body: null,
    headers: withoutHeaders(headers, ['content-type']),
  };
}

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw new ImpossibleRequest('its URL cannot be read');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ImpossibleRequest(`its URL has the scheme "${url.protocol}", http and https are allowed`);
  return url;
}

function withoutHeaders(
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > limits.stepOutputBytes)
      throw new ImpossibleRequest(`its answer is larger than ${limits.stepOutputBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function responseMemo(request: GatewayRequest, response: Response, body: string): string {
  const headers = Object.fromEntries(response.headers);
  // The body was decoded on the way.
  delete headers['content-encoding'];
  delete headers['content-length'];
  return dataMemo(
    canonicalJson({
      url: request.url,
      status_code: response.status,
      headers,
      // An app could not make a Response of these statuses with a body, not even of an empty one.
      body: statusesWithoutBody.includes(response.status) ? null : body,
    }),
  );
}

const excerptLength = 500;

function modelMemo(response: Response, body: string): string {
  if (response.status > 299) {
    const retryAfter = response.headers.get('retry-after');
    throw new ProviderError(
      `HTTP ${response.status}: ${body.slice(0, excerptLength)}`,
      retryAfter === null ? null : parseRetryAfterMs(retryAfter, Date.now()),
    );
  }
  try {
    return dataMemo(canonicalJson(JSON.parse(body)));
  } catch {
    throw new ProviderError('its answer is not JSON', null);
  }
}

/** `fetch` hides why it failed in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
