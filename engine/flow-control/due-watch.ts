import type { Logger } from 'pino';

export interface DueWatchOptions<Item extends { readonly dueAtMs: number }> {
  /** What is due first, whenever that is, earliest first. */
  find(limit: number): Promise<readonly Item[]>;
  /** Does what is due. What stays in the database is handed out again. */
  handle(items: readonly Item[]): Promise<void>;
  readonly logger: Logger;
}

const itemsAtOnce = 100;
/** Between two rounds that do something. */
const roundPauseMs = 20;
const retryPauseMs = 1_000;
/** The database is asked at least so often, whatever is known: clocks may jump. */
const longestWaitMs = 60_000;

/** Does things at their time that stand in the database. Only the next time is kept in memory, so any number may wait. */
export class DueWatch<Item extends { readonly dueAtMs: number }> {
  readonly #options: DueWatchOptions<Item>;
  #timer: NodeJS.Timeout | null = null;
  #nextAtMs = Number.POSITIVE_INFINITY;
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
    const waitMs = Math.min(Math.max(0, this.#nextAtMs - Date.now()), longestWaitMs);
    this.#timer = setTimeout(() => void this.#round(), waitMs);
  }

  async #round(): Promise<void> {
    this.#isBusy = true;
    this.#nextAtMs = Number.POSITIVE_INFINITY;
    try {
      const items = await this.#options.find(itemsAtOnce);
      const due = items.filter(({ dueAtMs }) => dueAtMs <= Date.now());
      if (due.length > 0) await this.#options.handle(due);
      this.note(
        due.length > 0 ? Date.now() + roundPauseMs : (items[0]?.dueAtMs ?? Date.now() + longestWaitMs),
      );
    } catch (error) {
      if (!this.#isStopped) this.#options.logger.error({ err: error }, 'Cannot do what is due: trying again');
      this.note(Date.now() + retryPauseMs);
    } finally {
      this.#isBusy = false;
      if (!this.#isStopped) this.#setTimer();
    }
  }
}
