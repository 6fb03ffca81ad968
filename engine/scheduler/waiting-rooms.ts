import { jobKey } from '../runs/run.ts';
import type { DueJob, GateOfFunction, Without } from '../store/due.ts';
import { type Gates, gatesOf } from './gates.ts';
import type { JobBudget } from './job-budget.ts';
import { comparePositions, JobQueue, type Position } from './job-queue.ts';

/** Jobs in one room that are held in memory at most, so that a freed place is taken without a question to the database. */
const jobsPerRoom = 32;
/** A room is refilled when it has no more than this. */
const lowWaterJobs = 8;
/**
 * A function may have as many rooms as are left for others, so one alone gets half of these. Jobs for further gates are left to
 * the database, and tried again from time to time.
 */
const maxRooms = 20_000;
/** What a function may have however many rooms others have. */
const leastRooms = 16;

/** Where the jobs of a function wait for a gate. It exists while one waits, here or in the database. */
interface Room extends GateOfFunction {
  readonly queue: JobQueue;
  /** The job that waited last: whether the gate is open depends on its function. */
  newest: DueJob;
  /** Whether jobs wait here that have to pass another gate too. */
  hasOtherGates: boolean;
  /** The database may have jobs for this room that nobody knows of. */
  isUnsure: boolean;
  isRefilling: boolean;
}

export interface PassedOver {
  readonly rooms: readonly GateOfFunction[];
  readonly left: readonly DueJob[];
}

export interface RoomRefill {
  readonly without: Without;
  /** Jobs that were held and are left to the database. */
  readonly left: readonly DueJob[];
}

/** The queues in front of gates, one for each function and gate, so that no function waits for another one's turn. */
export class WaitingRooms {
  readonly #gates: Gates;
  readonly #budget: JobBudget;
  readonly #byGate = new Map<string, Map<string, Room>>();
  readonly #byFunction = new Map<string, Map<string, Room>>();
  #count = 0;

  constructor(gates: Gates, budget: JobBudget) {
    this.#gates = gates;
    this.#budget = budget;
  }

  /** Jobs that wait, as far as they are held in memory. */
  get size(): number {
    return this.#budget.used;
  }

  has({ functionId, gate }: GateOfFunction): boolean {
    return this.#find(functionId, gate) !== undefined;
  }

  /** When the oldest job that waits was due, in ms since 1970; infinity if none waits. */
  get oldestDueAtMs(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const rooms of this.#byFunction.values()) {
      for (const { queue } of rooms.values()) {
        for (const job of queue.jobs) oldest = Math.min(oldest, job.dueAtMs);
      }
    }
    return oldest;
  }

  /** How many jobs a refill of a room should bring. */
  get refillJobs(): number {
    return jobsPerRoom;
  }

  /** The first gate that the job cannot pass now, because it is closed or others of its function wait for it; null if it can. */
  closedGate(job: DueJob): string | null {
    const isClosed = (gate: string) => !this.#gates.isOpenFor(job, gate) || this.#isBehindOthers(job, gate);
    return gatesOf(job).find(isClosed) ?? null;
  }

  /** Lets a job wait for a gate. Returns the job that is left to the database because of that: it, another one, or null. */
  wait(job: DueJob, gate: string): DueJob | null {
    const room = this.#find(job.functionId, gate) ?? this.#open(job, gate);
    if (room === null) return job;
    note(room, job);
    return room.queue.offer(job, this.#capacityOf(room));
  }

  /** The next job of a function that waits for the gate, if it is open. */
  first(functionId: string, gate: string): DueJob | undefined {
    const first = this.#find(functionId, gate)?.queue.first;
    return first !== undefined && this.#gates.isOpenFor(first, gate) ? first : undefined;
  }

  /** Takes out the next job of a function that waits for the gate. */
  take(functionId: string, gate: string): DueJob | undefined {
    const room = this.#find(functionId, gate);
    const first = room?.queue.shift();
    if (room !== undefined) this.#closeIfIdle(room);
    return first;
  }

  /** The rooms in front of a gate. */
  of(gate: string): readonly GateOfFunction[] {
    return [...(this.#byGate.get(gate)?.values() ?? [])];
  }

  get gates(): readonly string[] {
    return [...this.#byGate.keys()];
  }

  /** A job that waits in a room, or waited there. */
  exampleOf({ functionId, gate }: GateOfFunction): DueJob | undefined {
    const room = this.#find(functionId, gate);
    return room?.queue.first ?? room?.newest;
  }

  hasWaiting({ functionId, gate }: GateOfFunction): boolean {
    return this.#find(functionId, gate)?.queue.first !== undefined;
  }

  /** Whether jobs of the room should be read from the database now: it is nearly empty, and its gate is open. */
  isHungry({ functionId, gate }: GateOfFunction): boolean {
    const room = this.#find(functionId, gate);
    if (room === undefined || room.isRefilling || room.queue.size > lowWaterJobs) return false;
    return (room.isUnsure || room.queue.moreFrom !== null) && this.#isOpen(room);
  }

  /**
   * A scan need not return the jobs of a function's rooms: those it passes over are read when a gate opens.
   *
   * @param from where the jobs of the function begin that nobody has read yet; null if there should be none
   * @returns the rooms, and jobs in them that are left to the database because of what is passed over
   */
  passOver(functionId: string, from: Position | null): PassedOver {
    const rooms = [...(this.#byFunction.get(functionId)?.values() ?? [])];
    return { rooms, left: rooms.flatMap((room) => passOver(room, from)) };
  }

  /** Begins to read the jobs of rooms. Each is to be ended by `endRefill` or `abandonRefill`. */
  beginRefill(rooms: readonly GateOfFunction[]): RoomRefill {
    const held: string[] = [];
    const left: DueJob[] = [];
    const closed = new Set<Room>();
    for (const { functionId, gate } of rooms) {
      const room = this.#find(functionId, gate);
      if (room === undefined) continue;
      room.isRefilling = true;
      room.isUnsure = false;
      room.queue.beginRefill();
      held.push(...this.#gates.membersOf(gate));
      for (const job of room.queue.jobs) held.push(jobKey(job.runId, job.stepId));
      if (!room.hasOtherGates) continue;
      for (const other of this.#byFunction.get(functionId)?.values() ?? []) {
        if (!other.hasOtherGates || this.#isOpen(other)) continue;
        closed.add(other);
        left.push(...passOver(other, room.queue.moreFrom));
      }
    }
    return { without: { held, gates: [...closed] }, left };
  }

  /** Takes in what was read, see `JobQueue.endRefill`. */
  endRefill(
    { functionId, gate }: GateOfFunction,
    jobs: readonly DueJob[],
    isHeld: (job: DueJob) => boolean,
  ): { readonly taken: readonly DueJob[]; readonly left: readonly DueJob[] } {
    const room = this.#find(functionId, gate);
    if (room === undefined) return { taken: [], left: [] };
    room.isRefilling = false;
    const refill = room.queue.endRefill(jobs, jobsPerRoom, this.#capacityOf(room), isHeld);
    for (const job of refill.taken) note(room, job);
    this.#closeIfIdle(room);
    return refill;
  }

  /** Reading failed: it has to be done again. */
  abandonRefill({ functionId, gate }: GateOfFunction): void {
    const room = this.#find(functionId, gate);
    if (room === undefined) return;
    room.isRefilling = false;
    room.isUnsure = true;
  }

  #capacityOf({ queue }: Room): number {
    return Math.min(this.#budget.capacityFor(queue.size, 1), jobsPerRoom);
  }

  #isOpen(room: Room): boolean {
    return this.#gates.isOpenFor(room.queue.first ?? room.newest, room.gate);
  }

  #isBehindOthers(job: DueJob, gate: string): boolean {
    const queue = this.#find(job.functionId, gate)?.queue;
    const first = queue?.first ?? queue?.moreFrom ?? null;
    return first !== null && comparePositions(first, job) < 0;
  }

  #find(functionId: string, gate: string): Room | undefined {
    return this.#byFunction.get(functionId)?.get(gate);
  }

  #open(job: DueJob, gate: string): Room | null {
    const { functionId } = job;
    const own = this.#byFunction.get(functionId)?.size ?? 0;
    if (own >= Math.max(leastRooms, maxRooms - this.#count)) return null;
    const queue = new JobQueue(this.#budget, 'empty');
    const room = {
      functionId,
      gate,
      queue,
      newest: job,
      hasOtherGates: false,
      isUnsure: false,
      isRefilling: false,
    };
    put(this.#byFunction, functionId, gate, room);
    put(this.#byGate, gate, functionId, room);
    this.#count += 1;
    return room;
  }

  #closeIfIdle({ functionId, gate, queue, isUnsure, isRefilling }: Room): void {
    if (queue.size > 0 || queue.moreFrom !== null || isUnsure || isRefilling) return;
    remove(this.#byFunction, functionId, gate);
    remove(this.#byGate, gate, functionId);
    this.#count -= 1;
  }
}

function passOver(room: Room, from: Position | null): readonly DueJob[] {
  room.isUnsure = true;
  return from === null ? [] : room.queue.leaveFrom(from);
}

function note(room: Room, job: DueJob): void {
  room.newest = job;
  room.hasOtherGates ||= gatesOf(job).length > 1;
}

function put(map: Map<string, Map<string, Room>>, outer: string, inner: string, room: Room): void {
  const rooms = map.get(outer) ?? new Map<string, Room>();
  rooms.set(inner, room);
  map.set(outer, rooms);
}

function remove(map: Map<string, Map<string, Room>>, outer: string, inner: string): void {
  const rooms = map.get(outer);
  rooms?.delete(inner);
  if (rooms?.size === 0) map.delete(outer);
}
