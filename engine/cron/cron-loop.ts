import type { Logger } from 'pino';
import type { Intake } from '../intake/intake.ts';
import type { NewEvent } from '../intake/plan.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { internalEvent } from '../protocol/names.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Registry } from '../registry/registry.ts';
import { DatabaseUnavailable } from '../store/connection.ts';
import { CronSchedule, type Firing } from './schedule.ts';

const tickMs = 250;
const retryMs = 1_000;

export interface CronLoopOptions {
  readonly registry: Pick<Registry, 'list' | 'find' | 'onChange'>;
  readonly intake: Pick<Intake, 'startFunction'>;
  /** The time that crons follow, in ms since 1970. */
  clock(): number;
  readonly logger: Logger;
}

/**
 * Starts functions at the times of their crons. A changed registration replaces the schedule.
 *
 * A firing that cannot be stored is tried again until a newer one of the same cron takes its place, or the cron is gone.
 */
export class CronLoop {
  readonly #options: CronLoopOptions;
  #schedule: CronSchedule;
  /** The newest firing of each cron of each function, while it is not stored. */
  readonly #pending = new Map<string, Firing>();
  /** A registration between two ticks must not lose a firing between them. */
  #lastTickMs: number;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: CronLoopOptions) {
    this.#options = options;
    this.#lastTickMs = options.clock();
    this.#schedule = this.#build();
    options.registry.onChange(() => {
      this.#schedule = this.#build();
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #build(): CronSchedule {
    return new CronSchedule(this.#options.registry.list(), this.#lastTickMs);
  }

  #tick(): void {
    this.#lastTickMs = this.#options.clock();
    for (const firing of this.#schedule.takeDue(this.#lastTickMs)) {
      const key = `${firing.fn.id} ${firing.cron}`;
      const isBeingTried = this.#pending.has(key);
      this.#pending.set(key, firing);
      if (!isBeingTried) void this.#firePending(key);
    }
  }

  async #firePending(key: string): Promise<void> {
    const { intake, logger } = this.#options;
    while (!this.#isStopped) {
      const firing = this.#pending.get(key);
      if (firing === undefined) return;
      const fn = this.#presentFunction(firing);
      try {
        if (fn !== undefined) await intake.startFunction(fn, timerEvent(firing));
        if (this.#pending.get(key) === firing) this.#pending.delete(key);
      } catch (error) {
        logger.warn(
          // The loss of the database has been told in a line of its own.
          {
            ...(error instanceof DatabaseUnavailable ? { reason: error.message } : { err: error }),
            functionId: firing.fn.config.slug,
          },
          'Cannot start a cron function: trying again',
        );
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /** The function as it is registered now; undefined when it or this cron of it is gone. */
  #presentFunction({ fn, cron }: Firing): RegisteredFunction | undefined {
    const present = this.#options.registry.find(fn.id);
    if (present === undefined || present.isArchived) return undefined;
    return present.config.cronTriggers.some((trigger) => trigger.cron === cron) ? present : undefined;
  }
}

/** The event has the scheduled time as its id, so a firing that is tried again starts nothing twice. */
function timerEvent({ cron, scheduledMs, fireMs }: Firing): NewEvent {
  const externalId = isoSeconds(scheduledMs);
  return {
    id: newId(),
    externalId,
    name: internalEvent.timer,
    tsMs: fireMs,
    payload: canonicalJson({
      name: internalEvent.timer,
      id: externalId,
      ts: fireMs,
      user: {},
      data: { cron, scheduledAt: externalId, fireAt: isoSeconds(fireMs) },
    }),
  };
}

function isoSeconds(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
