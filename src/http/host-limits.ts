import { AppError, isAppError } from '../errors/app-error.ts';
import { readRetryAfterMs } from './retry-timing.ts';
import type { HttpAnswer } from './types.ts';
import { parseHttpUrl } from './url.ts';

/** A request's place at a host, from before it is sent until its body is read. */
export interface HostSlot {
  /** To be told of the answer before its body is read. */
  answered(answer: Pick<HttpAnswer, 'status' | 'headers'>): void;
  failed(error: unknown): void;
  leave(): void;
}

interface Host {
  /** Requests at once; the whole part counts. */
  limit: number;
  busy: number;
  /** How often it was halved. */
  halvings: number;
  pausedUntilMs: number;
  readonly waiting: Set<() => void>;
}

const firstLimit = 4;
const highestLimit = 8;

/** For a host that asks for a pause (429) without saying how long. */
export const usualPauseMs = 30_000;

/**
 * How many requests a host may have at once after one has ended: additive increase (one more when as many as are allowed have
 * gone well), multiplicative decrease, as TCP does it (RFC 5681 §3.1).
 */
export function nextLimit(limit: number, outcome: 'well' | 'overloaded'): number {
  return outcome === 'well' ? Math.min(highestLimit, limit + 1 / Math.floor(limit)) : Math.max(1, limit / 2);
}

/** Bounds the requests that a process has under way at each host, and keeps off hosts that ask for a pause. */
export class HostLimits {
  readonly #hosts = new Map<string, Host>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Waits until the host has room.
   *
   * @throws {AppError} `URL_INVALID`; `ASSET_RATE_LIMITED` with the wait while the host asks for a pause: it is waited for
   * elsewhere, not in memory. An abort throws the signal's reason.
   */
  async enter(url: string, signal?: AbortSignal): Promise<HostSlot> {
    const name = parseHttpUrl(url).host;
    const host = this.#hosts.get(name) ?? newHost();
    this.#hosts.set(name, host);
    for (;;) {
      signal?.throwIfAborted();
      const pauseMs = host.pausedUntilMs - this.#now();
      if (pauseMs > 0) throw hostPaused(name, pauseMs);
      if (host.busy < Math.floor(host.limit)) return this.#slot(name, host);
      await turn(host, signal);
    }
  }

  /**
   * Runs one request, and whatever reads its body, in its place at the host.
   *
   * @throws what `enter` and the request throw
   */
  async run<T>(
    url: string,
    signal: AbortSignal | undefined,
    request: (slot: Pick<HostSlot, 'answered'>) => Promise<T>,
  ): Promise<T> {
    const slot = await this.enter(url, signal);
    try {
      return await request(slot);
    } catch (error) {
      slot.failed(error);
      throw error;
    } finally {
      slot.leave();
    }
  }

  #slot(name: string, host: Host): HostSlot {
    const { halvings } = host;
    let wentWell = false;
    host.busy++;
    const overloaded = () => {
      wentWell = false;
      // Requests that were under way together fail together, and say so once.
      if (halvings !== host.halvings) return;
      host.halvings++;
      host.limit = nextLimit(host.limit, 'overloaded');
    };
    return {
      answered: ({ status, headers }) => {
        wentWell = status < 400;
        if (status !== 429 && status !== 503) return;
        overloaded();
        const pauseMs = readRetryAfterMs(headers) ?? (status === 429 ? usualPauseMs : 0);
        host.pausedUntilMs = Math.max(host.pausedUntilMs, this.#now() + pauseMs);
      },
      failed: (error) => {
        wentWell = false;
        if (isAppError(error, 'TIMED_OUT')) overloaded();
      },
      leave: () => {
        host.busy--;
        if (wentWell) host.limit = nextLimit(host.limit, 'well');
        for (const wake of host.waiting) wake();
        const isUsual = host.limit >= firstLimit && host.pausedUntilMs <= this.#now();
        if (isUsual && host.busy === 0 && host.waiting.size === 0) this.#hosts.delete(name);
      },
    };
  }
}

/** The limits of this process. */
export const hostLimits = new HostLimits();

function newHost(): Host {
  return { limit: firstLimit, busy: 0, halvings: 0, pausedUntilMs: 0, waiting: new Set() };
}

/** Resolves when something may have changed; those who wait longest come first. */
async function turn(host: Host, signal: AbortSignal | undefined): Promise<void> {
  let wake = () => {};
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  host.waiting.add(wake);
  signal?.addEventListener('abort', wake, { once: true });
  await woken;
  host.waiting.delete(wake);
  signal?.removeEventListener('abort', wake);
}

function hostPaused(host: string, afterMs: number): AppError {
  return new AppError({
    code: 'ASSET_RATE_LIMITED',
    message: `Cannot ask ${host} now: it asked for a pause of ${afterMs} ms more`,
    publicMessage:
      'The server that holds this file asked for a pause again and again. Start the import again later.',
    retry: { afterMs },
  });
}
