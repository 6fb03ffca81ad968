import { text } from 'node:stream/consumers';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isAppError } from '../../errors/app-error.ts';
import type { HttpClient } from '../../http/types.ts';
import type { CallBudget } from '../types.ts';
import {
  answerError,
  invalidAnswer,
  type ReceivedAnswer,
  readCount,
  readResetMs,
  refusalOf,
  unansweredCall,
} from './answer-errors.ts';
import { safeExcerpt } from './excerpt.ts';
import { parseStorableJson } from './json.ts';
import { answerTimeouts, defaultGatewayTimeoutWaitMs, maxAnswerBytes } from './limits.ts';

export interface TeachableClientOptions {
  /** Such as `https://developers.teachable.com/v1`, without a slash at the end. */
  readonly apiUrl: string;
  /** Goes into one header and nowhere else. */
  readonly apiKey: string;
  readonly http: Pick<HttpClient, 'request'>;
  readonly budget: CallBudget;
  readonly log: Logger;
  /** Hears of every call that was sent, answered or not; not of waiting for the budget. */
  readonly onCall?: (call: { readonly rateLimited: boolean }) => void | Promise<void>;
  readonly timeouts?: { readonly headersMs: number; readonly bodyIdleMs: number };
  /** Wait after a 504. */
  readonly gatewayTimeoutWaitMs?: number;
}

/** One thing read: its parsed JSON, and how to complain when it is not what was asked for. */
export interface ReadAnswer {
  readonly json: unknown;
  /** The error for an answer that lacks what was expected. */
  unexpected(expected: string): Error;
}

export interface TeachableClient {
  /**
   * Reads one path of the API. Takes one call from the budget; never repeats a call by itself.
   *
   * @param path such as `/courses`; its parts have to be encoded
   * @throws {AppError} one of the `SOURCE_` codes
   */
  get(path: string, query?: Readonly<Record<string, string | number>>): Promise<ReadAnswer>;
}

/** The API's side of the wire: one header for the key (docs.teachable.com, "Authentication"), JSON back. */
export function createTeachableClient(options: TeachableClientOptions): TeachableClient {
  const { apiUrl, apiKey, http, budget, log } = options;

  async function send(call: string, url: string): Promise<ReceivedAnswer & { readonly body: string }> {
    try {
      const answer = await http.request(url, {
        headers: { apiKey, Accept: 'application/json' },
        // The API does not redirect; what does is something else, and the key is not for it.
        maxRedirects: 0,
        maxBytes: maxAnswerBytes,
        timeouts: options.timeouts ?? answerTimeouts,
      });
      const body = await text(answer.body);
      return {
        call,
        status: answer.status,
        headers: answer.headers,
        body,
        message: errorMessage(body),
        excerpt: safeExcerpt(body, apiKey),
      };
    } catch (error) {
      if (isAppError(error, 'CONNECTION_FAILED', 'TIMED_OUT', 'RESPONSE_TOO_LARGE')) {
        throw unansweredCall(call, error);
      }
      throw error;
    }
  }

  return {
    async get(path, query = {}) {
      const call = `GET ${path}`;
      const search = new URLSearchParams(
        Object.entries(query).map(([name, value]) => [name, String(value)]),
      ).toString();
      await budget.take();

      const startedMs = performance.now();
      let rateLimited = false;
      try {
        const answer = await send(call, `${apiUrl}${path}${search === '' ? '' : `?${search}`}`);
        const failure = isSuccess(answer.status)
          ? null
          : answerError(answer, options.gatewayTimeoutWaitMs ?? defaultGatewayTimeoutWaitMs);
        const refusal = refusalOf(answer);
        rateLimited = refusal !== null;
        log.debug(
          { call, status: answer.status, durationMs: Math.round(performance.now() - startedMs) },
          'Source answered',
        );
        await budget.observe({
          refusal,
          limit: readCount(answer.headers, 'ratelimit-limit'),
          remaining: readCount(answer.headers, 'ratelimit-remaining'),
          resetMs: readResetMs(answer.headers),
        });
        if (failure) throw failure;
        return readJson(answer);
      } finally {
        await options.onCall?.({ rateLimited });
      }
    },
  };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function readJson(answer: ReceivedAnswer & { readonly body: string }): ReadAnswer {
  try {
    return {
      json: parseStorableJson(answer.body),
      unexpected: (expected) => invalidAnswer(answer, `no ${expected} in it`),
    };
  } catch {
    // The parser's own words quote the body, so they are not passed on.
    throw invalidAnswer(answer, `status ${answer.status} without valid JSON`);
  }
}

const errorBody = z.object({ message: z.union([z.string(), z.array(z.string())]) });

/** The API's own words for an error; validation errors come as a list. */
function errorMessage(body: string): string | null {
  try {
    const parsed = errorBody.safeParse(JSON.parse(body));
    return parsed.success ? [parsed.data.message].flat().join('; ') : null;
  } catch {
    return null;
  }
}
