import type { Lane } from './lane.ts';

/** The functions of one app, which share its places. */
export class AppLanes {
  readonly id: string;
  inFlight = 0;
  /** Lanes that may have something to do now, in the order of their turns. */
  readonly ready = new Set<Lane>();
  /** Lanes that have something to do but too many calls in flight already. */
  readonly parked = new Set<Lane>();
  /** When the app was found away last, in ms since 1970. */
  #awaySinceMs = 0;
  /** When the app may be tried again, in ms since 1970; null while it is there. */
  #triedAgainAtMs: number | null = null;
  #isProbed = false;
  /** Failed tries since it was last there. */
  #failures = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** An app that is away is called by one job at a time, when it is time to try. The others wait. */
  mayBeCalled(nowMs: number): boolean {
    if (this.#triedAgainAtMs === null) return true;
    // A clock that was put back must not prolong the wait.
    const isOver = nowMs >= this.#triedAgainAtMs || nowMs < this.#awaySinceMs;
    return isOver && !this.#isProbed;
  }

  /** A call begins. Returns whether it is the one that tries if the app is back. */
  beginCall(): boolean {
    this.inFlight += 1;
    this.#isProbed ||= this.#triedAgainAtMs !== null;
    return this.#isProbed;
  }

  /**
   * A call has ended.
   *
   * @param delayMs how long to wait after so many failed tries before the next one
   * @returns when the app may be tried again if this call has found it away
   */
  endCall(
    call: { readonly app: 'answered' | 'away' | 'not called'; readonly isProbe: boolean },
    nowMs: number,
    delayMs: (failures: number) => number,
  ): number | null {
    this.inFlight -= 1;
    if (call.isProbe) this.#isProbed = false;
    if (call.app === 'answered') {
      this.#triedAgainAtMs = null;
      this.#failures = 0;
    }
    // Calls that were under way together fail together. That is one failure.
    if (call.app !== 'away' || (this.#triedAgainAtMs !== null && !call.isProbe)) return null;
    this.#awaySinceMs = nowMs;
    this.#triedAgainAtMs = nowMs + delayMs(this.#failures);
    this.#failures += 1;
    return this.#triedAgainAtMs;
  }

  /** Somebody has heard from the app: it may be tried at once. */
  tryAgain(): void {
    if (this.#triedAgainAtMs !== null) this.#triedAgainAtMs = 0;
    this.#isProbed = false;
  }
}
