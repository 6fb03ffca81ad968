import type { Database } from '../store/database.ts';
import type { Writer } from '../store/writer.ts';

/** A database that takes longer is not ready, whatever it answers then. */
const databaseTimeoutMs = 2_000;

/** Whether the engine can take work. */
export class Readiness {
  readonly #writer: Writer;
  readonly #database: Database;

  constructor(parts: { readonly writer: Writer; readonly database: Database }) {
    this.#writer = parts.writer;
    this.#database = parts.database;
  }

  /** Why nothing can be written, as far as is known without asking the database; null if it can. */
  whyNotWriting(): string | null {
    if (!this.#writer.isAvailable) return 'The database takes no writes: waiting for it';
    if (!this.#database.isInCharge)
      return 'The database was not heard of for a while: another engine may have taken over';
    return null;
  }

  /** Why no work can be taken; null if it can. */
  async whyNotReady(): Promise<string | null> {
    const reason = this.whyNotWriting();
    if (reason !== null) return reason;
    return (await this.#doesDatabaseAnswer()) ? null : 'The database does not answer: waiting for it';
  }

  async #doesDatabaseAnswer(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), databaseTimeoutMs);
    });
    const answer = this.#database.read('select 1', []).then(
      () => true,
      () => false,
    );
    const isAnswered = await Promise.race([answer, timeout]);
    clearTimeout(timer);
    return isAnswered;
  }
}
