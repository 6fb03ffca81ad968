import type { Logger } from 'pino';
import { jobKey } from '../runs/run.ts';
import type { DueJob, FunctionDemand, GateOfFunction, Without } from '../store/due.ts';
import { Alarms } from './alarms.ts';
import { AppLanes } from './app-lanes.ts';
import type { LimitOf } from './counters.ts';
import { Gates, gatesOf } from './gates.ts';
import { JobBudget } from './job-budget.ts';
import { Lane } from './lane.ts';
import { mayTake } from './places.ts';
import type { ThrottleOf, ThrottlePlace } from './throttles.ts';
import { WaitingRooms } from './waiting-rooms.ts';

/** Where the scheduler finds jobs that it does not hold in memory. */
export interface JobSource {
  /** All functions that may have jobs. */
  functionIds(): readonly string[];
  findDue(query: {
    demands: readonly FunctionDemand[];
    untilMs: number;
    without: Without;
  }): Promise<readonly DueJob[]>;
  findWaiting(query: {
    gates: readonly GateOfFunction[];
    limit: number;
    untilMs: number;
    without: Without;
  }): Promise<readonly (GateOfFunction & { readonly jobs: readonly DueJob[] })[]>;
  /** When the buckets of throttles will have drained. Unknown ones are left out. */
  findThrottles(keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** What came of a job. */
export interface Outcome {
  /** The jobs that follow from it. */
  readonly next: readonly DueJob[];
  /** Whether the app was called, and was there. */
  readonly app: 'answered' | 'away' | 'not called';
}

export interface SchedulerOptions {
  readonly source: JobSource;
  readonly limitOf: LimitOf;
  readonly throttleOf: ThrottleOf;
  appOf(functionId: string): string;
  /** Jobs in flight at most for one app. For all apps together it is twice as many. */
  readonly maxInFlightPerApp: number;
  /**
   * Jobs held in memory that are ready or will be soon, and half as many that wait for gates; 4,000 unless given. The rest
   * stays in the database until there is room.
   */
  readonly heldJobs?: number;
  /** How long to leave an app alone that was away so many times in a row, in ms. */
  awayDelayMs(failures: number): number;
  /** Does the job. A run that starts has to take its place of the throttle before. Must not throw. */
  perform(job: DueJob, throttle: ThrottlePlace | null): Promise<Outcome>;
  readonly logger: Logger;
}

/** How much there is to do, as far as it is held in memory. */
export interface SchedulerCounts {
  readonly ready: number;
  /** Waiting for a place of a concurrency limit, or for a throttle. */
  readonly waiting: number;
  /** Due soon. */
  readonly scheduled: number;
  readonly inFlight: number;
  /** When the oldest job that is ready or waits was due, in ms since 1970. */
  readonly oldestDueAtMs: number | null;
}

const defaultHeldJobs = 4_000;
const refillJobs = 1_000;
const lanesPerRefill = 200;
const roomsPerRefill = 200;
/** Jobs that are due within this time are held if there is room; later ones are found by a scan in time. */
const horizonMs = 10_000;
const scanIntervalMs = 5_000;

/**
 * Decides which job is done next.
 *
 *                     ┌──────────────────────── lane of its function ───────────────────────┐
 *   offered, found ──▶│ due soon ──time──▶ ready: follows from a call, begun, start of a run│──▶ in flight ──▶ gone; what
 *      │              └─────────────────────────────────▲───────────┬───────────────────────┘                follows is offered
 *      │                                          opens │           ▼ a gate is closed
 *      └──▶ left in the database: due late, or no room  └── waiting room of the gate
 *
 * Apps take turns, and the functions of an app do. A function that does not answer keeps its own places only, see `mayTake`. A
 * job is held under its key from the moment it is accepted until it is done, so nothing is ever done twice at a time.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #budget: JobBudget;
  readonly #gates: Gates;
  readonly #rooms: WaitingRooms;
  readonly #apps = new Map<string, AppLanes>();
  readonly #lanes = new Map<string, Lane>();
  /** Apps that may have something to do now, in the order of their turns. */
  readonly #turns = new Set<AppLanes>();
  /** Apps that have something to do but too many calls in flight, they themselves or one of their functions. */
  readonly #parked = new Set<AppLanes>();
  readonly #alarms = new Alarms((name) => this.#ring(name));
  readonly #hungryLanes = new Set<Lane>();
  readonly #hungryRooms = new Map<string, GateOfFunction>();
  readonly #unreadThrottles = new Set<string>();
  #inFlight = 0;
  #isReadingLanes = false;
  #isReadingRooms = false;
  #isReadingThrottles = false;
  #isStopped = false;
  #scanTimer: NodeJS.Timeout | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { heldJobs = defaultHeldJobs } = options;
    this.#budget = new JobBudget(heldJobs);
    this.#gates = new Gates(options);
    this.#rooms = new WaitingRooms(this.#gates, new JobBudget(heldJobs / 2));
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  counts(): SchedulerCounts {
    const nowMs = Date.now();
    let [ready, scheduled, oldestDueAtMs] = [0, 0, Number.POSITIVE_INFINITY];
    for (const lane of this.#lanes.values()) {
      for (const job of [...lane.front, ...lane.begun.jobs, ...lane.fresh.jobs]) {
        if (job.dueAtMs > nowMs) scheduled += 1;
        else ready += 1;
        oldestDueAtMs = Math.min(oldestDueAtMs, job.dueAtMs);
      }
    }
    oldestDueAtMs = Math.min(oldestDueAtMs, this.#rooms.oldestDueAtMs);
    return {
      ready,
      scheduled,
      waiting: this.#rooms.size,
      inFlight: this.#inFlight,
      oldestDueAtMs: oldestDueAtMs <= nowMs ? oldestDueAtMs : null,
    };
  }

  start(): void {
    this.#scanTimer = setInterval(() => this.rescan(), scanIntervalMs);
    this.rescan();
  }

  /** Starts nothing any more. What is in flight goes on. */
  stop(): void {
    this.#isStopped = true;
    if (this.#scanTimer !== null) clearInterval(this.#scanTimer);
    this.#alarms.stop();
  }

  /** Tells of a job that is in the database. Returns false if it is known already or left there for now. */
  offer(job: DueJob): boolean {
    const isHeld = this.#accept(job);
    this.#pump();
    return isHeld;
  }

  /** Something may have happened to the database or the limits that this memory does not know of. */
  rescan(): void {
    if (this.#isStopped) return;
    for (const functionId of this.#options.source.functionIds()) {
      const lane = this.#laneOf(functionId);
      lane.isUnsure = true;
      lane.isStuck = false;
      this.#hungryLanes.add(lane);
    }
    for (const gate of this.#rooms.gates) this.#wake(gate);
    void this.#readLanes();
    this.#pump();
  }

  /** An app has been heard from. If it was away it is called again at once. */
  tryAgain(appId: string): void {
    const app = this.#apps.get(appId);
    if (app === undefined) return;
    app.tryAgain();
    this.#turns.add(app);
    this.#pump();
  }

  #accept(job: DueJob): boolean {
    const lane = this.#laneOf(job.functionId);
    const nowMs = Date.now();
    const isLate = job.dueAtMs > nowMs + horizonMs;
    if (this.#isStopped || isLate || lane.held.has(jobKey(job.runId, job.stepId))) return false;
    const isHeld = lane.accept(job);
    if (job.dueAtMs <= nowMs) this.#activate(lane);
    else if (isHeld) this.#alarms.set(`lane ${lane.functionId}`, job.dueAtMs);
    return isHeld;
  }

  /** A discovery call follows at once, so that what was begun is finished before something new is begun. */
  #acceptFollower(job: DueJob, isFirst: boolean): void {
    const lane = this.#laneOf(job.functionId);
    const key = jobKey(job.runId, job.stepId);
    const isFollower = job.stepId === null && job.dueAtMs <= Date.now();
    if (!isFollower && !isFirst) this.#accept(job);
    else if (!this.#isStopped && !lane.held.has(key)) {
      lane.hold(job);
      if (isFirst) lane.front.unshift(job);
      else lane.front.push(job);
      this.#activate(lane);
    }
  }

  #laneOf(functionId: string): Lane {
    const known = this.#lanes.get(functionId);
    if (known !== undefined) return known;
    const appId = this.#options.appOf(functionId);
    const app = this.#apps.get(appId) ?? new AppLanes(appId);
    this.#apps.set(appId, app);
    const lane = new Lane(functionId, app, this.#budget);
    this.#lanes.set(functionId, lane);
    return lane;
  }

  #activate(lane: Lane): void {
    lane.app.ready.add(lane);
    this.#turns.add(lane.app);
  }

  #ring(name: string): void {
    const [kind, id] = [name.slice(0, name.indexOf(' ')), name.slice(name.indexOf(' ') + 1)];
    const app = this.#apps.get(id);
    if (kind === 'lane') this.#activate(this.#laneOf(id));
    else if (kind === 'gate') this.#wake(id);
    else if (app !== undefined) this.#turns.add(app);
    this.#pump();
  }

  /** Starts what may be started. */
  #pump(): void {
    const { maxInFlightPerApp } = this.#options;
    while (!this.#isStopped) {
      const free = 2 * maxInFlightPerApp - this.#inFlight;
      const [app] = this.#turns;
      if (app === undefined || free <= 0) break;
      this.#turns.delete(app);
      if (app.ready.size === 0 || !app.mayBeCalled(Date.now())) continue;

      const places = Math.min(maxInFlightPerApp - app.inFlight, mayTake(app.inFlight, free));
      if (places <= 0) this.#parked.add(app);
      else if (this.#takeTurn(app, places)) this.#turns.add(app);
    }
    if (this.#hungryLanes.size > 0) void this.#readLanes();
    if (this.#hungryRooms.size > 0) void this.#readRooms();
  }

  /** One function of the app has its turn. Returns whether others may have theirs. */
  #takeTurn(app: AppLanes, places: number): boolean {
    const [lane] = app.ready;
    if (lane === undefined) return false;
    app.ready.delete(lane);
    if (mayTake(lane.inFlight, places) <= 0) {
      app.parked.add(lane);
      this.#parked.add(app);
      return true;
    }
    const nowMs = Date.now();
    const job = lane.next(this.#rooms, nowMs);
    if (job !== undefined) {
      app.ready.add(lane);
      this.#tryStart(lane, job);
    } else if (lane.nextDueMs < Number.POSITIVE_INFINITY) {
      this.#alarms.set(`lane ${lane.functionId}`, lane.nextDueMs);
    }
    if (lane.isHungry(nowMs + horizonMs)) this.#hungryLanes.add(lane);
    return true;
  }

  #tryStart(lane: Lane, job: DueJob): void {
    const gate = this.#rooms.closedGate(job);
    if (gate === null) {
      void this.#start(lane, job);
      return;
    }
    const left = this.#rooms.wait(job, gate);
    if (left !== null) lane.forget(left);
    if (!this.#rooms.has({ functionId: lane.functionId, gate })) lane.isStuck = true;
    this.#wake(gate);
  }

  async #start(lane: Lane, job: DueJob): Promise<void> {
    const { app } = lane;
    this.#inFlight += 1;
    lane.inFlight += 1;
    const isProbe = app.beginCall();
    const throttle = this.#gates.enter(job);
    // Others that wait for the throttle have to know when it opens next.
    if (job.throttleKey !== null) this.#wake(job.throttleKey);
    const outcome = await this.#options.perform(job, throttle);
    this.#inFlight -= 1;
    lane.inFlight -= 1;
    lane.forget(job);
    this.#gates.leave(job, throttle);

    const againAtMs = app.endCall({ app: outcome.app, isProbe }, Date.now(), this.#options.awayDelayMs);
    if (againAtMs !== null) this.#alarms.set(`app ${app.id}`, againAtMs);
    for (const follower of outcome.next) this.#acceptFollower(follower, outcome.app === 'away');
    for (const gate of gatesOf(job)) this.#wake(gate);
    this.#unpark();
    this.#activate(lane);
    this.#pump();
  }

  /** A place is free again: those that had too many calls in flight may go on. */
  #unpark(): void {
    for (const app of this.#parked) {
      for (const lane of app.parked) app.ready.add(lane);
      app.parked.clear();
      this.#turns.add(app);
    }
    this.#parked.clear();
  }

  /** A gate may have opened, or somebody has come to wait for it. */
  #wake(gate: string): void {
    for (const room of this.#rooms.of(gate)) {
      const job = this.#rooms.exampleOf(room);
      if (job === undefined) continue;
      if (this.#gates.needsState(job, gate)) {
        this.#unreadThrottles.add(gate);
        void this.#readThrottles();
      } else if (!this.#gates.isOpenFor(job, gate)) {
        const opensAtMs = this.#gates.opensAtMs(job, gate);
        if (opensAtMs < Number.POSITIVE_INFINITY) this.#alarms.set(`gate ${gate}`, opensAtMs);
      } else {
        if (this.#rooms.hasWaiting(room)) {
          const lane = this.#laneOf(room.functionId);
          lane.openGates.add(gate);
          this.#activate(lane);
        }
        if (this.#rooms.isHungry(room)) this.#hungryRooms.set(`${room.functionId} ${gate}`, room);
      }
    }
  }

  /** Reads due jobs of functions that have nearly none in memory and more in the database. */
  async #readLanes(): Promise<void> {
    if (this.#isReadingLanes || this.#isStopped) return;
    this.#isReadingLanes = true;
    try {
      while (this.#hungryLanes.size > 0 && !this.#isStopped) {
        const untilMs = Date.now() + horizonMs;
        const lanes = takeSome(this.#hungryLanes, lanesPerRefill).filter((lane) => lane.isHungry(untilMs));
        if (lanes.length > 0) await this.#refillLanes(lanes, untilMs);
        this.#pump();
      }
    } catch (error) {
      this.#report(error);
    } finally {
      this.#isReadingLanes = false;
    }
  }

  async #refillLanes(lanes: readonly Lane[], untilMs: number): Promise<void> {
    const share = Math.min(refillJobs, Math.floor(this.#budget.free / lanes.length));
    const demands = lanes.map((lane) => ({
      functionId: lane.functionId,
      ...lane.beginRefill(share, untilMs),
    }));
    const byFunction = new Map<string, DueJob[]>();
    try {
      const without = {
        held: lanes.flatMap((lane) => [...lane.held]),
        gates: this.#rooms.passOver(lanes.map(({ functionId }) => functionId)),
      };
      for (const job of await this.#options.source.findDue({ demands, untilMs, without })) {
        const jobs = byFunction.get(job.functionId);
        if (jobs === undefined) byFunction.set(job.functionId, [job]);
        else jobs.push(job);
      }
      for (const { gate } of without.gates) this.#wake(gate);
    } catch (error) {
      for (const lane of lanes) {
        lane.isRefilling = false;
        lane.isUnsure = true;
      }
      throw error;
    }
    lanes.forEach((lane, index) => {
      const demand = demands[index];
      if (demand !== undefined) lane.endRefill(byFunction.get(lane.functionId) ?? [], demand);
      this.#activate(lane);
    });
  }

  /** Reads jobs that wait for gates that are open. */
  async #readRooms(): Promise<void> {
    if (this.#isReadingRooms || this.#isStopped) return;
    this.#isReadingRooms = true;
    try {
      while (this.#hungryRooms.size > 0 && !this.#isStopped) {
        const rooms = takeSome(this.#hungryRooms.values(), roomsPerRefill);
        for (const { functionId, gate } of rooms) this.#hungryRooms.delete(`${functionId} ${gate}`);
        const hungry = rooms.filter((room) => this.#rooms.isHungry(room));
        if (hungry.length > 0) await this.#refillRooms(hungry);
        this.#pump();
      }
    } catch (error) {
      this.#report(error);
    } finally {
      this.#isReadingRooms = false;
    }
  }

  async #refillRooms(gates: readonly GateOfFunction[]): Promise<void> {
    const without = this.#rooms.beginRefill(gates);
    const query = { gates, limit: this.#rooms.refillJobs, untilMs: Date.now(), without };
    try {
      for (const room of await this.#options.source.findWaiting(query)) {
        const lane = this.#laneOf(room.functionId);
        const isHeld = (job: DueJob) => lane.held.has(jobKey(job.runId, job.stepId));
        const { taken, left } = this.#rooms.endRefill(room, room.jobs, isHeld);
        for (const job of taken) lane.hold(job);
        for (const job of left) lane.forget(job);
      }
    } catch (error) {
      for (const room of gates) this.#rooms.abandonRefill(room);
      throw error;
    }
    for (const { gate } of [...gates, ...without.gates]) this.#wake(gate);
  }

  /** Reads the state of throttles that somebody waits for. */
  async #readThrottles(): Promise<void> {
    if (this.#isReadingThrottles || this.#isStopped) return;
    this.#isReadingThrottles = true;
    try {
      while (this.#unreadThrottles.size > 0 && !this.#isStopped) {
        await new Promise((resolve) => setImmediate(resolve));
        const keys = [...this.#unreadThrottles];
        const found = await this.#options.source.findThrottles(keys);
        for (const key of keys) {
          this.#unreadThrottles.delete(key);
          this.#gates.learn(key, found.get(key) ?? 0);
          this.#wake(key);
        }
        this.#pump();
      }
    } catch (error) {
      this.#report(error);
    } finally {
      this.#isReadingThrottles = false;
    }
  }

  #report(error: unknown): void {
    if (!this.#isStopped)
      this.#options.logger.warn({ err: error }, 'Cannot read due jobs: trying again soon');
  }
}

/** The first elements, which are taken out of a set. */
function takeSome<T>(items: Iterable<T> & { delete?(item: T): boolean }, count: number): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length >= count) break;
    taken.push(item);
  }
  for (const item of taken) items.delete?.(item);
  return taken;
}
