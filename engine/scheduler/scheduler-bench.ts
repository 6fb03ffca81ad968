import { pino } from 'pino';
import { expect, vi } from 'vitest';
import { jobKey } from '../runs/run.ts';
import type { DueJob, GateOfFunction, Without } from '../store/due.ts';
import { gatesOf } from './gates.ts';
import { comparePositions } from './job-queue.ts';
import type { JobSource } from './job-source.ts';
import { mayTake } from './places.ts';
import { type Outcome, Scheduler } from './scheduler.ts';
import type { SchedulerCounts } from './scheduler-counts.ts';
import type { ThrottlePlace } from './throttles.ts';

export const followers = ['none', 'none', 'discovery', 'step', 'retry'] as const;
type Follower = (typeof followers)[number];

/** What may happen to a scheduler. */
export type Command =
  | { kind: 'add'; fn: number; count: number; delayMs: number; isOffered: boolean; shop: number | 'own' }
  | { kind: 'end'; which: number; count: number; follower: Follower }
  | { kind: 'away'; which: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'limit'; fn: number; limit: number }
  | { kind: 'cancel'; which: number }
  | { kind: 'restart' };

/**
 * What the functions of the bench are limited by. The first two belong to one app, the others to another. The gates of the
 * last never open.
 */
const functions = [
  { id: 'plain', app: 'a', gates: () => [] },
  { id: 'narrow', app: 'a', gates: () => ['narrow'] },
  { id: 'keyed', app: 'b', gates: (shop: number) => ['shared', `keyed=${shop}`] },
  { id: 'other', app: 'b', gates: () => ['shared'] },
  { id: 'throttled', app: 'b', gates: () => [] },
  { id: 'shut', app: 'b', gates: (shop: number) => [`shut=${shop}`] },
] as const;

const throttle = { limit: 2, periodMs: 4_000, burst: 1 };
/** How long an app is left alone that was away. */
const awayMs = 700;

/** A scheduler with a database in memory and an app that ends calls when it is told to. It checks every start. */
export class Bench {
  readonly #jobs = new Map<string, DueJob>();
  readonly #limits = new Map<string, number>();
  readonly #running = new Map<string, { job: DueJob; end(outcome: Outcome): void }>();
  /** The bucket as it is stored, and when drops were put in. */
  readonly #throttles = new Map<string, number>();
  readonly #awayUntilMs = new Map<string, number>();
  /** Jobs that the scheduler could not know of when it decided on others, or that it has tried before. */
  readonly #outOfOrder = new Set<string>();
  #problem: unknown = null;
  #lastId = 0;
  readonly #maxInFlightPerApp: number;
  readonly #heldJobs: number;
  #scheduler: Scheduler;
  /** Calls that were begun. */
  starts = 0;

  /** The default for `heldJobs` is so small that nearly everything stays in the database. */
  constructor({
    maxInFlightPerApp = 9,
    heldJobs = 12,
  }: { maxInFlightPerApp?: number; heldJobs?: number } = {}) {
    this.#maxInFlightPerApp = maxInFlightPerApp;
    this.#heldJobs = heldJobs;
    this.#scheduler = this.#start();
  }

  async run(command: Command): Promise<void> {
    switch (command.kind) {
      case 'add':
        this.#add(command);
        break;
      case 'end':
        for (let n = 0; n < command.count; n += 1) this.#end(command.which + n, command.follower);
        break;
      case 'away':
        this.#goAway(command.which);
        break;
      case 'pass':
        await vi.advanceTimersByTimeAsync(command.ms);
        break;
      case 'limit':
        for (const gate of functions[command.fn]?.gates(0) ?? []) this.#limits.set(gate, command.limit);
        this.#scheduler.rescan();
        break;
      case 'cancel': {
        const job = [...this.#jobs.values()][command.which % Math.max(1, this.#jobs.size)];
        if (job !== undefined) this.#jobs.delete(keyOf(job));
        break;
      }
      case 'restart':
        this.#scheduler.stop();
        this.#running.clear();
        this.#outOfOrder.clear();
        this.#awayUntilMs.clear();
        this.#scheduler = this.#start();
        break;
      default:
        command satisfies never;
    }
    await this.settle();
    if (this.#problem !== null) throw this.#problem;
    this.#expectNobodyIdle();
  }

  /** Waits until nothing happens any more without time passing. */
  async settle(): Promise<void> {
    for (let n = 0; n < 30; n += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(0);
    }
  }

  /** Ends calls and lets time pass until everything is done. */
  async finishAll(): Promise<void> {
    for (let n = 0; n < 400 && this.#jobs.size > 0; n += 1) {
      for (let i = this.#running.size; i > 0; i -= 1) this.#end(0, 'none');
      await vi.advanceTimersByTimeAsync(500);
      await this.settle();
    }
    if (this.#problem !== null) throw this.#problem;
    expect([...this.#jobs.keys()], 'jobs that are left').toEqual([]);
  }

  /** Calls of a function that are under way. */
  running(functionId: string): number {
    return [...this.#running.values()].filter(({ job }) => job.functionId === functionId).length;
  }

  counts(): SchedulerCounts {
    return this.#scheduler.counts();
  }

  hearFrom(app: string): void {
    this.#awayUntilMs.delete(app);
    this.#scheduler.tryAgain(app);
  }

  /** How long apps have been away is not known then: each may be tried at once. */
  putClockBack(ms: number): void {
    vi.setSystemTime(Date.now() - ms);
    this.#awayUntilMs.clear();
  }

  stop(): void {
    this.#scheduler.stop();
  }

  #start(): Scheduler {
    const scheduler: Scheduler = new Scheduler({
      source: this.#source(),
      limitOf: (_, gate) => this.#limitOf(gate),
      throttleOf: (job) => (job.functionId === 'throttled' ? throttle : null),
      appOf: (functionId) => functions.find(({ id }) => id === functionId)?.app ?? '',
      maxInFlightPerApp: this.#maxInFlightPerApp,
      heldJobs: this.#heldJobs,
      awayDelayMs: () => awayMs,
      perform: (job, place) => this.#perform(scheduler, job, place),
      logger: pino({ level: 'silent' }),
    });
    scheduler.start();
    return scheduler;
  }

  #limitOf(gate: string): number {
    return gate.startsWith('shut=') ? 0 : (this.#limits.get(gate) ?? 2);
  }

  #add({ fn, count, delayMs, isOffered, shop }: Extract<Command, { kind: 'add' }>): void {
    const setting = functions[fn];
    if (setting === undefined) return;
    for (let n = 0; n < count; n += 1) {
      this.#lastId += 1;
      const ownShop = shop === 'own' ? this.#lastId : shop;
      const job: DueJob = {
        runId: `run-${String(this.#lastId).padStart(6, '0')}`,
        functionId: setting.id,
        stepId: null,
        dueAtMs: Date.now() + delayMs,
        isBegun: false,
        concurrency: setting.gates(ownShop),
        throttleKey: setting.id === 'throttled' ? `throttled=${ownShop}` : null,
        bytes: 0,
      };
      this.#jobs.set(keyOf(job), job);
      if (isOffered) this.#scheduler.offer(job);
      else this.#outOfOrder.add(keyOf(job));
    }
    if (!isOffered) this.#scheduler.rescan();
  }

  #perform(scheduler: Scheduler, job: DueJob, place: ThrottlePlace | null): Promise<Outcome> {
    if (scheduler !== this.#scheduler) return new Promise(() => undefined);
    const key = keyOf(job);
    const stored = this.#jobs.get(key);
    if (stored === undefined) return Promise.resolve({ next: [], app: 'not called' });

    this.starts += 1;
    try {
      this.#expectFineStart(stored);
      if (stored.throttleKey !== null) this.#takeThrottle(stored.throttleKey, place);
    } catch (error) {
      this.#problem ??= error;
    }
    this.#jobs.set(key, { ...stored, throttleKey: null });
    return new Promise((resolve) => {
      this.#running.set(key, {
        job,
        end: (outcome) => {
          this.#running.delete(key);
          resolve(outcome);
        },
      });
    });
  }

  #expectFineStart(job: DueJob): void {
    const key = keyOf(job);
    expect(this.#running.has(key), `${key} is running already`).toBe(false);
    expect(job.dueAtMs).toBeLessThanOrEqual(Date.now());
    for (const gate of job.concurrency)
      expect(this.#membersOf(gate), `calls of ${gate}`).toBeLessThan(this.#limitOf(gate));
    this.#expectFirst(job);
    this.#expectMayCall(job);
  }

  #end(which: number, follower: Follower): void {
    const entry = [...this.#running.values()][which % Math.max(1, this.#running.size)];
    if (entry === undefined) return;
    const { job, end } = entry;
    this.#jobs.delete(keyOf(job));
    this.#awayUntilMs.delete(appOf(job));
    const next: DueJob[] = [];
    if (follower !== 'none') {
      this.#lastId += 1;
      next.push({
        ...job,
        throttleKey: null,
        isBegun: true,
        stepId: follower === 'step' ? `step-${this.#lastId}` : null,
        dueAtMs: Date.now() + (follower === 'retry' ? 12_000 : 0),
      });
    }
    for (const each of next) this.#jobs.set(keyOf(each), each);
    end({ next, app: 'answered' });
  }

  #goAway(which: number): void {
    const entry = [...this.#running.values()][which % Math.max(1, this.#running.size)];
    if (entry === undefined) return;
    const app = appOf(entry.job);
    this.#outOfOrder.add(keyOf(entry.job));
    const isNews = (this.#awayUntilMs.get(app) ?? 0) <= Date.now();
    if (isNews) this.#awayUntilMs.set(app, Date.now() + awayMs);
    entry.end({ next: [{ ...entry.job, throttleKey: null }], app: 'away' });
  }

  #membersOf(gate: string): number {
    return [...this.#running.values()].filter(({ job }) => job.concurrency.includes(gate)).length;
  }

  /** Of starts with the same gates the earlier one goes first. */
  #expectFirst(job: DueJob): void {
    if (job.isBegun || this.#outOfOrder.has(keyOf(job))) return;
    const earlier = [...this.#jobs.values()].filter(
      (other) =>
        isSameQueue(other, job) &&
        !other.isBegun &&
        comparePositions(other, job) < 0 &&
        !this.#running.has(keyOf(other)) &&
        !this.#outOfOrder.has(keyOf(other)),
    );
    expect(earlier.map(keyOf), `due before ${keyOf(job)}`).toEqual([]);
  }

  #takeThrottle(key: string, place: ThrottlePlace | null): void {
    const dropMs = throttle.periodMs / throttle.limit;
    const drainedAtMs = Math.max(this.#throttles.get(key) ?? 0, Date.now()) + dropMs;
    expect(drainedAtMs - Date.now()).toBeLessThanOrEqual((throttle.limit + throttle.burst) * dropMs);
    expect(place?.take()).toEqual({ key, drainedAtMs });
    this.#throttles.set(key, drainedAtMs);
  }

  #expectMayCall(job: DueJob): void {
    expect(this.#awayUntilMs.get(appOf(job)) ?? 0, `${appOf(job)} is away`).toBeLessThanOrEqual(Date.now());
  }

  /** Every job that is due and not running has to have a reason for it. */
  #expectNobodyIdle(): void {
    const idle = [...this.#jobs.values()].filter((job) => {
      if (job.dueAtMs > Date.now() || this.#running.has(keyOf(job))) return false;
      const running = [...this.#running.values()].map((each) => each.job);
      const ofApp = running.filter((each) => appOf(each) === appOf(job)).length;
      const ofFunction = running.filter((each) => each.functionId === job.functionId).length;
      const free = 2 * this.#maxInFlightPerApp - running.length;
      const places = Math.min(this.#maxInFlightPerApp - ofApp, mayTake(ofApp, free));
      const isThrottled =
        job.throttleKey !== null &&
        (this.#throttles.get(job.throttleKey) ?? 0) - Date.now() >
          (throttle.limit + throttle.burst - 1) * (throttle.periodMs / throttle.limit);
      return !(
        isThrottled ||
        this.#awayUntilMs.has(appOf(job)) ||
        job.concurrency.some((gate) => this.#membersOf(gate) >= this.#limitOf(gate)) ||
        mayTake(ofFunction, places) === 0
      );
    });
    expect(idle.map(keyOf), 'jobs that could run').toEqual([]);
  }

  #source(): JobSource {
    const known = ({ held, gates }: Without) => {
      const [keys, names] = [new Set(held), new Set(gates.map(nameOf))];
      return (job: DueJob) =>
        keys.has(keyOf(job)) ||
        gatesOf(job).some((gate) => names.has(nameOf({ functionId: job.functionId, gate })));
    };
    const due = (untilMs: number) =>
      [...this.#jobs.values()]
        .filter((job) => job.dueAtMs <= untilMs)
        .sort((a, b) => a.dueAtMs - b.dueAtMs || (a.runId < b.runId ? -1 : 1));
    return {
      functionIds: () => functions.map(({ id }) => id),
      findDue: async ({ demands, untilMs, without }) => {
        const isKnown = known(without);
        const jobs = due(untilMs).filter((job) => !isKnown(job));
        await tick();
        return demands.flatMap(({ functionId, begun, fresh }) => {
          const own = jobs.filter((job) => job.functionId === functionId);
          return [
            ...own.filter((job) => job.isBegun).slice(0, begun),
            ...own.filter((job) => !job.isBegun).slice(0, fresh),
          ];
        });
      },
      findWaiting: async ({ gates, limit, untilMs, without }) => {
        const jobs = due(untilMs);
        const found = gates.map(({ functionId, gate }: GateOfFunction) => ({
          functionId,
          gate,
          jobs: jobs
            .filter((job) => job.functionId === functionId && gatesOf(job).includes(gate))
            .filter((job) => !without.held.includes(keyOf(job)))
            .filter(
              (job) =>
                !gatesOf(job).some(
                  (each) =>
                    each !== gate &&
                    without.gates.some((out) => out.functionId === functionId && out.gate === each),
                ),
            )
            .slice(0, limit),
        }));
        await tick();
        return found;
      },
      findThrottles: async (keys) => {
        const found = new Map([...this.#throttles].filter(([key]) => keys.includes(key)));
        await tick();
        return found;
      },
    };
  }
}

function isSameQueue(a: DueJob, b: DueJob): boolean {
  return a.functionId === b.functionId && gatesOf(a).join() === gatesOf(b).join();
}

function nameOf({ functionId, gate }: GateOfFunction): string {
  return `${functionId} ${gate}`;
}

function keyOf(job: DueJob): string {
  return jobKey(job.runId, job.stepId);
}

function appOf(job: DueJob): string {
  return functions.find(({ id }) => id === job.functionId)?.app ?? '';
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
