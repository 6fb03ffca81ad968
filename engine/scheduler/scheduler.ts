import type { Logger } from 'pino';
import { jobKey } from '../runs/run.ts';
import type { DueJob } from '../store/due.ts';
import { ConcurrencySlots, type LimitOf } from './concurrency-slots.ts';

/** Where the scheduler finds jobs that it does not hold in memory. */
export interface JobSource {
  findDue(query: {
    held: readonly string[];
    limit: number;
    untilMs: number;
    fullKeys: readonly string[];
  }): Promise<readonly DueJob[]>;
  findWaitingFor(query: {
    held: readonly string[];
    limit: number;
    untilMs: number;
    key: string;
  }): Promise<readonly DueJob[]>;
}

export interface SchedulerOptions {
  readonly source: JobSource;
  readonly limitOf: LimitOf;
  readonly maxInFlight: number;
  /** Does the job and returns the jobs that follow from it. Must not throw. */
  perform(job: DueJob): Promise<readonly DueJob[]>;
  readonly logger: Logger;
}

/** Jobs that are ready, or will be soon, and held in memory at most. The rest stays in the database until there is room. */
const windowJobs = 2_000;
/** The window is refilled when no more than this is ready. */
const lowWaterJobs = 500;
const refillJobs = 1_000;
/** Jobs that are due within this time get a timer; later ones are found by a scan in time. */
const horizonMs = 10_000;
/** Timers that are held at most. When there are more, the scan finds the rest as they become due. */
const maxTimers = 10_000;
const scanIntervalMs = 5_000;
/** A full counter's waiting jobs that are held in memory, so that a freed place is taken without a question to the database. */
const waitingPerCounter = 32;

/**
 * Decides which job is done next.
 *
 *   offered ──▶ timer (due soon) ──▶ ready ──▶ in flight ──▶ gone, and the jobs that follow are offered
 *      │                              │ ▲
 *      │                              ▼ │ a place is freed
 *      │                            waiting (a counter is full)
 *      └──▶ left in the database: due late, or no room ──▶ offered by a scan
 *
 * A job is held under its key from the moment it is accepted until it is done, so nothing is ever done twice at a time.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #slots: ConcurrencySlots;
  readonly #held = new Set<string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #ready: DueJob[] = [];
  #inFlight = 0;
  /** Whether the database may have jobs that are ready and not held. */
  #hasMore = true;
  #isScanning = false;
  #isStopped = false;
  #scanTimer: NodeJS.Timeout | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#slots = new ConcurrencySlots(options.limitOf, waitingPerCounter);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  start(): void {
    this.#scanTimer = setInterval(() => void this.#scan(), scanIntervalMs);
    void this.#scan();
  }

  /** Starts nothing any more. What is in flight goes on. */
  stop(): void {
    this.#isStopped = true;
    if (this.#scanTimer !== null) clearInterval(this.#scanTimer);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#ready = [];
  }

  /** Tells of a job that is in the database. Returns false if it is known already or left there for now. */
  offer(job: DueJob): boolean {
    const isAccepted = this.#accept(job);
    this.#pump();
    return isAccepted;
  }

  /** Something happened to the database or the limits that this memory does not know of. */
  rescan(): void {
    this.#hasMore = true;
    void this.#scan();
  }

  /** Takes a job into memory, if it is new and there is room. Returns whether it is held now because of this. */
  #accept(job: DueJob, place: 'front' | 'back' = 'back'): boolean {
    const key = jobKey(job.runId, job.stepId);
    const waitMs = job.dueAtMs - Date.now();
    if (this.#isStopped || this.#held.has(key) || waitMs > horizonMs) return false;
    if (waitMs > 0) {
      if (this.#timers.size >= maxTimers) return false;
      this.#timers.set(
        key,
        setTimeout(() => this.#becomeReady(key, job), waitMs),
      );
    } else if (place === 'front') {
      this.#ready.unshift(job);
    } else if (this.#ready.length < windowJobs) {
      this.#ready.push(job);
    } else {
      this.#hasMore = true;
      return false;
    }
    this.#held.add(key);
    return true;
  }

  #becomeReady(key: string, job: DueJob): void {
    this.#timers.delete(key);
    this.#ready.push(job);
    this.#pump();
  }

  #pump(): void {
    while (!this.#isStopped && this.#inFlight < this.#options.maxInFlight) {
      const job = this.#ready.shift();
      if (job === undefined) break;
      this.#tryStart(job);
    }
    if (this.#hasMore && this.#ready.length <= lowWaterJobs) void this.#scan();
  }

  #tryStart(job: DueJob): void {
    const outcome = this.#slots.take(job);
    if (outcome === 'taken') {
      void this.#start(job);
      return;
    }
    if (outcome === 'left') this.#held.delete(jobKey(job.runId, job.stepId));
    // The job may have been woken for a place that it cannot use because its other counter is full. Others can.
    this.#wakeWaiting(job);
  }

  async #start(job: DueJob): Promise<void> {
    this.#inFlight += 1;
    const next = await this.#options.perform(job);
    this.#inFlight -= 1;
    this.#held.delete(jobKey(job.runId, job.stepId));
    this.#slots.release(job);
    // What was begun is finished before something new is begun.
    for (const follower of next.toReversed()) this.#accept(follower, 'front');
    this.#wakeWaiting(job);
    this.#pump();
  }

  #wakeWaiting(job: DueJob): void {
    if (job.concurrency.length === 0) return;
    this.#ready.unshift(...this.#slots.takeFreed(job));
    for (const key of job.concurrency) void this.#refillCounter(key);
  }

  /** Brings more of the jobs into memory that wait for a counter and had to stay in the database. */
  async #refillCounter(key: string): Promise<void> {
    if (this.#isStopped || !this.#slots.beginRefill(key)) return;
    try {
      const jobs = await this.#options.source.findWaitingFor({
        held: [...this.#held],
        limit: waitingPerCounter,
        untilMs: Date.now(),
        key,
      });
      this.#slots.endRefill(key, jobs.length >= waitingPerCounter);
      for (const job of jobs.toReversed()) this.#accept(job, 'front');
      this.#pump();
    } catch (error) {
      this.#slots.endRefill(key, true);
      this.#report(error);
    }
  }

  /** Reads due jobs until enough are ready or there are no more. */
  async #scan(): Promise<void> {
    if (this.#isScanning || this.#isStopped) return;
    this.#isScanning = true;
    try {
      let accepted = 0;
      do {
        this.#hasMore = false;
        const jobs = await this.#options.source.findDue({
          held: [...this.#held],
          limit: refillJobs,
          untilMs: Date.now() + horizonMs,
          fullKeys: this.#slots.markFull(),
        });
        accepted = jobs.filter((job) => this.#accept(job)).length;
        this.#hasMore ||= jobs.length >= refillJobs;
        this.#pump();
      } while (this.#hasMore && accepted > 0 && this.#ready.length <= lowWaterJobs && !this.#isStopped);
    } catch (error) {
      this.#hasMore = true;
      this.#report(error);
    } finally {
      this.#isScanning = false;
    }
  }

  #report(error: unknown): void {
    if (!this.#isStopped)
      this.#options.logger.warn({ err: error }, 'Cannot read due jobs: trying again soon');
  }
}
