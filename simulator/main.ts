import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { ApiKeys } from './api/api-keys.ts';
import type { ApiEnvironment } from './api/gateway.ts';
import { MonthlyQuota } from './api/monthly-quota.ts';
import { RateLimiter } from './api/rate-limiter.ts';
import { apiRoutes } from './api/routes.ts';
import { type Call, type CallCounts, CallLog, type SimulatorLogger } from './call-log.ts';
import { serveAsset } from './cdn/serve-asset.ts';
import { sampleSchool } from './content/sample-school.ts';
import type { SimulatorContext } from './context.ts';
import { controlRoutes } from './control.ts';
import { FaultPlan } from './faults/fault-plan.ts';
import type { Faults } from './faults/switches.ts';
import { hexadecimal } from './random.ts';
import { EditableSchool } from './school/editable-school.ts';
import { findAssetHost, localiseUrls } from './school/hosts.ts';
import type { School } from './school/school.ts';

export type { Call, CallCounts, SimulatorLogger } from './call-log.ts';
export { sampleSchool } from './content/sample-school.ts';
export { type Faults, parseFaultArguments } from './faults/switches.ts';
export { generateSchool } from './school/generate.ts';
export type * from './school/school.ts';

export interface SimulatorOptions {
  /** 0 = a free one. */
  readonly port: number;
  /** Default: the sample school. */
  readonly school?: School;
  /** Default: `sim-key`. */
  readonly apiKeys?: readonly string[];
  readonly faults?: Partial<Faults>;
  /** Orders and fractions follow from it; the same seed gives the same. Default 1. */
  readonly seed?: number;
  readonly logger?: SimulatorLogger;
  /** Milliseconds since 1970, for tests of windows and tokens. Default: the clock. */
  readonly now?: () => number;
}

export interface Simulator {
  readonly port: number;
  /** Base URL of the API, `http://127.0.0.1:PORT/v1`. */
  readonly apiUrl: string;
  /** Entries for `ALLOWED_PRIVATE_HOSTS`: the API and every asset host. */
  readonly allowedHosts: readonly string[];
  /** Every request so far, API and assets. */
  readonly calls: readonly Call[];
  readonly faults: FaultPlan;
  readonly school: EditableSchool;
  readonly keys: ApiKeys;
  countCalls(): CallCounts;
  /** The address here of an `https://` URL of a real asset host. */
  localUrl(realUrl: string): string;
  /** School, keys, faults and counters as they were at the start. */
  reset(): void;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

/**
 * Starts a simulated Teachable school on the loopback interface: API, asset hosts (told apart by the Host header) and the
 * control routes, all on one port.
 *
 * @throws {Error} when a fault is unknown or not valid, or with code `EADDRINUSE` when the port is taken.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { seed = 1, now = Date.now, logger } = options;
  let port = options.port;
  let sessions = 0;
  const simulator: SimulatorContext = {
    school: new EditableSchool(options.school ?? sampleSchool()),
    keys: new ApiKeys(options.apiKeys ?? ['sim-key']),
    faults: new FaultPlan(seed, options.faults ?? {}),
    rateLimiter: new RateLimiter(now),
    monthlyQuota: new MonthlyQuota(),
    calls: new CallLog(now, logger),
    seed,
    now,
    port: () => port,
    nextSession: () => {
      sessions += 1;
      return sessionId(seed, sessions);
    },
  };
  const reset = () => {
    for (const part of [
      simulator.school,
      simulator.keys,
      simulator.faults,
      simulator.rateLimiter,
      simulator.monthlyQuota,
      simulator.calls,
    ]) {
      part.reset();
    }
  };

  const api = getRequestListener(routes(simulator, reset).fetch);
  const server = createServer((request, response) => {
    const host = findAssetHost(request.headers.host ?? '');
    if (host === undefined) void api(request, response);
    else serveAsset(simulator, host, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('Cannot start simulator: it listens on no port');
  port = address.port;

  return {
    port,
    apiUrl: `http://127.0.0.1:${port}/v1`,
    allowedHosts: [`127.0.0.1:${port}`, `*.localhost:${port}`],
    get calls() {
      return simulator.calls.all;
    },
    faults: simulator.faults,
    school: simulator.school,
    keys: simulator.keys,
    countCalls: () => simulator.calls.count(),
    localUrl: (realUrl) => localiseUrls(realUrl, port),
    reset,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function routes(simulator: SimulatorContext, reset: () => void): Hono<ApiEnvironment> {
  const app = new Hono<ApiEnvironment>();
  app.use('/v1/*', async (c, next) => {
    await next();
    const { method, path } = c.req;
    const status = c.env.incoming.socket.destroyed ? 0 : c.res.status;
    simulator.calls.add({ method, host: 'api', path, route: path.replaceAll(/(?<=\/)\d+/g, ':id'), status });
  });
  app.route('/', apiRoutes(simulator));
  app.route('/_control', controlRoutes(simulator, reset));
  app.notFound((c) => c.json({ message: 'no Route matched with those values' }, 404));
  return app;
}

/** The `app` of a playable URL: in the form of a UUID, another one for every call. */
function sessionId(seed: number, number: number): string {
  const digits = hexadecimal(32, seed, 'session', number);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
