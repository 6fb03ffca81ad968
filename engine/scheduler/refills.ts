import { jobKey } from '../runs/run.ts';
import type { DueJob, GateOfFunction } from '../store/due.ts';
import { Batches } from './batches.ts';
import type { Gates } from './gates.ts';
import type { JobBudget } from './job-budget.ts';
import type { JobSource } from './job-source.ts';
import type { Lane } from './lane.ts';
import type { WaitingRooms } from './waiting-rooms.ts';

/** Jobs that are due within this time are held if there is room; later ones are found by a scan in time. */
export const horizonMs = 10_000;

const jobsPerRefill = 1_000;
const lanesPerRefill = 200;
const roomsPerRefill = 200;
const throttlesPerRead = 1_000;

export interface RefillsOptions {
  readonly source: JobSource;
  readonly budget: JobBudget;
  readonly gates: Gates;
  readonly rooms: WaitingRooms;
  laneOf(functionId: string): Lane;
  /** A lane has got jobs. */
  onLane(lane: Lane): void;
  /** The jobs or the state of a gate were read. */
  onGate(gate: string): void;
  /** A batch was read and handed over. */
  onRead(): void;
  onError(error: unknown): void;
}

/** Reads from the database what the scheduler does not hold: many functions, gates or throttles by one question. */
export class Refills {
  readonly #options: RefillsOptions;
  readonly #lanes: Batches<Lane>;
  readonly #rooms: Batches<GateOfFunction>;
  readonly #throttles: Batches<string>;

  constructor(options: RefillsOptions) {
    this.#options = options;
    const batches = <T>(size: number, work: (items: readonly T[]) => Promise<void>) =>
      new Batches<T>({
        size,
        work: async (items) => {
          await work(items);
          options.onRead();
        },
        onError: options.onError,
      });
    this.#lanes = batches(lanesPerRefill, (lanes) => this.#readLanes(lanes));
    this.#rooms = batches(roomsPerRefill, (rooms) => this.#readRooms(rooms));
    this.#throttles = batches(throttlesPerRead, (keys) => this.#readThrottles(keys));
  }

  /** Reads due jobs of a function, if it has nearly none in memory and may have more in the database. */
  lane(lane: Lane): void {
    if (lane.isHungry(Date.now() + horizonMs)) this.#lanes.add(lane.functionId, lane);
  }

  /** Reads jobs that wait for a gate, if it is open for more than there are in memory. */
  room(room: GateOfFunction): void {
    if (this.#options.rooms.isHungry(room)) this.#rooms.add(`${room.functionId} ${room.gate}`, room);
  }

  /** Reads the state of a throttle. */
  throttle(key: string): void {
    this.#throttles.add(key, key);
  }

  stop(): void {
    for (const batches of [this.#lanes, this.#rooms, this.#throttles]) batches.stop();
  }

  async #readLanes(candidates: readonly Lane[]): Promise<void> {
    const { source, budget, rooms, onLane, onGate } = this.#options;
    const untilMs = Date.now() + horizonMs;
    const lanes = candidates.filter((lane) => lane.isHungry(untilMs));
    if (lanes.length === 0) return;

    const share = Math.min(jobsPerRefill, Math.floor(budget.free / lanes.length));
    const refills = lanes.map((lane) => ({ lane, demand: lane.beginRefill(share, untilMs) }));
    const gates = lanes.flatMap((lane) => {
      const { rooms: passed, left } = rooms.passOver(lane.functionId, lane.moreFrom);
      for (const job of left) lane.forget(job);
      return passed;
    });
    const without = { held: lanes.flatMap((lane) => [...lane.held]), gates };
    try {
      const demands = refills.map(({ lane, demand }) => ({ functionId: lane.functionId, ...demand }));
      const byFunction = groupByFunction(await source.findDue({ demands, untilMs, without }));
      for (const { lane, demand } of refills) lane.endRefill(byFunction.get(lane.functionId) ?? [], demand);
    } catch (error) {
      for (const lane of lanes) lane.abandonRefill();
      throw error;
    }
    for (const lane of lanes) onLane(lane);
    for (const { gate } of without.gates) onGate(gate);
  }

  async #readRooms(candidates: readonly GateOfFunction[]): Promise<void> {
    const { source, rooms, laneOf, onGate } = this.#options;
    const gates = candidates.filter((room) => rooms.isHungry(room));
    if (gates.length === 0) return;

    const { without, left } = rooms.beginRefill(gates);
    for (const job of left) laneOf(job.functionId).forget(job);
    const query = { gates, limit: rooms.refillJobs, untilMs: Date.now(), without };
    try {
      for (const room of await source.findWaiting(query)) {
        const lane = laneOf(room.functionId);
        const isHeld = (job: DueJob) => lane.held.has(jobKey(job.runId, job.stepId));
        const { taken, left } = rooms.endRefill(room, room.jobs, isHeld);
        for (const job of taken) lane.hold(job);
        for (const job of left) lane.forget(job);
      }
    } catch (error) {
      for (const room of gates) rooms.abandonRefill(room);
      throw error;
    }
    for (const { gate } of [...gates, ...without.gates]) onGate(gate);
  }

  async #readThrottles(keys: readonly string[]): Promise<void> {
    const { source, gates, onGate } = this.#options;
    const found = await source.findThrottles(keys);
    for (const key of keys) {
      gates.learn(key, found.get(key) ?? 0);
      onGate(key);
    }
  }
}

function groupByFunction(jobs: readonly DueJob[]): ReadonlyMap<string, readonly DueJob[]> {
  const groups = new Map<string, DueJob[]>();
  for (const job of jobs) {
    const group = groups.get(job.functionId);
    if (group === undefined) groups.set(job.functionId, [job]);
    else group.push(job);
  }
  return groups;
}
