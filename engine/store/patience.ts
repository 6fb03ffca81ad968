import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DatabaseUnavailable } from './connection.ts';

const firstPauseMs = 200;
/** How much later than necessary things may go on when the database is back. */
const maxPauseMs = 5_000;
const warningIntervalMs = 60_000;
const loggedCharacters = 200;

/** Repeats what the database did not answer, with growing pauses. It warns once a minute at most, of all that is repeated. */
export class Patience {
  readonly #logger: Logger;
  readonly #end = new AbortController();
  /** On the clock of `performance.now()`. */
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * Resolves with the first answer.
   *
   * @param statement what is asked, for the log: its text, without values
   * @throws what `ask` throws besides `DatabaseUnavailable`, and that too after the end
   */
  async untilAnswered<T>(statement: string, ask: () => Promise<T>): Promise<T> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable) || this.#end.signal.aborted) throw error;
        this.#log(statement, error);
        await delay(pauseMs, undefined, { signal: this.#end.signal }).catch(() => undefined);
      }
    }
  }

  /** Whatever is not answered by now is asked once more at most. */
  end(): void {
    this.#end.abort();
  }

  #log(statement: string, { cause }: DatabaseUnavailable): void {
    const nowMs = performance.now();
    const isNews = nowMs - this.#warnedAtMs >= warningIntervalMs;
    if (isNews) this.#warnedAtMs = nowMs;
    this.#logger[isNews ? 'warn' : 'debug'](
      {
        reason: cause instanceof Error ? cause.message : String(cause),
        statement: statement.trim().replaceAll(/\s+/g, ' ').slice(0, loggedCharacters),
      },
      'Cannot read from the database: trying again until it answers',
    );
  }
}
