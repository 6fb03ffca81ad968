import { setImmediate } from 'node:timers/promises';
import { newId, parseIdSeed } from '../protocol/ids.ts';
import { limits } from '../protocol/limits.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Run } from '../runs/run.ts';
import type { Effect } from '../store/rows.ts';
import type { Writer } from '../store/writer.ts';
import { eventPayload, InvalidEvent, parseEvent } from './event.ts';
import { type Audience, type EventPlan, joinPlans, type NewEvent, planEvent } from './plan.ts';
import { Room } from './room.ts';

/** Events that are being planned and stored at a time. Their runs are in memory until they are. */
const maxEventsAtOnce = limits.eventsPerRequest;

/** Of many events the first start their runs while the others are still being planned and stored. */
const eventsPerCommit = 100;

export interface IntakeOptions {
  readonly audience: Audience;
  readonly writer: Writer;
  onRunsCreated(runs: readonly Run[]): void;
  onEffects(effects: readonly Effect[]): void;
}

export interface IntakeResult {
  /** Internal ids of the events that were taken, in order. */
  readonly ids: readonly string[];
  /** Why the event after them was not taken; null if all were. */
  readonly problem: InvalidEvent | null;
}

/** Takes events: when it has answered, they and the runs they start are durable. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #room = new Room(maxEventsAtOnce);

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Takes events as they came in, up to the first that is not valid.
   *
   * @param seed the value of `X-Inngest-Event-Id-Seed`: a repeated request with the same seed changes nothing
   * @throws {DatabaseUnavailable} when the events may not have been stored
   */
  takeEvents(values: readonly unknown[], seed: string | undefined): Promise<IntakeResult> {
    return this.#room.use(values.length, () => this.#takeEvents(values, seed));
  }

  async #takeEvents(values: readonly unknown[], seed: string | undefined): Promise<IntakeResult> {
    const nowMs = Date.now();
    const idSeed = seed === undefined ? null : parseIdSeed(seed);
    const events: NewEvent[] = [];
    let problem: InvalidEvent | null = null;
    try {
      if (values.length > limits.eventsPerRequest) {
        throw new InvalidEvent(
          `Cannot take ${values.length} events in one request: the limit is ${limits.eventsPerRequest}`,
        );
      }
      for (const value of values) {
        const incoming = parseEvent(value, nowMs);
        const id = idSeed?.idAt(events.length + 1) ?? newId();
        events.push({ ...incoming, id, payload: eventPayload(incoming, id) });
      }
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error;
      problem = error;
    }

    await this.#takeInTurn(events, nowMs);
    return { ids: events.map((event) => event.id), problem };
  }

  async #takeInTurn(events: readonly NewEvent[], nowMs: number): Promise<void> {
    const { audience } = this.#options;
    const commits: Promise<void>[] = [];
    for (let from = 0; from < events.length; from += eventsPerCommit) {
      if (from > 0) await setImmediate();
      const plans = events
        .slice(from, from + eventsPerCommit)
        .map((event) => planEvent(audience, event, nowMs));
      const commit = this.#commit(joinPlans(plans));
      // Node ends the process when nobody listens yet.
      commit.catch(() => undefined);
      commits.push(commit);
    }
    await Promise.allSettled(commits);
    await Promise.all(commits);
  }

  /** Starts one function by an event of the engine's own, such as a cron's firing. Without a function it is only stored. */
  async startFunction(fn: RegisteredFunction | undefined, event: NewEvent): Promise<void> {
    const only = fn === undefined ? {} : { only: fn };
    await this.#commit(planEvent(this.#options.audience, event, Date.now(), only));
  }

  async #commit(plan: EventPlan): Promise<void> {
    const { createdIds } = await this.#options.writer.commit(plan, 'refuse');
    const runs = plan.newRuns.map(({ run }) => run);
    this.#options.onRunsCreated(runs.filter(({ id }) => createdIds.has(id)));
    this.#options.onEffects(plan.effects.filter(({ eventId }) => createdIds.has(eventId)));
  }
}
