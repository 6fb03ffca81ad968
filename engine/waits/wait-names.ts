import type { Database } from '../store/database.ts';
import { indexable } from '../store/indexable.ts';

const slots = 65_536;

/**
 * Tells whether any step may be waiting for an event of a name, so that other events cost nothing more.
 *
 * It counts waits per hash of their name in a table of fixed size: two names may share a count, which makes it say "maybe"
 * too often, but never "no" wrongly.
 */
export class WaitNames {
  readonly #counts = new Uint32Array(slots);

  /** Counts the waits that earlier lives of the engine left. */
  async load(database: Database): Promise<void> {
    const rows = await database.readPatiently<{ name: string; count: number }>(
      `select name, count(*)::integer as count from engine.waits where kind = 'event' group by name`,
      [],
    );
    for (const { name, count } of rows) this.#change(name, count);
  }

  /** Has to be called before the wait is stored: an event that comes in at the same time must not be missed. */
  add(name: string): void {
    this.#change(name, 1);
  }

  /** To be called when the wait is gone from the database. */
  remove(name: string): void {
    this.#change(name, -1);
  }

  mayHave(name: string): boolean {
    return (this.#counts[slotOf(name)] ?? 0) > 0;
  }

  #change(name: string, difference: number): void {
    const slot = slotOf(name);
    this.#counts[slot] = Math.max(0, (this.#counts[slot] ?? 0) + difference);
  }
}

/** FNV-1a, 32 bits, folded to the size of the table. */
function slotOf(name: string): number {
  const text = indexable(name);
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return ((hash >>> 16) ^ hash) & (slots - 1);
}
