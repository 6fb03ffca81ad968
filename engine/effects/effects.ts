import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import { type Effect, type EffectKind, effectKey } from '../store/rows.ts';

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

/** Effects that are held in memory at most. The rest stays in the database until there is room. */
const maxHeld = 2_000;
const refillAt = 500;
/** A lane's effects that a handler gets at once. */
const batchSize = 200;

/**
 * Does what events still have to do after they were stored. An effect is stored with its event, and found again after a
 * restart. Those of one kind and target form a lane: they are carried out in order, many at once; lanes do not wait for each
 * other.
 */
export class Effects {
  readonly #options: EffectsOptions;
  readonly #lanes = new Map<string, { waiting: Effect[]; isBusy: boolean }>();
  readonly #held = new Set<string>();
  /** Effects that cannot be carried out. They stay in the database for the next life of the engine. */
  readonly #failed = new Set<string>();
  /** The database has effects that are not held. New ones queue up behind them, or the order would be lost. */
  #hasMore = true;
  #isRefilling = false;
  #isStopped = false;

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  /** Finds what is in the database and not known: at start, and when the database was away. */
  resume(): void {
    this.#hasMore = true;
    this.#refillIfLow();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Tells of effects that have just been stored. */
  carryOut(effects: readonly Effect[]): void {
    if (effects.length === 0 || this.#isStopped) return;
    const isOrderKnown = !this.#hasMore && !this.#isRefilling;
    if (!isOrderKnown || this.#held.size + effects.length > maxHeld) {
      this.#hasMore = true;
      this.#refillIfLow();
      return;
    }
    this.#accept(effects);
  }

  #accept(effects: readonly Effect[]): void {
    for (const effect of effects) {
      const key = effectKey(effect);
      if (this.#held.has(key)) continue;
      this.#held.add(key);
      const name = `${effect.kind}/${effect.target}`;
      const lane = this.#lanes.get(name) ?? { waiting: [], isBusy: false };
      this.#lanes.set(name, lane);
      lane.waiting.push(effect);
      if (!lane.isBusy) void this.#work(name, lane);
    }
  }

  async #work(name: string, lane: { waiting: Effect[]; isBusy: boolean }): Promise<void> {
    lane.isBusy = true;
    // Effects that arrive in the same turn are done together.
    await Promise.resolve();
    while (lane.waiting.length > 0 && !this.#isStopped) {
      const batch = lane.waiting.splice(0, batchSize);
      await this.#perform(batch);
      for (const effect of batch) this.#held.delete(effectKey(effect));
      this.#refillIfLow();
    }
    lane.isBusy = false;
    if (lane.waiting.length === 0) this.#lanes.delete(name);
  }

  async #perform(batch: readonly Effect[]): Promise<void> {
    try {
      const [first] = batch;
      if (first !== undefined) await this.#options.handlers[first.kind]?.(batch);
    } catch (error) {
      if (this.#isStopped) return;
      if (batch.length > 1) {
        for (const effect of batch) await this.#perform([effect]);
        return;
      }
      const [effect] = batch;
      this.#options.logger.error(
        { err: error, effect },
        'Cannot do what an event asks for: trying again after a restart',
      );
      for (const failed of batch) this.#failed.add(effectKey(failed));
    }
  }

  #refillIfLow(): void {
    if (!this.#hasMore || this.#isRefilling || this.#isStopped || this.#held.size > refillAt) return;
    void this.#refill();
  }

  /**
   * Nothing is done twice by being found here and told of too: an effect is done by a commit, which the writer makes after the
   * one that stored the effect, whose listeners have told of it by then.
   */
  async #refill(): Promise<void> {
    this.#isRefilling = true;
    try {
      this.#hasMore = false;
      const effects = await this.#options.database.readPatiently<Effect & Record<string, unknown>>(
        `select event_id as "eventId", kind, target, before_id as "beforeId" from engine.effects
         where not event_id || '/' || kind || '/' || target = any($1::text[]) order by before_id limit $2`,
        [[...this.#held, ...this.#failed], maxHeld],
      );
      if (effects.length >= maxHeld) this.#hasMore = true;
      this.#accept(effects);
    } catch (error) {
      if (this.#isStopped) return;
      this.#hasMore = true;
      this.#options.logger.error({ err: error }, 'Cannot read what events still have to do');
    } finally {
      this.#isRefilling = false;
    }
    this.#refillIfLow();
  }
}
