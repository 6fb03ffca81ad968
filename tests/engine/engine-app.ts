import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ClientOptions, Inngest, type InngestFunction } from 'inngest';
import { createServer } from 'inngest/node';
import { onTestFinished } from 'vitest';
import { type Engine, type EngineOptions, startEngine } from '../../engine/main.ts';
import { apiToken } from '../../engine/protocol/signing.ts';
import { createTestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';

export const testKeys = { eventKey: 'event-key-of-the-test', signingKey: 'signkey-test-0123456789abcdef' };

export interface RunAnswer {
  readonly run_id: string;
  readonly status: 'Running' | 'Completed' | 'Failed' | 'Cancelled' | 'Skipped';
  readonly output: unknown;
}

export interface TestBed {
  readonly engine: Engine;
  readonly client: Inngest;
  readonly appUrl: string;
  /** Asks the engine with the right token. */
  api(path: string, init?: RequestInit): Promise<Response>;
  /** Sends an event and returns the internal id. */
  send(event: { name: string; data?: Record<string, unknown>; id?: string; ts?: number }): Promise<string>;
  runsOf(eventId: string): Promise<readonly RunAnswer[]>;
  /** Waits until an event has so many runs and all have ended. */
  endedRuns(eventId: string, count?: number): Promise<readonly RunAnswer[]>;
}

export interface TestBedOptions {
  readonly signed?: boolean;
  readonly checkpointing?: boolean;
  readonly middleware?: ClientOptions['middleware'];
  readonly engine?: Partial<EngineOptions>;
  functions(client: Inngest): InngestFunction.Any[];
}

/** A real app on a real engine with a database of its own. All of it ends with the test. */
export async function startTestBed(options: TestBedOptions): Promise<TestBed> {
  const database = await createTestDatabase('empty');
  const engineOptions = testEngineOptions(database.url, options.signed ?? false);
  const app = await reserveApp();
  const engine = await startEngine({ ...engineOptions, sdkUrls: [app.url], ...options.engine });
  onTestFinished(() => engine.stop());

  const client = createClient(engine.url, options);
  await app.serve(client, options.functions(client));
  const bed = connect(engine, client, app.url);
  await waitFor(async () => functionCount(await bed.api('/dev')), { what: 'the registration of the app' });
  return bed;
}

export function testEngineOptions(databaseUrl: string, signed: boolean): EngineOptions {
  const base = { databaseUrl, port: 0, sdkUrls: [], retryIntervalMs: 20 };
  return signed
    ? { ...base, dev: false, eventKeys: [testKeys.eventKey], signingKey: testKeys.signingKey }
    : { ...base, dev: true, eventKeys: [] };
}

export function createClient(
  baseUrl: string,
  options: Pick<TestBedOptions, 'signed' | 'checkpointing' | 'middleware'> & {
    id?: string;
    signingKey?: string;
  } = {},
): Inngest {
  return new Inngest({
    id: options.id ?? 'shop',
    baseUrl,
    isDev: options.signed !== true,
    checkpointing: options.checkpointing ?? true,
    ...(options.middleware === undefined ? {} : { middleware: options.middleware }),
    eventKey: testKeys.eventKey,
    signingKey: options.signingKey ?? testKeys.signingKey,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

export function connect(engine: Engine, client: Inngest, appUrl: string): TestBed {
  const headers = { authorization: `Bearer ${apiToken(testKeys.signingKey)}` };
  const api = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, engine.url), { headers, ...init });
  const runsOf = async (eventId: string) => {
    const response = await api(`/v1/events/${eventId}/runs`);
    const answer = (await response.json()) as { data: readonly RunAnswer[] | null };
    return answer.data ?? [];
  };
  return {
    engine,
    client,
    appUrl,
    api,
    runsOf,
    async send(event) {
      const { ids } = await client.send(event);
      return ids[0] ?? '';
    },
    endedRuns: (eventId, count = 1) =>
      waitFor(
        async () => {
          const runs = await runsOf(eventId);
          return runs.length === count && runs.every((run) => run.status !== 'Running') ? runs : null;
        },
        { what: `the end of ${count} run(s) of event ${eventId}`, timeoutMs: 20_000 },
      ),
  };
}

export interface ServedApp {
  readonly url: string;
  serve(client: Inngest, functions: InngestFunction.Any[]): Promise<void>;
}

/** Takes a port for an app before there is an engine that its client could be told of. */
export async function reserveApp(): Promise<ServedApp> {
  let handle: (request: unknown, response: unknown) => void = () => undefined;
  const { createServer: createHttpServer } = await import('node:http');
  const server = createHttpServer((request, response) => handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/inngest`,
    async serve(client, functions) {
      const inner = createServer({ client, functions });
      handle = (request, response) => void inner.emit('request', request, response);
    },
  };
}

async function functionCount(response: Response): Promise<number | null> {
  const { functions } = (await response.json()) as { functions?: readonly unknown[] };
  return functions?.length || null;
}

/** Something that a test opens when others may go on. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
