import { isWildcard, patternsOf } from './event-pattern.ts';
import type { RegisteredFunction } from './registered-function.ts';

/** Functions by the names of events that concern them, or patterns of such names. */
export class EventIndex {
  readonly #functions = new Map<string, RegisteredFunction[]>();
  readonly #hasWildcards: boolean;

  constructor(
    functions: readonly RegisteredFunction[],
    namesOf: (fn: RegisteredFunction) => readonly { readonly event: string }[],
  ) {
    for (const fn of functions) {
      for (const event of new Set(namesOf(fn).map((item) => item.event))) {
        const group = this.#functions.get(event) ?? [];
        group.push(fn);
        this.#functions.set(event, group);
      }
    }
    this.#hasWildcards = [...this.#functions.keys()].some(isWildcard);
  }

  /** Each function once, however many of its names match. */
  find(eventName: string): readonly RegisteredFunction[] {
    if (!this.#hasWildcards) return this.#functions.get(eventName) ?? [];
    return [...new Set(patternsOf(eventName).flatMap((pattern) => this.#functions.get(pattern) ?? []))];
  }
}
