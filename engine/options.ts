import type { Logger } from 'pino';
import type { ServerKind } from './protocol/names.ts';

export interface EngineOptions {
  /** PostgreSQL, 14 or newer. The engine keeps everything in its own schema `engine`. */
  readonly databaseUrl: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** The engine listens on loopback only. */
  readonly host?: '127.0.0.1';
  /** Serve endpoints of apps. They are asked to register at start and from time to time; others have to do so by themselves. */
  readonly sdkUrls: readonly string[];
  /** Keys that senders of events may use. Any key is accepted in dev mode. */
  readonly eventKeys: readonly string[];
  /** Signs calls to apps and protects the API. Needed unless in dev mode. */
  readonly signingKey?: string;
  /** Unsigned calls, any event key, open API: for development on one machine. */
  readonly dev: boolean;
  /** A fixed wait before a retry, in ms, in place of the growing one; a day at most. For tests. */
  readonly retryIntervalMs?: number;
  /** Steps that a run may have at most; 1,000 unless given, 10,000 at most. */
  readonly maxStepsPerRun?: number;
  /** Calls to one app that are under way at the same time at most, 500 unless given and 10,000 at most; to all apps together twice as many. */
  readonly maxCallsInFlight?: number;
  /** How long a call to an app may take, in ms; two hours unless given. */
  readonly callTimeoutMs?: number;
  /** Runs and events are deleted when they ended so long ago, in ms; 30 days unless given, 100 years at most. */
  readonly historyMs?: number;
  /** Ended runs that are kept at most, and events; a million of each unless given. */
  readonly historyCount?: number;
  /** Opens the pages in a browser. Without one they are closed unless in dev mode. */
  readonly dashboardToken?: string;
  /** The clock that crons follow, in ms since 1970. For tests. */
  readonly cronClock?: () => number;
  /**
   * Waits while another engine works on the database, and takes over when that one is gone; without it the start fails then.
   * Several engines may stand by.
   */
  readonly standby?: boolean;
  /** A statement that PostgreSQL has not answered by then counts as lost, and its connection too, in ms; 30 s unless given. */
  readonly databaseTimeoutMs?: number;
  readonly logger?: Logger;
  /** Told when the engine cannot go on, as when another one took over its database. It has to be stopped and started again. */
  readonly onFatal?: (error: Error) => void;
}

export interface Engine {
  readonly port: number;
  /** Where apps reach the engine: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Ends within 5 s. Calls that are still under way then are made again after the next start. */
  stop(): Promise<void>;
}

export function serverKindOf(options: EngineOptions): ServerKind {
  return options.dev ? 'dev' : 'cloud';
}

/** Null in dev mode: nothing is signed then. */
export function signingKeyOf(options: EngineOptions): string | null {
  return options.dev ? null : (options.signingKey ?? null);
}
