import type { Readable } from 'node:stream';

export interface RequestTimeouts {
  /** From the request being sent to the last byte of the answer's headers. */
  readonly headersMs: number;
  /** Between two reads of the body. There is no limit for the whole: large files take long and that is fine. */
  readonly bodyIdleMs: number;
}

export interface RequestOptions {
  readonly method?: 'GET' | 'HEAD';
  /** On a redirect to another origin only the headers that carry no credentials go along. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts waiting and reading; the error is then the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
  readonly timeouts?: Partial<RequestTimeouts>;
  /** Default 5. 0 hands a redirect to the caller as it is. */
  readonly maxRedirects?: number;
  /** Largest body, after decompression. Default: no limit. */
  readonly maxBytes?: number | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Where the answer came from, after redirects. May be signed: show it through `describeUrl` only. */
  readonly url: string;
  /** True when the body came compressed: its bytes are then not those that ranges count. */
  readonly unpacked: boolean;
  /** Has to be read to its end or destroyed, else the connection stays taken. */
  readonly body: Readable;
}

/** Outgoing requests that reach public addresses only. Any status is an answer; only what prevents one is an error. */
export interface HttpClient {
  /**
   * @throws AppError `URL_INVALID`, `HOST_NOT_ALLOWED`, `REDIRECT_LIMIT` or `RESPONSE_TOO_LARGE` (never to be repeated),
   * `CONNECTION_FAILED` or `TIMED_OUT` (later). The body, while it is read, fails with the same errors.
   */
  request(url: string, options?: RequestOptions): Promise<HttpAnswer>;
  /** Closes idle connections and waits for open ones. */
  close(): Promise<void>;
}
