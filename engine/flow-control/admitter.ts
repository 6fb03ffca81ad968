import type { Logger } from 'pino';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Registry } from '../registry/registry.ts';
import { findFirstAdmission, findFirstEvents } from '../store/flow-control.ts';
import type { Effect } from '../store/rows.ts';
import { toCandidate } from './candidate.ts';
import { Gate, type GateOptions } from './gate.ts';

export interface AdmitterOptions extends GateOptions {
  readonly registry: Pick<Registry, 'find'>;
  readonly logger: Logger;
}

/** What is read at once, unless a single event is larger. */
const maxReadBytes = 8 * 1024 * 1024;

const settlePollMs = 10;
/** An event that cannot be admitted until a restart must not hold up others for ever. */
const settlePatienceMs = 10_000;

/**
 * Admits events to functions with flow control, one function's events after another in the order in which they were received.
 *
 * Events are stored first, with an effect of the kind `admit`. The change that decides about an event deletes its effect, so
 * that each event is decided about once, whenever the engine stops.
 */
export class Admitter {
  readonly #options: AdmitterOptions;
  /** The end of what is done last for a function. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: AdmitterOptions) {
    this.#options = options;
  }

  /** Carries out effects of the kind `admit`, all of one function. */
  async carryOut(effects: readonly Effect[]): Promise<void> {
    const functionId = effects[0]?.target ?? '';
    await this.inTurn(functionId, async (fn) => {
      let rest = effects;
      while (rest.length > 0) rest = await this.#admitFirst(fn, rest);
    });
  }

  /** Waits until the events that were received before an id have been admitted to a function. */
  async settled(fn: RegisteredFunction, beforeId: string): Promise<void> {
    if (fn.admission === null) return;
    const deadlineMs = Date.now() + settlePatienceMs;
    while (Date.now() < deadlineMs) {
      const firstId = await findFirstAdmission(this.#options.database, fn.id);
      if (firstId === null || firstId > beforeId) return;
      await new Promise((resolve) => setTimeout(resolve, settlePollMs));
    }
  }

  /**
   * Makes runs of collections of a function that are due.
   *
   * @returns whether there was any that did not have to wait for events that were received before it was due
   */
  async fire(functionId: string, keys: readonly string[]): Promise<boolean> {
    return await this.inTurn(functionId, async (fn) => {
      const gate = new Gate(this.#options, fn);
      let isAny = true;
      if (fn.isArchived) await this.#dropCollections(gate, fn, keys);
      else isAny = await gate.fire(keys);
      await gate.commit();
      return isAny;
    });
  }

  /** Does something for a function when nothing else is done for it that has to do with its flow control. */
  async inTurn<T>(functionId: string, work: (fn: RegisteredFunction) => Promise<T>): Promise<T> {
    const fn = this.#options.registry.find(functionId);
    if (fn === undefined) throw new Error(`Cannot admit events to function "${functionId}": it is unknown`);
    const before = this.#turns.get(functionId) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => work(fn));
    this.#turns.set(functionId, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(functionId) === turn) this.#turns.delete(functionId);
    }
  }

  /** Admits as many of the first as fit into memory, and returns the others. */
  async #admitFirst(fn: RegisteredFunction, effects: readonly Effect[]): Promise<readonly Effect[]> {
    const ids = effects.map(({ eventId }) => eventId);
    const events = await findFirstEvents(this.#options.database, fn.id, ids, maxReadBytes);
    const last = events.at(-1)?.id;
    const count = last === undefined ? effects.length : ids.lastIndexOf(last) + 1;
    const found = new Map(events.map((event) => [event.id, event]));
    const gate = new Gate(this.#options, fn);
    const candidates = effects.slice(0, count).flatMap((effect) => {
      const event = found.get(effect.eventId);
      return event === undefined ? [] : [toCandidate(fn, effect, event)];
    });
    gate.discard(effects.slice(0, count).filter(({ eventId }) => !found.has(eventId)));
    await gate.admit(candidates);
    await gate.commit();
    return effects.slice(count);
  }

  async #dropCollections(gate: Gate, fn: RegisteredFunction, keys: readonly string[]): Promise<void> {
    this.#options.logger.warn(
      { functionId: fn.config.slug, keys: keys.length },
      'Function was removed: events that waited for it start nothing',
    );
    await gate.dropCollections(keys);
  }
}
