/** A line of log; a pino logger fits. */
export interface SimulatorLogger {
  info(fields: object, message: string): void;
}

/** One request that the simulator answered. */
export interface Call {
  readonly method: string;
  /** `api`, or the real name of an asset host. */
  readonly host: string;
  /** Without the query: it may carry tokens. */
  readonly path: string;
  /** The path with its ids replaced, for example `/v1/courses/:id`; `*` on asset hosts. */
  readonly route: string;
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  /** UTC, ISO 8601. */
  readonly at: string;
}

export interface CallCounts {
  readonly total: number;
  /** API calls that were answered 429. */
  readonly rateLimited: number;
  /** By `METHOD host route`. */
  readonly routes: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
}

/** Every request since the start or the last reset, in the order of their answers. */
export class CallLog {
  readonly #now: () => number;
  #calls: Call[] = [];

  readonly #logger: SimulatorLogger | undefined;

  constructor(now: () => number, logger: SimulatorLogger | undefined) {
    this.#now = now;
    this.#logger = logger;
  }

  get all(): readonly Call[] {
    return this.#calls;
  }

  add(call: Omit<Call, 'at'>): void {
    this.#calls.push({ ...call, at: new Date(this.#now()).toISOString() });
    this.#logger?.info(call, 'Answered a request');
  }

  reset(): void {
    this.#calls = [];
  }

  count(): CallCounts {
    const routes: Record<string, number> = {};
    const statuses: Record<string, number> = {};
    for (const { method, host, route, status } of this.#calls) {
      const key = `${method} ${host} ${route}`;
      routes[key] = (routes[key] ?? 0) + 1;
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    const rateLimited = this.#calls.filter(({ host, status }) => host === 'api' && status === 429).length;
    return { total: this.#calls.length, rateLimited, routes, statuses };
  }
}
