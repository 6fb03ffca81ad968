/** How many calls a key may make, in which window. */
export interface RateLimit {
  /** 0 = no limit. */
  readonly calls: number;
  readonly windowMs: number;
  readonly mode: 'fixed' | 'sliding';
}

export interface RateDecision {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until a call is possible again or the window ends (docs.teachable.com, "Rate limits"). */
  readonly resetSeconds: number;
}

/**
 * Counts the calls of each key. Fixed windows follow each other from the key's first call on; a sliding window is the last
 * `windowMs` at any moment. Refused calls do not count.
 */
export class RateLimiter {
  readonly #now: () => number;
  #windows = new Map<string, { anchor: number; index: number; used: number }>();
  #recent = new Map<string, number[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  reset(): void {
    this.#windows = new Map();
    this.#recent = new Map();
  }

  /** Counts one call, unless it is refused. */
  take(key: string, limit: RateLimit): RateDecision {
    return limit.mode === 'fixed' ? this.#takeFixed(key, limit) : this.#takeSliding(key, limit);
  }

  #takeFixed(key: string, { calls, windowMs }: RateLimit): RateDecision {
    const now = this.#now();
    const { anchor, ...last } = this.#windows.get(key) ?? { anchor: now, index: 0, used: 0 };
    const index = Math.floor((now - anchor) / windowMs);
    const used = index === last.index ? last.used : 0;
    const allowed = used < calls;
    this.#windows.set(key, { anchor, index, used: allowed ? used + 1 : used });
    const remaining = Math.max(0, calls - used - 1);
    return { allowed, limit: calls, remaining, resetSeconds: seconds(anchor + (index + 1) * windowMs - now) };
  }

  #takeSliding(key: string, { calls, windowMs }: RateLimit): RateDecision {
    const now = this.#now();
    const recent = (this.#recent.get(key) ?? []).filter((at) => at > now - windowMs);
    const allowed = recent.length < calls;
    if (allowed) recent.push(now);
    this.#recent.set(key, recent);
    const remaining = Math.max(0, calls - recent.length);
    // The call that has to leave the window; not the oldest when the limit has sunk.
    const leaving = recent[Math.max(0, recent.length - calls)] ?? now;
    return { allowed, limit: calls, remaining, resetSeconds: seconds(leaving + windowMs - now) };
  }
}

function seconds(durationMs: number): number {
  return Math.max(1, Math.ceil(durationMs / 1000));
}
