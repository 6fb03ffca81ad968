import type { Logger } from 'pino';

export interface DueWatchOptions<Item extends { readonly dueAtMs: number }> {
  /** What is due first, whenever that is, earliest first. */
  find(limit: number): Promise<readonly Item[]>;
  /**
   * Does what is due. What stays in the database is handed out again.
   *
   * @returns whether anything could be done
   */
  handle(items: readonly Item[]): Promise<boolean>;
  readonly logger: Logger;
}

const itemsAtOnce = 100;
/** Between two rounds that do something. Each round in vain doubles it. */
const shortestRestMs = 20;
/** Also after an error. */
const longestRestMs = 1_000;
/** The database is asked at least so often, whatever is known: clocks may jump. */
const longestWaitMs = 60_000;

/** Does things at their time that stand in the database. Only the next time is kept in memory, so any number may wait. */
export class DueWatch<Item extends { readonly dueAtMs: number }> {
  readonly #options: DueWatchOptions<Item>;
  #timer: NodeJS.Timeout | null = null;
  #nextAtMs = Number.POSITIVE_INFINITY;
  #restMs = shortestRestMs;
  /** No round begins before, whatever is told: what is due first is known. */
  #restsUntilMs = 0;
  #isBusy = false;
  #isStopped = false;

  constructor(options: DueWatchOptions<Item>) {
    this.#options = options;
  }

  start(): void {
    this.note(Date.now());
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Tells of something that has just been stored. */
  note(dueAtMs: number): void {
    if (dueAtMs >= this.#nextAtMs || this.#isStopped) return;
    this.#nextAtMs = dueAtMs;
    if (!this.#isBusy) this.#setTimer();
  }

  #setTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const atMs = Math.max(this.#nextAtMs, this.#restsUntilMs);
    const waitMs = Math.min(Math.max(0, atMs - Date.now()), longestWaitMs);
    this.#timer = setTimeout(() => void this.#round(), waitMs);
  }

  async #round(): Promise<void> {
    this.#isBusy = true;
    this.#nextAtMs = Number.POSITIVE_INFINITY;
    try {
      const items = await this.#options.find(itemsAtOnce);
      const due = items.filter(({ dueAtMs }) => dueAtMs <= Date.now());
      if (due.length === 0) {
        this.#restMs = shortestRestMs;
        this.note(items[0]?.dueAtMs ?? Date.now() + longestWaitMs);
      } else {
        const isInVain = !(await this.#options.handle(due));
        this.#rest(isInVain ? Math.min(2 * this.#restMs, longestRestMs) : shortestRestMs);
      }
    } catch (error) {
      if (!this.#isStopped) this.#options.logger.error({ err: error }, 'Cannot do what is due: trying again');
      this.#rest(longestRestMs);
    } finally {
      this.#isBusy = false;
      if (!this.#isStopped) this.#setTimer();
    }
  }

  #rest(restMs: number): void {
    this.#restMs = restMs;
    this.#restsUntilMs = Date.now() + restMs;
    this.note(this.#restsUntilMs);
  }
}
