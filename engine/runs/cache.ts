import { Room } from '../intake/room.ts';
import type { Database } from '../store/database.ts';
import { loadRuns } from '../store/load.ts';
import type { Run } from './run.ts';
import { SharedRoom } from './shared-room.ts';

const runOverheadBytes = 2_048;
const stepOverheadBytes = 512;
/** Runs up to this size are called without asking for room: as many as may be in flight fit. */
const lightBytes = 64 * 1024;
const changesAtOnce = 50;
/** Holds what runs take up that are in use for something else than a call. */
const noApp = '';

/**
 * Runs with their state, in memory.
 *
 * The engine is the only writer, so what is here is never behind the database. A run that something is being done with is
 * pinned and stays; others stay as long as there is room, the least recently used go first. What is pinned has a limit too: a
 * large run is called when there is room for it. Apps share that room, so that one whose calls last long leaves some to others.
 */
export class RunCache {
  readonly #database: Database;
  readonly #maxBytes: number;
  readonly #maxPinnedBytes: number;
  /** In the order of last use. */
  readonly #runs = new Map<string, { run: Run; bytes: number }>();
  readonly #pins = new Map<string, Pin>();
  readonly #pinnedRoom: SharedRoom;
  readonly #changeRoom = new Room(changesAtOnce);
  readonly #loads = new Map<string, Load>();
  #nextBatch: { ids: string[]; loaded: Promise<ReadonlyMap<string, Run>> } | null = null;
  #bytes = 0;

  /**
   * @param limits.maxBytes what runs take up that are kept because they may be needed again
   * @param limits.maxPinnedBytes what runs take up that something is being done with; must exceed the largest run by far
   */
  constructor(database: Database, limits: { maxBytes: number; maxPinnedBytes: number }) {
    this.#database = database;
    this.#maxBytes = limits.maxBytes;
    this.#maxPinnedBytes = limits.maxPinnedBytes;
    this.#pinnedRoom = new SharedRoom(limits.maxPinnedBytes);
  }

  /** Runs in use have grown far beyond what they were let in with: nothing should be added to them now. */
  get isOverfull(): boolean {
    return this.#pinnedRoom.used > 2 * this.#maxPinnedBytes;
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
  use<T>(runId: string, work: (run: Run) => Promise<T>): Promise<T | undefined> {
    return this.#use(runId, { appId: noApp, bytes: 0 }, work);
  }

  /** As `use`, for what many runs may get at once, such as their cancellation: only so many are in memory at a time. */
  change<T>(runId: string, work: (run: Run) => Promise<T>): Promise<T | undefined> {
    return this.#changeRoom.use(1, () => this.use(runId, work));
  }

  async #use<T>(
    runId: string,
    reserved: { appId: string; bytes: number },
    work: (run: Run) => Promise<T>,
  ): Promise<T | undefined> {
    const pin = this.#pin(runId, reserved);
    try {
      const run = this.peek(runId) ?? (await this.#load(runId));
      if (run === undefined) return undefined;
      this.noteGrowth(run);
      return await work(run);
    } finally {
      this.#unpin(runId, pin);
    }
  }

  /**
   * As `use`, for what may take long: a large run waits until there is room.
   *
   * @param expected.appId the app that it is done for
   * @param expected.bytes the size of the run, if it is known
   */
  async admit<T>(
    runId: string,
    expected: { appId: string; bytes: number },
    work: (run: Run) => Promise<T>,
  ): Promise<T | undefined> {
    const { appId } = expected;
    const bytes = Math.max(expected.bytes, this.#runs.get(runId)?.bytes ?? 0);
    if (bytes <= lightBytes) return await this.#use(runId, { appId, bytes: 0 }, work);

    await this.#pinnedRoom.enter(appId, bytes);
    return await this.#use(runId, { appId, bytes }, work);
  }

  /** Counts anew what a run takes up that is in use. */
  noteGrowth(run: Run): void {
    const pin = this.#pins.get(run.id);
    if (pin === undefined) return;
    const bytes = sizeOf(run);
    this.#pinnedRoom.resize(pin.appId, bytes - pin.bytes);
    pin.bytes = bytes;
  }

  /** Reads runs that will be needed soon, all at once, which costs far less than one by one. */
  async prefetch(runIds: readonly string[]): Promise<void> {
    await Promise.all(runIds.filter((id) => !this.#runs.has(id)).map((id) => this.#loadOf(id).done));
  }

  /** Makes room: nothing is done with the run for now. */
  release(runId: string): void {
    if (!this.#pins.has(runId)) this.drop(runId);
  }

  /** Forgets a run whose state in memory cannot be trusted. */
  drop(runId: string): void {
    // What is being read may be older than what is forgotten.
    const load = this.#loads.get(runId);
    if (load !== undefined) load.isOutdated = true;
    this.#loads.delete(runId);

    const entry = this.#runs.get(runId);
    if (entry === undefined) return;
    this.#runs.delete(runId);
    this.#bytes -= entry.bytes;
  }

  async #load(runId: string): Promise<Run | undefined> {
    for (;;) {
      const load = this.#loadOf(runId);
      await load.done;
      if (!load.isOutdated || this.#runs.has(runId)) return this.peek(runId);
    }
  }

  #loadOf(runId: string): Load {
    const known = this.#loads.get(runId);
    if (known !== undefined) return known;

    const load: Load = { isOutdated: false, done: Promise.resolve() };
    this.#loads.set(runId, load);
    load.done = this.#carryOut(runId, load);
    return load;
  }

  async #carryOut(runId: string, load: Load): Promise<void> {
    let run: Run | undefined;
    try {
      run = await this.#readBatched(runId);
    } finally {
      if (!load.isOutdated) this.#loads.delete(runId);
    }
    if (run !== undefined && !load.isOutdated && !this.#runs.has(runId)) this.#put(run);
  }

  /** Runs asked for in the same turn of the event loop are read together. */
  async #readBatched(runId: string): Promise<Run | undefined> {
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
    return (await batch.loaded).get(runId);
  }

  #put(run: Run): void {
    const bytes = sizeOf(run);
    this.#runs.set(run.id, { run, bytes });
    this.#bytes += bytes;
    this.#evict();
  }

  /** @param reserved room that has been taken for the run, and is not needed if the run is pinned already */
  #pin(runId: string, reserved: { appId: string; bytes: number }): Pin {
    const { appId, bytes } = reserved;
    const known = this.#pins.get(runId);
    const pin = known ?? { users: 0, appId, bytes };
    pin.users += 1;
    this.#pins.set(runId, pin);
    if (known !== undefined) {
      if (pin.appId === noApp && appId !== noApp) this.#pass(pin, appId);
      this.#pinnedRoom.resize(appId, -bytes);
    }
    return pin;
  }

  #pass(pin: Pin, appId: string): void {
    this.#pinnedRoom.resize(appId, pin.bytes);
    this.#pinnedRoom.resize(pin.appId, -pin.bytes);
    pin.appId = appId;
  }

  #unpin(runId: string, pin: Pin): void {
    pin.users -= 1;
    if (pin.users > 0) return;
    this.#pins.delete(runId);
    const run = this.peek(runId);
    if (run !== undefined) {
      this.drop(runId);
      if (run.status === 'running') this.#put(run);
    }
    this.#pinnedRoom.resize(pin.appId, -pin.bytes);
  }

  #evict(): void {
    for (const id of this.#runs.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      if (!this.#pins.has(id)) this.drop(id);
    }
  }
}

/** A run that is being read. */
interface Load {
  done: Promise<void>;
  /** The run came into memory meanwhile, and left it: what is read may be older than what has become of it. */
  isOutdated: boolean;
}

interface Pin {
  users: number;
  /** Whose share of the room it takes. */
  appId: string;
  /** What the run took up when it was last counted. */
  bytes: number;
}

function sizeOf(run: Run): number {
  return runOverheadBytes + run.eventBytes + run.stateBytes + run.steps.size * stepOverheadBytes;
}
