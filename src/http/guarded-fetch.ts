import { Agent, type Dispatcher, request as send } from 'undici';
import { createGuardedConnector } from './connector.ts';
import { redirectLimit, responseTooLarge, toRequestError } from './errors.ts';
import { createHostGuard, type Resolve } from './host-guard.ts';
import { isCompressed, openBody } from './response-body.ts';
import type { HttpAnswer, HttpClient, RequestOptions, RequestTimeouts } from './types.ts';
import { parseHttpUrl } from './url.ts';

export interface HttpClientOptions {
  /** `host:port` entries that may be private; `*.localhost:4010` covers all names below `localhost`. */
  readonly allowedPrivateHosts: readonly string[];
  readonly userAgent: string;
  /** For looking up the name, connecting and TLS together. Default 10 s. */
  readonly connectMs?: number;
  /** Connections to one origin; further requests wait. Default 16. */
  readonly maxConnectionsPerOrigin?: number;
  /** Replaces the system's DNS. */
  readonly resolve?: Resolve;
}

const defaultTimeouts: RequestTimeouts = { headersMs: 30_000, bodyIdleMs: 30_000 };
const defaultMaxRedirects = 5;
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/** Headers that say nothing about who we are, so they may follow a redirect to another origin. */
const anonymousHeaders: readonly string[] = [
  'accept',
  'accept-encoding',
  'accept-language',
  'if-range',
  'origin',
  'range',
  'referer',
  'user-agent',
];

/** Makes the client that all outgoing requests go through; one for each process. */
export function createGuardedFetch(options: HttpClientOptions): HttpClient {
  const connectMs = options.connectMs ?? 10_000;
  const guard = createHostGuard(options.allowedPrivateHosts, options.resolve);
  const agent = new Agent({
    connect: createGuardedConnector(guard, connectMs),
    connections: options.maxConnectionsPerOrigin ?? 16,
  });
  const userAgent = { 'user-agent': options.userAgent, 'accept-encoding': 'gzip, deflate, br' };

  return {
    async request(text, request = {}) {
      const maxRedirects = request.maxRedirects ?? defaultMaxRedirects;
      let url = parseHttpUrl(text);
      let headers: Record<string, string> = { ...userAgent, ...lowerCaseNames(request.headers ?? {}) };

      for (let redirects = 0; ; redirects++) {
        const answer = await exchange(agent, url, headers, request);
        const location = redirectStatuses.includes(answer.status) ? answer.headers.get('location') : null;
        if (location === null || maxRedirects === 0) return answer;

        answer.body.on('error', () => {}).destroy();
        if (redirects === maxRedirects) throw redirectLimit(url, maxRedirects);
        const target = parseHttpUrl(location, url);
        if (target.origin !== url.origin) headers = withoutCredentials(headers);
        url = target;
      }
    },

    close: () => agent.close(),
  };
}

async function exchange(
  agent: Agent,
  url: URL,
  headers: Record<string, string>,
  options: RequestOptions,
): Promise<HttpAnswer> {
  const { signal } = options;
  const maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  signal?.throwIfAborted();
  const response = await untilAborted(
    send(url, {
      dispatcher: agent,
      method: options.method ?? 'GET',
      headers,
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.bodyIdleMs,
      ...(signal && { signal }),
    }),
    signal,
  ).catch((error: unknown) => {
    throw toRequestError(error, url, signal);
  });

  const received = toHeaders(response.headers);
  const hasBody = options.method !== 'HEAD';
  const encoding = hasBody ? received.get('content-encoding') : null;
  const unpacked = isCompressed(encoding);
  if (unpacked) {
    // They describe the packed bytes, and the reader gets the others.
    received.delete('content-encoding');
    received.delete('content-length');
  } else if (hasBody && Number(received.get('content-length')) > maxBytes) {
    response.body.on('error', () => {}).destroy();
    throw responseTooLarge(url, maxBytes);
  }
  const body = openBody(response.body, encoding, { url, maxBytes, signal });
  return { status: response.statusCode, headers: received, url: url.href, unpacked, body };
}

/** undici notices an abort only once it is connected; a caller should not wait for that. */
async function untilAborted(
  response: Promise<Dispatcher.ResponseData>,
  signal: AbortSignal | undefined,
): Promise<Dispatcher.ResponseData> {
  if (!signal) return await response;
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([response, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function toHeaders(received: Dispatcher.ResponseData['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received)) {
    for (const single of [value ?? []].flat()) headers.append(name, single);
  }
  return headers;
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => anonymousHeaders.includes(name)));
}
