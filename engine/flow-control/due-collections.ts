import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import { type DueCollection, findCollectingFunctions, findNextCollections } from '../store/flow-control.ts';
import type { Admitter } from './admitter.ts';
import { DueWatch } from './due-watch.ts';

export interface DueCollectionsOptions {
  readonly database: Database;
  readonly admitter: Pick<Admitter, 'fire'>;
  readonly logger: Logger;
}

const retryMs = 1_000;

/** Makes runs of collections when they are due, of each function by itself: what holds up one holds up no other. */
export class DueCollections {
  readonly #options: DueCollectionsOptions;
  readonly #watches = new Map<string, DueWatch<DueCollection>>();
  #isStopped = false;

  constructor(options: DueCollectionsOptions) {
    this.#options = options;
  }

  /** Looks for what is stored. May be called again when more may have been stored than anybody was told of. */
  start(): void {
    this.#findAll().catch((error: unknown) => {
      if (this.#isStopped) return;
      this.#options.logger.error({ err: error }, 'Cannot find events that wait for a run: trying again');
      setTimeout(() => this.start(), retryMs);
    });
  }

  stop(): void {
    this.#isStopped = true;
    for (const watch of this.#watches.values()) watch.stop();
  }

  /** Tells of a collection that has just been stored. */
  note(functionId: string, dueAtMs: number): void {
    if (!this.#isStopped) this.#watchOf(functionId).note(dueAtMs);
  }

  async #findAll(): Promise<void> {
    for (const functionId of await findCollectingFunctions(this.#options.database)) {
      this.note(functionId, Date.now());
    }
  }

  #watchOf(functionId: string): DueWatch<DueCollection> {
    const { database, admitter, logger } = this.#options;
    let watch = this.#watches.get(functionId);
    if (watch === undefined) {
      watch = new DueWatch({
        find: (limit) => findNextCollections(database, functionId, limit),
        handle: async (due) =>
          await admitter.fire(
            functionId,
            due.map(({ key }) => key),
          ),
        logger,
      });
      this.#watches.set(functionId, watch);
    }
    return watch;
  }
}
