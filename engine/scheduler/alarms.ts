/** Longest wait of a timer; what is later is looked at again then. */
const maxWaitMs = 60_000;

interface Alarm {
  readonly atMs: number;
  readonly name: string;
}

/** Wakes many by one timer. Each name has one alarm at most: the earliest that was asked for. */
export class Alarms {
  readonly #ring: (name: string) => void;
  readonly #times = new Map<string, number>();
  /** A binary heap, earliest first. Alarms that are no longer in `#times` are skipped. */
  readonly #heap: Alarm[] = [];
  #timer: NodeJS.Timeout | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;

  /** @param ring called with a name at its time, not before */
  constructor(ring: (name: string) => void) {
    this.#ring = ring;
  }

  set(name: string, atMs: number): void {
    if (atMs >= (this.#times.get(name) ?? Number.POSITIVE_INFINITY)) return;
    this.#times.set(name, atMs);
    this.#push({ atMs, name });
    this.#arm();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#times.clear();
    this.#heap.length = 0;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.atMs >= this.#timerAtMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAtMs = first.atMs;
    const waitMs = Math.min(Math.max(first.atMs - Date.now(), 0), maxWaitMs);
    this.#timer = setTimeout(() => this.#onTimer(), waitMs);
  }

  #onTimer(): void {
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = Date.now();
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= nowMs; first = this.#heap[0]) {
      this.#pop();
      if (this.#times.get(first.name) !== first.atMs) continue;
      this.#times.delete(first.name);
      this.#ring(first.name);
    }
    this.#arm();
  }

  #push(alarm: Alarm): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(alarm);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.atMs <= alarm.atMs) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = alarm;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      const child = b !== undefined && a !== undefined && b.atMs < a.atMs ? left + 1 : left;
      const below = heap[child];
      if (below === undefined || below.atMs >= last.atMs) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}
