import type { Database } from '../store/database.ts';
import { loadRuns } from '../store/load.ts';
import type { Run } from './run.ts';

const runOverheadBytes = 2_048;
const stepOverheadBytes = 512;

/**
 * Runs with their state, in memory.
 *
 * The engine is the only writer, so what is here is never behind the database. A run that something is being done with is
 * pinned and stays; others stay as long as there is room, the least recently used go first.
 */
export class RunCache {
  readonly #database: Database;
  readonly #maxBytes: number;
  /** In the order of last use. */
  readonly #runs = new Map<string, { run: Run; bytes: number }>();
  readonly #pins = new Map<string, number>();
  readonly #loading = new Map<string, Promise<Run | undefined>>();
  #nextBatch: { ids: string[]; loaded: Promise<ReadonlyMap<string, Run>> } | null = null;
  #bytes = 0;

  constructor(database: Database, maxBytes: number) {
    this.#database = database;
    this.#maxBytes = maxBytes;
  }

  /** What the runs in memory take up, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#runs.size;
  }

  /** The run if it is in memory. */
  peek(runId: string): Run | undefined {
    return this.#runs.get(runId)?.run;
  }

  /** Takes in a run that just came into being. */
  add(run: Run): void {
    if (!this.#runs.has(run.id)) this.#put(run);
  }

  /** Finds a run and keeps it in memory while `work` goes on. */
  async use<T>(runId: string, work: (run: Run) => Promise<T>): Promise<T | undefined> {
    this.#pins.set(runId, (this.#pins.get(runId) ?? 0) + 1);
    try {
      const run = this.peek(runId) ?? (await this.#load(runId));
      return run === undefined ? undefined : await work(run);
    } finally {
      this.#unpin(runId);
    }
  }

  /** Reads runs that will be needed soon, all at once, which costs far less than one by one. */
  async prefetch(runIds: readonly string[]): Promise<void> {
    await Promise.all(runIds.filter((id) => !this.#runs.has(id)).map((id) => this.#load(id)));
  }

  /** Makes room: nothing is done with the run for now. */
  release(runId: string): void {
    if (!this.#pins.has(runId)) this.drop(runId);
  }

  /** Forgets a run whose state in memory cannot be trusted. */
  drop(runId: string): void {
    const entry = this.#runs.get(runId);
    if (entry === undefined) return;
    this.#runs.delete(runId);
    this.#bytes -= entry.bytes;
  }

  #load(runId: string): Promise<Run | undefined> {
    const known = this.#loading.get(runId);
    if (known !== undefined) return known;

    const loading = this.#loadBatched(runId).finally(() => this.#loading.delete(runId));
    this.#loading.set(runId, loading);
    return loading;
  }

  /** Runs asked for in the same turn of the event loop are read together. */
  async #loadBatched(runId: string): Promise<Run | undefined> {
    let batch = this.#nextBatch;
    if (batch === null) {
      const ids: string[] = [];
      const loaded = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
        this.#nextBatch = null;
        const runs = await loadRuns(this.#database, ids);
        return new Map(runs.map((run) => [run.id, run]));
      });
      batch = { ids, loaded };
      this.#nextBatch = batch;
    }
    batch.ids.push(runId);
    const run = (await batch.loaded).get(runId);
    if (run !== undefined && !this.#runs.has(runId)) this.#put(run);
    return this.peek(runId);
  }

  #put(run: Run): void {
    const bytes = sizeOf(run);
    this.#runs.set(run.id, { run, bytes });
    this.#bytes += bytes;
    this.#evict();
  }

  #unpin(runId: string): void {
    const pins = (this.#pins.get(runId) ?? 1) - 1;
    if (pins > 0) {
      this.#pins.set(runId, pins);
      return;
    }
    this.#pins.delete(runId);
    const run = this.peek(runId);
    if (run === undefined) return;
    this.drop(runId);
    if (run.status === 'running') this.#put(run);
  }

  #evict(): void {
    for (const [id, { bytes }] of this.#runs) {
      if (this.#bytes <= this.#maxBytes) return;
      if (this.#pins.has(id)) continue;
      this.#runs.delete(id);
      this.#bytes -= bytes;
    }
  }
}

function sizeOf(run: Run): number {
  return runOverheadBytes + run.eventBytes + run.stateBytes + run.steps.size * stepOverheadBytes;
}
