import type { Database } from '../store/database.ts';
import {
  findActiveSingletons,
  findCollections,
  findRateLimits,
  findTakenIds,
} from '../store/flow-control.ts';
import type { Collection } from './collection.ts';

/** Which entries are needed. */
export interface LedgerKeys {
  readonly takenIds: readonly string[];
  readonly rateLimits: readonly string[];
  readonly collections: readonly string[];
  readonly singletons: readonly string[];
}

/**
 * What the database says about the keys of one function, and what has been decided since. Entries are read many at once,
 * before they are asked for.
 */
export class Ledger {
  readonly functionId: string;
  readonly #database: Database;
  /** Until when ids that senders gave to events are taken. */
  readonly takenIds = new Map<string, number>();
  /** When the buckets of rate limits will be empty; null if they are. */
  readonly rateLimits = new Map<string, number | null>();
  readonly collections = new Map<string, Collection | null>();
  /** Ids of active runs. */
  readonly singletons = new Map<string, readonly string[]>();

  constructor(database: Database, functionId: string) {
    this.#database = database;
    this.functionId = functionId;
  }

  /** Reads the entries that are not known yet. */
  async load({
    takenIds = [],
    rateLimits = [],
    collections = [],
    singletons = [],
  }: Partial<LedgerKeys>): Promise<void> {
    await Promise.all([
      this.#fill(this.takenIds, takenIds, 0, findTakenIds),
      this.#fill(this.rateLimits, rateLimits, null, findRateLimits),
      this.#fill(this.collections, collections, null, findCollections),
      this.#fill(this.singletons, singletons, [], findActiveSingletons),
    ]);
  }

  async #fill<T>(
    entries: Map<string, T>,
    keys: readonly string[],
    absent: T,
    find: (
      database: Database,
      functionId: string,
      keys: readonly string[],
    ) => Promise<ReadonlyMap<string, T>>,
  ): Promise<void> {
    const missing = [...new Set(keys)].filter((key) => !entries.has(key));
    if (missing.length === 0) return;
    const found = await find(this.#database, this.functionId, missing);
    for (const key of missing) entries.set(key, found.get(key) ?? absent);
  }
}
