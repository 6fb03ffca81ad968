import { idTimeMs } from '../protocol/ids.ts';
import { matchesPattern } from '../registry/event-pattern.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { RunningRun } from '../store/running-runs.ts';
import { demandedKey, keyOf } from '../waits/event-match.ts';
import type { MatchKey } from '../waits/wait.ts';
import type { Arrival } from './arrivals.ts';

type CancelRule = RegisteredFunction['cancels'][number];

/**
 * Events that cancel runs of a function. Where a rule demands that they have a value of the run's, only those that have it are
 * looked at: many runs and many events do not have to be compared each with each.
 */
export class CancellingEvents {
  readonly #rules: readonly RuleEvents[];

  constructor(fn: Pick<RegisteredFunction, 'cancels'>, arrivals: readonly Arrival[]) {
    this.#rules = fn.cancels.map((rule) => new RuleEvents(rule, arrivals));
  }

  /** Whether one of the events cancels the run. The event that triggered it does not. */
  cancel(run: RunningRun): boolean {
    const event = this.#rules.some(({ asksForTrigger }) => asksForTrigger) ? JSON.parse(run.payload) : null;
    return this.#rules.some((rule) => rule.cancel(run, event));
  }
}

/** The events that one rule is about. */
class RuleEvents {
  readonly #rule: CancelRule;
  readonly #arrivals: readonly Arrival[];
  /** By path and value. */
  readonly #byPath = new Map<string, ReadonlyMap<string, readonly Arrival[]>>();

  constructor(rule: CancelRule, arrivals: readonly Arrival[]) {
    this.#rule = rule;
    this.#arrivals = arrivals.filter(({ name }) => matchesPattern(rule.event, name));
  }

  get asksForTrigger(): boolean {
    return this.#rule.expression !== null && this.#arrivals.length > 0;
  }

  cancel(run: RunningRun, event: unknown): boolean {
    const { expression, timeoutMs, untilMs } = this.#rule;
    if (this.#arrivals.length === 0) return false;
    const key = expression === null ? null : demandedKey(expression, event);
    return this.#find(key).some(
      ({ beforeId, eventId, receivedAtMs, value }) =>
        run.id < beforeId &&
        eventId !== run.eventId &&
        (timeoutMs === null || receivedAtMs - idTimeMs(run.id) <= timeoutMs) &&
        (untilMs === null || receivedAtMs <= untilMs) &&
        (expression === null || expression.isTrue({ event, async: value })),
    );
  }

  #find(key: MatchKey | null): readonly Arrival[] {
    if (key === null) return this.#arrivals;
    const known = this.#byPath.get(key.path);
    const byValue = known ?? groupByValue(key.path, this.#arrivals);
    if (known === undefined) this.#byPath.set(key.path, byValue);
    return byValue.get(key.valueHash) ?? [];
  }
}

function groupByValue(path: string, arrivals: readonly Arrival[]): ReadonlyMap<string, readonly Arrival[]> {
  const groups = new Map<string, Arrival[]>();
  for (const arrival of arrivals) {
    const key = keyOf(path, arrival.value);
    if (key === null) continue;
    const group = groups.get(key.valueHash) ?? [];
    group.push(arrival);
    groups.set(key.valueHash, group);
  }
  return groups;
}
