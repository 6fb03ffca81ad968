import type { Logger } from 'pino';
import { shownUrl } from '../protocol/shown-url.ts';
import type { Refusal } from './ask-app.ts';

/** An app that has registered, in this life of the engine or an earlier one. */
export interface KnownApp {
  readonly name: string;
  readonly url: string;
}

/**
 * Which apps are there. Calls and requests to register both notice a change; it is told once, by whoever notices it first.
 * Times are on the clock of `performance.now()`.
 */
export class Attendance {
  readonly #findApp: (url: string) => KnownApp | undefined;
  readonly #logger: Logger;
  /** Apps that have registered in this life, by name. */
  readonly #registered = new Set<string>();
  /** Why functions of apps cannot be taken. */
  readonly #refusals = new Map<string, string>();
  /** Apps that answer and do not register again. */
  readonly #reluctant = new Set<string>();
  /** Since when nobody answers calls, and requests to register. */
  readonly #uncalled = new Map<string, number>();
  readonly #unasked = new Map<string, number>();

  /** Why calls found nobody, until something is heard of the app. */
  readonly #reasons = new Map<string, string>();

  /** @param parts.findApp finds the app that is served at an address */
  constructor(parts: { findApp(url: string): KnownApp | undefined; logger: Logger }) {
    this.#findApp = parts.findApp;
    this.#logger = parts.logger;
  }

  /** Why nobody answered when the app was last called. Null if somebody did, or the app has registered since. */
  whyAway(appName: string): string | null {
    return this.#reasons.get(appName) ?? null;
  }

  registered(app: KnownApp, functions: number, isModified: boolean): void {
    const { name } = app;
    const facts = { ...shown(app), functions };
    if (isModified) this.#logger.info(facts, 'App has registered its functions');
    else if (!this.#registered.has(name) && !this.#isKnownAway(name))
      this.#logger.info(facts, 'App is registered');
    this.#registered.add(name);
    this.#refusals.delete(name);
    this.#reasons.delete(name);
    if (isModified) this.#reluctant.delete(name);
  }

  /** What an app has registered cannot be taken. */
  refused(appName: string, reason: string): void {
    if (this.#refusals.get(appName) === reason) return;
    this.#refusals.set(appName, reason);
    this.#logger.warn({ app: appName, reason }, 'Refused the registration of an app');
  }

  /** An app answers differently than before when it is asked to register. */
  asked(url: string, refusal: Refusal | null): void {
    const app = this.#findApp(url);
    if (refusal === null) {
      if (app !== undefined) this.#askedWell(app);
      return;
    }
    const reason = refusal.problem;
    if (app === undefined) {
      this.#logger.warn({ url: shownUrl(url), reason }, 'App is not registered: trying again');
    } else if (refusal.kind === 'away') {
      this.#noteAway(this.#unasked, app, reason);
    } else {
      this.#logger.warn(
        { ...shown(app), reason },
        'App does not register again: its functions stay as they are',
      );
      this.#reluctant.add(app.name);
    }
  }

  /** Nobody answers a call. */
  calledInVain(app: KnownApp, reason: string): void {
    this.#reasons.set(app.name, reason);
    this.#noteAway(this.#uncalled, app, reason);
  }

  /** A call was answered. One that began before the app was away does not say that it is back. */
  answered(app: KnownApp, calledAtMs: number): void {
    this.#reasons.delete(app.name);
    const awaySinceMs = Math.max(this.#uncalled.get(app.name) ?? 0, this.#unasked.get(app.name) ?? 0);
    if (awaySinceMs === 0 || calledAtMs < awaySinceMs) return;
    this.#uncalled.delete(app.name);
    this.#unasked.delete(app.name);
    this.#logger.info(shown(app), 'App is back');
  }

  #askedWell(app: KnownApp): void {
    const wasReluctant = this.#reluctant.delete(app.name);
    const wasAway = this.#unasked.delete(app.name);
    // Whoever registers at one address may be called at another, where nobody answers yet.
    if (wasAway && !this.#uncalled.has(app.name)) this.#logger.info(shown(app), 'App is back');
    else if (wasReluctant) this.#logger.info(shown(app), 'App registers again');
  }

  #noteAway(since: Map<string, number>, app: KnownApp, reason: string): void {
    if (!this.#isKnownAway(app.name))
      this.#logger.warn({ ...shown(app), reason }, 'App is away: its jobs wait');
    if (!since.has(app.name)) since.set(app.name, performance.now());
  }

  #isKnownAway(appName: string): boolean {
    return this.#uncalled.has(appName) || this.#unasked.has(appName);
  }
}

function shown({ name, url }: KnownApp): { app: string; url: string } {
  return { app: name, url: shownUrl(url) };
}
