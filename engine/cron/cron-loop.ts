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
  readonly registry: Pick<Registry, 'list' | 'onChange'>;
  readonly intake: Pick<Intake, 'startFunction'>;
  /** The time that crons follow, in ms since 1970. */
  clock(): number;
  readonly logger: Logger;
}

/**
 * Starts functions at the times of their crons. A changed registration replaces the schedule. What cannot be started is tried
 * until the next time of its cron: what was missed by then is not made up.
 */
export class CronLoop {
  readonly #options: CronLoopOptions;
  #schedule: CronSchedule;
  /** A registration between two ticks must not lose a firing between them. */
  #lastTickMs: number;
  /** The newest firing of each function and cron that has not been started yet. */
  readonly #pending = new Map<string, Firing>();
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: CronLoopOptions) {
    this.#options = options;
    this.#lastTickMs = options.clock();
    this.#schedule = this.#build();
    options.registry.onChange(() => {
      this.#schedule = this.#build();
      this.#dropOutdated();
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
      const key = keyOf(firing);
      const isTried = this.#pending.has(key);
      this.#pending.set(key, firing);
      if (!isTried) void this.#fireNewest(key);
    }
  }

  #dropOutdated(): void {
    const crons = this.#options.registry
      .list()
      .flatMap((fn) => fn.config.cronTriggers.map(({ cron }) => keyOf({ fn, cron })));
    const known = new Set(crons);
    for (const key of this.#pending.keys()) if (!known.has(key)) this.#pending.delete(key);
  }

  async #fireNewest(key: string): Promise<void> {
    while (!this.#isStopped) {
      const firing = this.#pending.get(key);
      if (firing === undefined) return;
      const isStarted = await this.#tryFire(firing);
      if (!isStarted) await new Promise((resolve) => setTimeout(resolve, retryMs));
      else if (this.#pending.get(key) === firing) this.#pending.delete(key);
    }
  }

  /** The event has the scheduled time as its id, so a firing that is tried again starts nothing twice. */
  async #tryFire(firing: Firing): Promise<boolean> {
    const { intake, logger } = this.#options;
    const id = isoSeconds(firing.scheduledMs);
    const payload = canonicalJson({
      name: internalEvent.timer,
      id,
      ts: firing.fireMs,
      user: {},
      data: { cron: firing.cron, scheduledAt: id, fireAt: isoSeconds(firing.fireMs) },
    });
    try {
      const event = { id: newId(), externalId: id, name: internalEvent.timer, tsMs: firing.fireMs, payload };
      await intake.startFunction(firing.fn, event);
      return true;
    } catch (error) {
      logger.warn(
        { err: error, functionId: firing.fn.config.slug },
        'Cannot start a cron function: trying again',
      );
      return false;
    }
  }
}

function keyOf({ fn, cron }: Pick<Firing, 'fn' | 'cron'>): string {
  return `${fn.id} ${cron}`;
}

function isoSeconds(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
