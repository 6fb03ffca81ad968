import { inspect } from 'node:util';
import { redacted } from '../jobs/redact.ts';

/** A secret in memory: shows itself to nobody (JSON, logs, `console`, templates) but to who asks by `reveal()`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself, for the one call that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
