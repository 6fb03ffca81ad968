import { defaultFaults, type FaultName, type Faults, parseFaults } from './switches.ts';
import { parseWhen } from './when.ts';

/** Calls are counted apart for each scope, so that `call:5` means the same with and without assets. */
export type FaultScope = 'api' | 'asset' | 'video';

/** One call, counted; ask it which faults strike it. */
export interface CountedCall {
  strikes(name: FaultName): boolean;
}

/** The values of the switches, and the counters by which faults are decided. */
export class FaultPlan {
  readonly #seed: number;
  readonly #initial: Faults;
  #values: Faults;
  #calls = new Map<FaultScope, number>();
  #repeats = new Map<string, number>();

  constructor(seed: number, initial: Partial<Faults>) {
    this.#seed = seed;
    this.#initial = { ...defaultFaults(), ...parseFaults(initial) };
    this.#values = this.#initial;
  }

  get values(): Readonly<Faults> {
    return this.#values;
  }

  /**
   * Changes the given switches and leaves the others.
   *
   * @throws {Error} when a name or a value is not valid; nothing is changed then.
   */
  set(values: Readonly<Record<string, unknown>>): void {
    this.#values = { ...this.#values, ...parseFaults(values) };
  }

  /** Back to the values of the start, counters at zero. */
  reset(): void {
    this.#values = this.#initial;
    this.#calls = new Map();
    this.#repeats = new Map();
  }

  count(scope: FaultScope, path: string): CountedCall {
    const call = (this.#calls.get(scope) ?? 0) + 1;
    this.#calls.set(scope, call);
    const key = `${scope} ${path}`;
    const repeat = (this.#repeats.get(key) ?? 0) + 1;
    this.#repeats.set(key, repeat);
    return {
      strikes: (name) => {
        const value = this.#values[name];
        if (value === 'never') return false;
        return parseWhen(value)?.({ seed: this.#seed, name, path, call, repeat }) ?? false;
      },
    };
  }
}
