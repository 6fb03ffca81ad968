import type { Logger } from 'pino';
import type { Intake } from '../intake/intake.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { internalEvent } from '../protocol/names.ts';
import type { Registry } from '../registry/registry.ts';
import { CronSchedule, type Firing } from './schedule.ts';

const tickMs = 250;
const retryMs = 1_000;

export interface CronLoopOptions {
  readonly registry: Registry;
  readonly intake: Intake;
  /** The time that crons follow, in ms since 1970. */
  clock(): number;
  readonly logger: Logger;
}

/** Starts functions at the times of their crons. A changed registration replaces the schedule. */
export class CronLoop {
  readonly #options: CronLoopOptions;
  #schedule: CronSchedule;
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
    for (const firing of this.#schedule.takeDue(this.#lastTickMs)) void this.#fire(firing);
  }

  /** The event has the scheduled time as its id, so a firing that is tried again starts nothing twice. */
  async #fire(firing: Firing): Promise<void> {
    const { intake, logger } = this.#options;
    const id = isoSeconds(firing.scheduledMs);
    const payload = canonicalJson({
      name: internalEvent.timer,
      id,
      ts: firing.fireMs,
      user: {},
      data: { cron: firing.cron, scheduledAt: id, fireAt: isoSeconds(firing.fireMs) },
    });
    while (!this.#isStopped) {
      try {
        const event = {
          id: newId(),
          externalId: id,
          name: internalEvent.timer,
          tsMs: firing.fireMs,
          payload,
        };
        await intake.startFunction(firing.fn, event);
        return;
      } catch (error) {
        logger.warn(
          { err: error, functionId: firing.fn.config.slug },
          'Cannot start a cron function: trying again',
        );
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }
}

function isoSeconds(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
