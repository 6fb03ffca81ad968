import { AppLanes } from './app-lanes.ts';
import type { Lane } from './lane.ts';
import { mayTake } from './places.ts';

/** Whose turn it is: apps take turns, and so do the functions of an app. Nobody gets all places, see `mayTake`. */
export class Turns {
  readonly #maxInFlightPerApp: number;
  readonly #apps = new Map<string, AppLanes>();
  /** Apps that may have something to do now, in the order of their turns. */
  readonly #turns = new Set<AppLanes>();
  /** Apps that have something to do but too many calls in flight, they themselves or one of their functions. */
  readonly #parked = new Set<AppLanes>();
  #inFlight = 0;

  constructor(maxInFlightPerApp: number) {
    this.#maxInFlightPerApp = maxInFlightPerApp;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  find(appId: string): AppLanes | undefined {
    return this.#apps.get(appId);
  }

  get(appId: string): AppLanes {
    const app = this.#apps.get(appId) ?? new AppLanes(appId);
    this.#apps.set(appId, app);
    return app;
  }

  /** A function may have something to do. */
  activate(lane: Lane): void {
    lane.app.ready.add(lane);
    this.#turns.add(lane.app);
  }

  /** An app that was away may be called again. */
  activateApp(app: AppLanes): void {
    this.#turns.add(app);
  }

  /** The function whose turn it is to start a job, or null if nobody may. Its turn is over with that. */
  next(nowMs: number): Lane | null {
    const free = 2 * this.#maxInFlightPerApp - this.#inFlight;
    while (free > 0) {
      const [app] = this.#turns;
      if (app === undefined) break;
      this.#turns.delete(app);
      const [lane] = app.ready;
      if (lane === undefined || !app.mayBeCalled(nowMs)) continue;

      const places = Math.min(this.#maxInFlightPerApp - app.inFlight, mayTake(app.inFlight, free));
      if (places <= 0) {
        this.#parked.add(app);
        continue;
      }
      app.ready.delete(lane);
      this.#turns.add(app);
      if (mayTake(lane.inFlight, places) > 0) return lane;
      app.parked.add(lane);
      this.#parked.add(app);
    }
    return null;
  }

  /** A call begins. Returns whether it is the one that tries if its app is back. */
  begin(lane: Lane): boolean {
    this.#inFlight += 1;
    lane.inFlight += 1;
    return lane.app.beginCall();
  }

  /** A call has ended: a place is free, and those that had too many calls in flight may go on. */
  end(lane: Lane): void {
    this.#inFlight -= 1;
    lane.inFlight -= 1;
    for (const app of this.#parked) {
      for (const parked of app.parked) app.ready.add(parked);
      app.parked.clear();
      this.#turns.add(app);
    }
    this.#parked.clear();
    this.activate(lane);
  }
}
