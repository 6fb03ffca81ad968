import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RunStatus } from '../runs/run.ts';

const fastSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const slowSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];
const batchSizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/** What the engine counts while it works, in the words of Prometheus (prometheus.io/docs/practices/naming). */
export class Metrics {
  readonly registry = new Registry();
  readonly #eventsReceived = this.#counter('engine_events_received_total', 'Events taken from senders');
  readonly #runsStarted = this.#counter('engine_runs_started_total', 'Runs that came into being');
  readonly #runsEnded = new Counter({
    name: 'engine_runs_ended_total',
    help: 'Runs that ended, by their outcome',
    labelNames: ['status'],
    registers: [this.registry],
  });
  readonly #attempts = this.#counter('engine_attempts_total', 'Calls to apps that were made and answered');
  readonly #failedAttempts = this.#counter(
    'engine_attempts_failed_total',
    'Calls to apps that were no success: the function or a step threw, or there was no usable answer',
  );
  readonly #callSeconds = this.#histogram(
    'engine_call_duration_seconds',
    'How long calls to apps took',
    slowSeconds,
  );
  readonly #stepSeconds = this.#histogram(
    'engine_step_duration_seconds',
    'How long steps took from the first time they were reported until they were finished, waits included',
    slowSeconds,
  );
  readonly #queueSeconds = this.#histogram(
    'engine_queue_delay_seconds',
    'How long jobs that were due waited for their turn',
    slowSeconds,
  );
  readonly #commitSeconds = this.#histogram(
    'engine_commit_duration_seconds',
    'How long commits to the database took',
    fastSeconds,
  );
  readonly #commitChanges = this.#histogram(
    'engine_commit_changes',
    'How many changes were written by one commit',
    batchSizes,
  );

  constructor() {
    // Rates need a first value, so every outcome is there from the beginning.
    for (const status of endedStatuses) this.#runsEnded.inc({ status }, 0);
  }

  eventsReceived(count: number): void {
    this.#eventsReceived.inc(count);
  }

  runsStarted(count: number): void {
    this.#runsStarted.inc(count);
  }

  runEnded(status: RunStatus): void {
    this.#runsEnded.inc({ status });
  }

  attemptMade(attempt: { readonly durationMs: number; readonly isFailed: boolean }): void {
    this.#attempts.inc();
    if (attempt.isFailed) this.#failedAttempts.inc();
    this.#callSeconds.observe(attempt.durationMs / 1_000);
  }

  stepFinished(durationMs: number): void {
    this.#stepSeconds.observe(Math.max(0, durationMs) / 1_000);
  }

  jobBegan(delayMs: number): void {
    this.#queueSeconds.observe(Math.max(0, delayMs) / 1_000);
  }

  committed(commit: { readonly changes: number; readonly durationMs: number }): void {
    this.#commitChanges.observe(commit.changes);
    this.#commitSeconds.observe(commit.durationMs / 1_000);
  }

  /** Adds a value that is looked up when somebody reads the metrics. */
  addGauge(name: string, help: string, read: () => number | Promise<number>): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        gauge.set(await read());
      },
    });
  }

  /** Adds the values of a label that are looked up when somebody reads the metrics. */
  addGauges(
    name: string,
    help: string,
    label: string,
    read: () => Promise<Readonly<Record<string, number>>>,
  ): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      async collect() {
        for (const [value, count] of Object.entries(await read())) gauge.set({ [label]: value }, count);
      },
    });
  }

  /** Adds a value that somebody else counts. */
  addTotal(name: string, help: string, read: () => number): void {
    const counter: Counter = new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        counter.reset();
        counter.inc(read());
      },
    });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.registry] });
  }
}

const endedStatuses: readonly RunStatus[] = ['completed', 'failed', 'cancelled', 'skipped'];
