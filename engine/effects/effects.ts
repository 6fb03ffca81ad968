import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import type { Effect, EffectKind } from '../store/rows.ts';

/**
 * Carries out effects of one kind and target, in the order in which their events were received, and deletes them: with the
 * last change that they bring about, so that a repetition after a crash brings nothing about twice.
 */
export type EffectHandler = (effects: readonly Effect[]) => Promise<void>;

export interface EffectsOptions {
  readonly database: Database;
  readonly handlers: Readonly<Partial<Record<EffectKind, EffectHandler>>>;
  readonly logger: Logger;
}

/** Effects of one kind and target. */
interface Lane {
  readonly kind: EffectKind;
  readonly target: string;
  readonly waiting: Effect[];
  /**
   * Event ids of the effects that are known: that wait, are being carried out, or cannot be carried out. The last stay in the
   * database for the next life of the engine.
   */
  readonly held: Set<string>;
  isBusy: boolean;
  /** The database has effects that are not held. New ones queue up behind them, or the order would be lost. */
  hasMore: boolean;
  isRefilling: boolean;
}

/** Effects of a lane that wait in memory at most. The rest stays in the database until there is room. */
const maxWaiting = 500;
const refillAt = 100;
/** A lane's effects that a handler gets at once. */
const batchSize = 200;

/**
 * Does what events still have to do after they were stored. An effect is stored with its event, and found again after a
 * restart. Those of one kind and target form a lane: they are carried out in order, many at once; lanes do not wait for each
 * other.
 */
export class Effects {
  readonly #options: EffectsOptions;
  readonly #lanes = new Map<string, Lane>();
  /** Whether all lanes are known that have effects in the database. */
  #areLanesKnown = false;
  #isStopped = false;

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  /** Finds what is in the database and not known: at start, and when the database was away. */
  resume(): void {
    this.#areLanesKnown = false;
    this.#findLanes().catch((error: unknown) => this.#report(error));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Whether there may be effects of this kind and target that have not been carried out. */
  hasPending(kind: EffectKind, target: string): boolean {
    return !this.#areLanesKnown || this.#lanes.has(`${kind}/${target}`);
  }

  /** Tells of effects that have just been stored. */
  carryOut(effects: readonly Effect[]): void {
    if (this.#isStopped) return;
    for (const effect of effects) {
      const lane = this.#lane(effect.kind, effect.target);
      const isOrderKnown = this.#areLanesKnown && !lane.hasMore && !lane.isRefilling;
      if (isOrderKnown && lane.waiting.length < maxWaiting) {
        this.#accept(lane, [effect]);
      } else {
        lane.hasMore = true;
        this.#refillIfLow(lane);
      }
    }
  }

  async #findLanes(): Promise<void> {
    const rows = await this.#options.database.readPatiently<{ kind: EffectKind; target: string }>(
      'select distinct kind, target from engine.effects',
      [],
    );
    this.#areLanesKnown = true;
    for (const { kind, target } of rows) {
      const lane = this.#lane(kind, target);
      lane.hasMore = true;
      this.#refillIfLow(lane);
    }
  }

  #lane(kind: EffectKind, target: string): Lane {
    const name = `${kind}/${target}`;
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = {
        kind,
        target,
        waiting: [],
        held: new Set(),
        isBusy: false,
        hasMore: false,
        isRefilling: false,
      };
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #accept(lane: Lane, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (lane.held.has(effect.eventId)) continue;
      lane.held.add(effect.eventId);
      lane.waiting.push(effect);
    }
    if (!lane.isBusy && lane.waiting.length > 0) void this.#work(lane);
  }

  async #work(lane: Lane): Promise<void> {
    lane.isBusy = true;
    // Effects that arrive in the same turn are done together.
    await Promise.resolve();
    while (lane.waiting.length > 0 && !this.#isStopped) {
      const batch = lane.waiting.splice(0, batchSize);
      for (const { eventId } of await this.#perform(batch)) lane.held.delete(eventId);
      this.#refillIfLow(lane);
    }
    lane.isBusy = false;
    const isIdle = lane.held.size === 0 && !lane.hasMore && !lane.isRefilling;
    if (isIdle) this.#lanes.delete(`${lane.kind}/${lane.target}`);
  }

  /** @returns the effects that were carried out */
  async #perform(batch: readonly Effect[]): Promise<readonly Effect[]> {
    const [first, ...others] = batch;
    if (first === undefined) return [];
    try {
      await this.#options.handlers[first.kind]?.(batch);
      return batch;
    } catch (error) {
      if (this.#isStopped) return [];
      if (others.length > 0) {
        const done: Effect[] = [];
        for (const effect of batch) done.push(...(await this.#perform([effect])));
        return done;
      }
      this.#options.logger.error(
        { err: error, effect: first },
        'Cannot do what an event asks for: trying again after a restart',
      );
      return [];
    }
  }

  #refillIfLow(lane: Lane): void {
    if (!lane.hasMore || lane.isRefilling || this.#isStopped || lane.waiting.length > refillAt) return;
    this.#refill(lane).catch((error: unknown) => this.#report(error));
  }

  /**
   * Nothing is done twice by being found here and told of too: an effect is done by a commit, which the writer makes after the
   * one that stored the effect, whose listeners have told of it by then.
   */
  async #refill(lane: Lane): Promise<void> {
    lane.isRefilling = true;
    lane.hasMore = false;
    try {
      const effects = await this.#options.database.readPatiently<Effect & Record<string, unknown>>(
        `select event_id as "eventId", kind, target, before_id as "beforeId" from engine.effects
         where kind = $1 and target = $2 and not event_id = any($3::text[]) order by before_id limit $4`,
        [lane.kind, lane.target, [...lane.held], maxWaiting],
      );
      if (effects.length >= maxWaiting) lane.hasMore = true;
      this.#accept(lane, effects);
    } catch (error) {
      lane.hasMore = true;
      throw error;
    } finally {
      lane.isRefilling = false;
    }
    this.#refillIfLow(lane);
  }

  #report(error: unknown): void {
    if (!this.#isStopped)
      this.#options.logger.error({ err: error }, 'Cannot read what events still have to do');
  }
}
