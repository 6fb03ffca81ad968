import type { ServerKind } from '../protocol/names.ts';
import { askApp, type Refusal } from './ask-app.ts';
import type { Attendance } from './attendance.ts';

const firstRetryMs = 200;
const slowestRetryMs = 2_000;
const syncTimeoutMs = 30_000;

export interface SyncOptions {
  readonly sdkUrls: readonly string[];
  readonly serverKind: ServerKind;
  readonly signingKey: string | null;
  /** How often an app that has answered is asked again, so that a changed app registers its new functions. */
  readonly pollIntervalMs: number;
  /** Takes the registration that an app put into its answer. @throws {Error} saying why it cannot be taken */
  register(registration: unknown): Promise<unknown>;
  readonly attendance: Attendance;
}

export type SyncState = 'asked' | 'registered' | 'refused' | 'not answering';

/** How an app took being asked to register, the last time. */
export interface SyncAnswer {
  readonly url: string;
  /** `asked` until it has answered for the first time, or failed to. */
  readonly state: SyncState;
  /** When it last did; null if it never did. */
  readonly lastGoodMs: number | null;
  /** What it answered instead, or why there was no answer; null if it did register. */
  readonly problem: string | null;
}

function stateOf(refusal: Refusal | null): SyncState {
  if (refusal === null) return 'registered';
  return refusal.kind === 'away' ? 'not answering' : 'refused';
}

/** Asks apps to register, until they do and again from time to time (Inngest SDK spec 4.3.2). */
export class Sync {
  readonly #options: SyncOptions;
  readonly #stopped = new AbortController();
  readonly #answers = new Map<string, SyncAnswer>();

  constructor(options: SyncOptions) {
    this.#options = options;
    for (const url of options.sdkUrls)
      this.#answers.set(url, { url, state: 'asked', lastGoodMs: null, problem: null });
  }

  start(): void {
    for (const url of this.#options.sdkUrls) void this.#follow(url);
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Of all apps that are asked. */
  get answers(): readonly SyncAnswer[] {
    return [...this.#answers.values()];
  }

  async #follow(url: string): Promise<void> {
    const { attendance, pollIntervalMs } = this.#options;
    let delayMs = firstRetryMs;
    let lastProblem: string | null = null;
    while (!this.#stopped.signal.aborted) {
      const refusal = await this.#ask(url);
      const problem = refusal?.problem ?? null;
      const state = stateOf(refusal);
      // The same news is told once, not every few seconds.
      if (problem !== lastProblem && !this.#stopped.signal.aborted) attendance.asked(url, refusal);
      lastProblem = problem;
      const lastGoodMs = problem === null ? Date.now() : (this.#answers.get(url)?.lastGoodMs ?? null);
      this.#answers.set(url, { url, state, lastGoodMs, problem });
      await this.#pause(problem === null ? pollIntervalMs : delayMs);
      delayMs = problem === null ? firstRetryMs : Math.min(delayMs * 2, slowestRetryMs);
    }
  }

  /** Returns what went wrong, or null. */
  async #ask(url: string): Promise<Refusal | null> {
    const { serverKind, signingKey, register } = this.#options;
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(syncTimeoutMs)]);
    const asked = await askApp(url, { serverKind, signingKey, signal });
    if (asked.kind === 'registered itself') return null;
    if (asked.kind !== 'answered') return asked;
    try {
      await register(asked.registration);
      return null;
    } catch (error) {
      return { kind: 'refused', problem: error instanceof Error ? error.message : String(error) };
    }
  }

  #pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stopped;
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, durationMs);
      signal.addEventListener('abort', done);
    });
  }
}
