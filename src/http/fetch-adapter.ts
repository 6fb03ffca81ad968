import { Readable } from 'node:stream';
import type { HttpClient, RequestOptions } from './types.ts';

export interface FetchAdapterOptions extends Omit<RequestOptions, 'method' | 'signal'> {
  /** Aborts every request of this adapter, beside the signal of each. */
  readonly signal?: AbortSignal | undefined;
}

/** The Fetch API over guarded requests, for libraries that take a fetch function. It knows GET and HEAD. */
export function createFetchAdapter(http: HttpClient, options: FetchAdapterOptions = {}): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const signals = [request.signal, ...(options.signal ? [options.signal] : [])];
    const answer = await http.request(request.url, {
      ...options,
      method: request.method === 'HEAD' ? 'HEAD' : 'GET',
      headers: { ...options.headers, ...Object.fromEntries(request.headers) },
      signal: AbortSignal.any(signals),
    });
    const { status, headers } = answer;
    const mayHaveBody = status !== 204 && status !== 205 && status !== 304;
    const body = mayHaveBody ? toWebStream(answer.body) : null;
    if (body === null) answer.body.destroy();
    // `url` of a Response made by hand is empty, and the base of relative addresses is looked up there.
    return Object.defineProperty(new Response(body, { status, headers }), 'url', { value: answer.url });
  };
}

/** Node's own web streams and the DOM's differ in type only. */
function toWebStream(body: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(body) as unknown as ReadableStream<Uint8Array>;
}
