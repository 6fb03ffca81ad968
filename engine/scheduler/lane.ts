import { jobKey } from '../runs/run.ts';
import type { DueJob } from '../store/due.ts';
import type { AppLanes } from './app-lanes.ts';
import type { JobBudget } from './job-budget.ts';
import { comparePositions, earlier, JobQueue, type Position } from './job-queue.ts';
import type { WaitingRooms } from './waiting-rooms.ts';

/** What a queue of a lane may hold however many lanes there are. */
const leastJobs = 2;

/** The jobs of one function, as far as they are held in memory. */
export class Lane {
  readonly functionId: string;
  readonly app: AppLanes;
  /** Keys of all jobs that are held: queued here, waiting for a gate, or in flight. */
  readonly held = new Set<string>();
  /** Gates that are open and have jobs of this function waiting. */
  readonly openGates = new Set<string>();
  /** Follows from calls that just ended, and goes before everything else. No more than calls in flight. */
  readonly front: DueJob[] = [];
  readonly begun: JobQueue;
  readonly fresh: JobQueue;
  readonly #budget: JobBudget;
  inFlight = 0;
  #isUnsure = false;
  /** Its next jobs cannot be held for now: reading them again would not help. */
  isStuck = false;
  #isRefilling = false;

  constructor(functionId: string, app: AppLanes, budget: JobBudget) {
    this.functionId = functionId;
    this.app = app;
    this.#budget = budget;
    this.begun = new JobQueue(budget, 'unread');
    this.fresh = new JobQueue(budget, 'unread');
  }

  /** Takes in a job that is not held yet. Returns whether it is held now. */
  accept(job: DueJob): boolean {
    const queue = job.isBegun ? this.begun : this.fresh;
    this.hold(job);
    const left = queue.offer(job, this.#capacityOf(queue));
    if (left !== null) this.forget(left);
    return left !== job;
  }

  hold(job: DueJob): void {
    this.held.add(keyOf(job));
  }

  forget(job: DueJob): void {
    this.held.delete(keyOf(job));
  }

  /** Takes out the job that is next. */
  next(rooms: WaitingRooms, nowMs: number): DueJob | undefined {
    const first = this.front.shift();
    if (first !== undefined) return first;
    const queue = [this.begun, this.fresh].find((each) => (each.first?.dueAtMs ?? nowMs + 1) <= nowMs);
    for (const gate of this.openGates) {
      const woken = rooms.first(this.functionId, gate);
      if (woken === undefined) this.openGates.delete(gate);
      // Reading a room may bring jobs that have their place behind those of a queue.
      else if (queue?.first !== undefined && comparePositions(queue.first, woken) < 0) break;
      else return rooms.take(this.functionId, gate);
    }
    return queue?.shift();
  }

  /** When the next of the jobs that are not due yet will be, in ms since 1970; infinity if there is none. */
  get nextDueMs(): number {
    const [begun, fresh] = [this.begun.first, this.fresh.first];
    return Math.min(begun?.dueAtMs ?? Number.POSITIVE_INFINITY, fresh?.dueAtMs ?? Number.POSITIVE_INFINITY);
  }

  /** Where the jobs begin that are in the database only; null if all are here or wait for gates. */
  get moreFrom(): Position | null {
    return earlier(this.begun.moreFrom, this.fresh.moreFrom);
  }

  /** The database may have jobs that are not known here. */
  distrust(): void {
    this.#isUnsure = true;
    this.isStuck = false;
  }

  /** Whether jobs should be read from the database. @param untilMs later ones do not matter yet */
  isHungry(untilMs: number): boolean {
    if (this.#isRefilling || this.isStuck) return false;
    return this.#isUnsure || this.#isLow(this.begun, untilMs) || this.#isLow(this.fresh, untilMs);
  }

  /** Begins to read jobs. @param share how many are wanted of each kind at most */
  beginRefill(share: number, untilMs: number): { begun: number; fresh: number } {
    const demandOf = (queue: JobQueue) => {
      if (!this.#isUnsure && !this.#isLow(queue, untilMs)) return 0;
      queue.beginRefill();
      return Math.max(leastJobs, Math.min(this.#capacityOf(queue) - queue.size, share));
    };
    const demand = { begun: demandOf(this.begun), fresh: demandOf(this.fresh) };
    this.#isUnsure = false;
    this.#isRefilling = true;
    return demand;
  }

  /** @param jobs what was read, in any order @param demand what `beginRefill` returned */
  endRefill(jobs: readonly DueJob[], demand: { begun: number; fresh: number }): void {
    this.#isRefilling = false;
    this.#fill(
      this.begun,
      jobs.filter((job) => job.isBegun),
      demand.begun,
    );
    this.#fill(
      this.fresh,
      jobs.filter((job) => !job.isBegun),
      demand.fresh,
    );
  }

  /** Reading failed: it has to be done again. */
  abandonRefill(): void {
    this.#isRefilling = false;
    this.#isUnsure = true;
  }

  #fill(queue: JobQueue, jobs: readonly DueJob[], demand: number): void {
    if (demand === 0) return;
    const { taken, left } = queue.endRefill(jobs, demand, this.#capacityOf(queue), (job) =>
      this.held.has(keyOf(job)),
    );
    for (const job of taken) this.hold(job);
    for (const job of left) this.forget(job);
  }

  #capacityOf(queue: JobQueue): number {
    return this.#budget.capacityFor(queue.size, leastJobs);
  }

  #isLow(queue: JobQueue, untilMs: number): boolean {
    const { moreFrom } = queue;
    return moreFrom !== null && moreFrom.dueAtMs <= untilMs && queue.size <= this.#capacityOf(queue) / 4;
  }
}

function keyOf(job: DueJob): string {
  return jobKey(job.runId, job.stepId);
}
