import type { Logger } from 'pino';
import { jobKey } from '../runs/run.ts';
import type { DueJob } from '../store/due.ts';
import { Alarms } from './alarms.ts';
import type { LimitOf } from './counters.ts';
import { Gates, gatesOf } from './gates.ts';
import { JobBudget } from './job-budget.ts';
import type { JobSource } from './job-source.ts';
import { Lane } from './lane.ts';
import { horizonMs, Refills } from './refills.ts';
import { countJobs, type SchedulerCounts } from './scheduler-counts.ts';
import type { ThrottleOf, ThrottlePlace } from './throttles.ts';
import { Turns } from './turns.ts';
import { WaitingRooms } from './waiting-rooms.ts';

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

const defaultHeldJobs = 4_000;
const scanIntervalMs = 5_000;

/**
 * Decides which job is done next.
 *
 *                     ┌──────────────────────── lane of its function ────────────────────────┐
 *   offered, found ──▶│ due soon ──time──▶ ready: follows from a call, begun, start of a run │──▶ in flight ──▶ gone; what
 *      │              └────────────────────────────────▲────────────┬────────────────────────┘      follows is offered
 *      │                                         opens │            ▼ a gate is closed
 *      └──▶ left in the database: due late, or no room └─── waiting room of the gate
 *
 * A job is held under its key from the moment it is accepted until it is done, so nothing is ever done twice at a time. Nobody
 * polls: a lane or a room reads on when it has nearly nothing left, and knows whether there is more, see `JobQueue`.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #budget: JobBudget;
  readonly #gates: Gates;
  readonly #rooms: WaitingRooms;
  readonly #refills: Refills;
  readonly #turns: Turns;
  readonly #lanes = new Map<string, Lane>();
  readonly #alarms = new Alarms((name) => this.#ring(name));
  #isStopped = false;
  #scanTimer: NodeJS.Timeout | null = null;

  constructor(options: SchedulerOptions) {
    const { heldJobs = defaultHeldJobs } = options;
    this.#options = options;
    this.#budget = new JobBudget(heldJobs);
    this.#gates = new Gates(options);
    this.#rooms = new WaitingRooms(this.#gates, new JobBudget(heldJobs / 2));
    this.#turns = new Turns(options.maxInFlightPerApp);
    this.#refills = new Refills({
      source: options.source,
      budget: this.#budget,
      gates: this.#gates,
      rooms: this.#rooms,
      laneOf: (functionId) => this.#laneOf(functionId),
      onLane: (lane) => this.#turns.activate(lane),
      onGate: (gate) => this.#wake(gate),
      onRead: () => this.#pump(),
      onError: (error) => options.logger.warn({ err: error }, 'Cannot read due jobs: trying again soon'),
    });
  }

  get inFlight(): number {
    return this.#turns.inFlight;
  }

  counts(): SchedulerCounts {
    return { ...countJobs(this.#lanes.values(), this.#rooms, Date.now()), inFlight: this.inFlight };
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
    this.#refills.stop();
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
      lane.distrust();
      this.#refills.lane(lane);
    }
    for (const gate of this.#rooms.gates) this.#wake(gate);
    this.#pump();
  }

  /** An app has been heard from. If it was away it is called again at once. */
  tryAgain(appId: string): void {
    const app = this.#turns.find(appId);
    if (app === undefined) return;
    app.tryAgain();
    this.#turns.activateApp(app);
    this.#pump();
  }

  #accept(job: DueJob): boolean {
    const lane = this.#laneOf(job.functionId);
    const nowMs = Date.now();
    const isLate = job.dueAtMs > nowMs + horizonMs;
    if (this.#isStopped || isLate || lane.held.has(jobKey(job.runId, job.stepId))) return false;
    const isHeld = lane.accept(job);
    if (job.dueAtMs <= nowMs) this.#turns.activate(lane);
    else if (isHeld) this.#alarms.set(`lane ${lane.functionId}`, job.dueAtMs);
    return isHeld;
  }

  /** A discovery call follows at once, so that what was begun is finished before something new is begun. */
  #acceptFollower(job: DueJob, isRepeated: boolean): void {
    const lane = this.#laneOf(job.functionId);
    const isFirst = isRepeated || (job.stepId === null && job.dueAtMs <= Date.now());
    if (!isFirst) this.#accept(job);
    else if (!this.#isStopped && !lane.held.has(jobKey(job.runId, job.stepId))) {
      lane.hold(job);
      if (isRepeated) lane.front.unshift(job);
      else lane.front.push(job);
      this.#turns.activate(lane);
    }
  }

  #laneOf(functionId: string): Lane {
    let lane = this.#lanes.get(functionId);
    if (lane === undefined) {
      lane = new Lane(functionId, this.#turns.get(this.#options.appOf(functionId)), this.#budget);
      this.#lanes.set(functionId, lane);
    }
    return lane;
  }

  #ring(name: string): void {
    const id = name.slice(name.indexOf(' ') + 1);
    const app = this.#turns.find(id);
    if (name.startsWith('lane ')) this.#turns.activate(this.#laneOf(id));
    else if (name.startsWith('gate ')) this.#wake(id);
    else if (app !== undefined) this.#turns.activateApp(app);
    this.#pump();
  }

  /** Starts what may be started. */
  #pump(): void {
    if (this.#isStopped) return;
    for (let lane = this.#turns.next(Date.now()); lane !== null; lane = this.#turns.next(Date.now())) {
      const job = lane.next(this.#rooms, Date.now());
      if (job !== undefined) {
        this.#turns.activate(lane);
        this.#tryStart(lane, job);
      } else if (lane.nextDueMs < Number.POSITIVE_INFINITY) {
        this.#alarms.set(`lane ${lane.functionId}`, lane.nextDueMs);
      }
      this.#refills.lane(lane);
    }
  }

  #tryStart(lane: Lane, job: DueJob): void {
    const gate = this.#rooms.closedGate(job);
    if (gate === null) {
      void this.#start(lane, job);
      return;
    }
    const left = this.#rooms.wait(job, gate);
    if (left !== null) lane.forget(left);
    lane.isStuck ||= !this.#rooms.has({ functionId: lane.functionId, gate });
    this.#wake(gate);
  }

  async #start(lane: Lane, job: DueJob): Promise<void> {
    const isProbe = this.#turns.begin(lane);
    const throttle = this.#gates.enter(job);
    // Others that wait for the throttle have to know when it opens next.
    if (job.throttleKey !== null) this.#wake(job.throttleKey);
    const { next, app } = await this.#options.perform(job, throttle);
    lane.forget(job);
    this.#gates.leave(job, throttle);
    this.#turns.end(lane);

    const againAtMs = lane.app.endCall({ app, isProbe }, Date.now(), this.#options.awayDelayMs);
    if (againAtMs !== null) this.#alarms.set(`app ${lane.app.id}`, againAtMs);
    for (const follower of next) this.#acceptFollower(follower, app === 'away');
    for (const gate of gatesOf(job)) this.#wake(gate);
    this.#pump();
  }

  /** A gate may have opened, or somebody has come to wait for it. */
  #wake(gate: string): void {
    for (const room of this.#rooms.of(gate)) {
      const job = this.#rooms.exampleOf(room);
      if (job === undefined) continue;
      if (this.#gates.needsState(job, gate)) this.#refills.throttle(gate);
      else if (!this.#gates.isOpenFor(job, gate)) {
        const opensAtMs = this.#gates.opensAtMs(job, gate);
        if (opensAtMs < Number.POSITIVE_INFINITY) this.#alarms.set(`gate ${gate}`, opensAtMs);
      } else {
        if (this.#rooms.hasWaiting(room)) {
          const lane = this.#laneOf(room.functionId);
          lane.openGates.add(gate);
          this.#turns.activate(lane);
        }
        this.#refills.room(room);
      }
    }
  }
}
