import { mayTake } from '../scheduler/places.ts';

interface Entry {
  readonly bytes: number;
  enter(): void;
}

/**
 * Room in memory that apps share, in bytes. One that takes much and never gives it back leaves some for the others: each may
 * take more as long as it holds little of what is left.
 */
export class SharedRoom {
  readonly #size: number;
  readonly #held = new Map<string, number>();
  /** Of each app that waits for room, first come first served. */
  readonly #waiting = new Map<string, Entry[]>();
  #used = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get used(): number {
    return this.#used;
  }

  /** Takes room, as soon as there is some for the app. */
  enter(appId: string, bytes: number): Promise<void> {
    return new Promise((resolve) => {
      const entries = this.#waiting.get(appId) ?? [];
      entries.push({ bytes, enter: resolve });
      this.#waiting.set(appId, entries);
      this.#letIn();
    });
  }

  /** An app takes more at once, whether there is room or not, or gives some back. */
  resize(appId: string, bytes: number): void {
    this.#used += bytes;
    const held = this.#heldBy(appId) + bytes;
    if (held > 0) this.#held.set(appId, held);
    else this.#held.delete(appId);
    if (bytes < 0) this.#letIn();
  }

  #letIn(): void {
    for (;;) {
      const appId = this.#nextApp();
      if (appId === undefined) return;
      const entries = this.#waiting.get(appId) ?? [];
      const entry = entries.shift();
      if (entries.length === 0) this.#waiting.delete(appId);
      if (entry === undefined) return;
      this.resize(appId, entry.bytes);
      entry.enter();
    }
  }

  /**
   * The app that gets in next: of those that fit the one that holds least. One that does not fit keeps out those that would
   * hold as much as it asks for, so that they do not take for ever what becomes free; all others pass it by.
   */
  #nextApp(): string | undefined {
    const free = this.#size - this.#used;
    let wanted = Number.POSITIVE_INFINITY;
    const apps = [...this.#waiting.keys()].sort((a, b) => this.#heldBy(a) - this.#heldBy(b));
    for (const appId of apps) {
      const held = this.#heldBy(appId);
      const bytes = this.#waiting.get(appId)?.[0]?.bytes ?? 0;
      if (held + bytes >= wanted) continue;
      if (bytes <= mayTake(held, free)) return appId;
      wanted = held + bytes;
    }
    return undefined;
  }

  #heldBy(appId: string): number {
    return this.#held.get(appId) ?? 0;
  }
}
