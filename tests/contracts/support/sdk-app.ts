import { randomUUID } from 'node:crypto';
import { type ClientOptions, Inngest, type InngestFunction } from 'inngest';
import { serve } from 'inngest/edge';
import { serve as serveStreaming } from 'inngest/remix';
import { waitFor } from '../../support/wait.ts';
import { patienceMs, type ServerMode, type ServerUnderTest, serverUnderTest } from '../server-under-test.ts';
import { type Call, readCall } from './call.ts';
import { type AppRequest, openEndpoint } from './endpoint.ts';
import { type EndedRun, waitForEnd } from './server-api.ts';

export interface SentEvent {
  /** Without the app's prefix. */
  readonly name: string;
  readonly data?: Record<string, unknown>;
  readonly id?: string;
  readonly ts?: number;
}

/** What functions are made from: names that no other test uses. */
export interface AppParts {
  readonly client: Inngest;
  /** The app's own name of an event: `event('paid')` is `app-1a2b/paid`. */
  event(name: string): string;
  /** The slug of one of the app's functions. */
  slug(functionId: string): string;
}

/** A real app, made with the SDK, that is registered with the server under test. */
export interface SdkApp extends AppParts {
  readonly id: string;
  readonly url: string;
  readonly server: ServerUnderTest;
  /** All calls to functions so far, in the order in which they came. */
  readonly calls: readonly Call[];
  send(event: SentEvent): Promise<string>;
  sendAll(events: readonly SentEvent[]): Promise<readonly string[]>;
  /** Calls to a function so far. */
  callsOf(functionId: string): readonly Call[];
  /** Waits for the run that an event starts, and returns its id. */
  runId(eventId: string, functionId?: string): Promise<string>;
  /** Waits until the run that an event starts has ended. */
  ended(eventId: string, functionId?: string): Promise<EndedRun>;
  /** Sends an event and waits for the end of the run that it starts. */
  run(event: SentEvent, functionId?: string): Promise<EndedRun>;
  /** Serves and registers other functions in place of those before. */
  replace(define: (parts: AppParts) => InngestFunction.Any[]): Promise<void>;
}

export interface SdkAppOptions extends Pick<ClientOptions, 'checkpointing' | 'optimizeParallelism'> {
  readonly mode?: ServerMode;
  readonly server?: ServerUnderTest;
  readonly streaming?: boolean;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Serves functions on a free port and registers them by asking the app to, as a deployment does. */
export async function startApp(
  define: (parts: AppParts) => InngestFunction.Any[],
  options: SdkAppOptions = {},
): Promise<SdkApp> {
  const { mode, server = await serverUnderTest(mode), streaming, ...clientOptions } = options;
  const id = `app-${randomUUID().slice(0, 8)}`;
  const client = new Inngest({
    id,
    baseUrl: server.url,
    isDev: server.signingKey === null,
    eventKey: server.eventKey,
    ...(server.signingKey === null ? {} : { signingKey: server.signingKey }),
    logger: silent,
    ...clientOptions,
  });
  const parts: AppParts = {
    client,
    event: (name) => `${id}/${name}`,
    slug: (functionId) => `${id}-${functionId}`,
  };

  const handlerOf = (functions: InngestFunction.Any[]): ((request: Request) => Promise<Response>) => {
    if (!streaming) return serve({ client, functions });
    const handle = serveStreaming({ client, functions, streaming });
    return (request) => handle({ request });
  };
  let handler = handlerOf(define(parts));
  const calls: Call[] = [];
  const endpoint = await openEndpoint(async (request) => {
    if (request.method !== 'POST' || request.url.searchParams.has('probe')) return handler(toFetch(request));
    const call = readCall(request);
    calls.push(call);
    const response = await handler(toFetch(request));
    if (!streaming) {
      call.answer = {
        status: response.status,
        headers: response.headers,
        text: await response.clone().text(),
      };
    }
    return response;
  });
  await register(endpoint.url);

  const send = async (events: readonly SentEvent[]) => {
    const { ids } = await client.send(events.map((event) => ({ ...event, name: parts.event(event.name) })));
    return ids;
  };
  const isOf = (call: Call, eventId: string, functionId: string | undefined) =>
    (functionId === undefined || call.slug === parts.slug(functionId)) &&
    call.body.events.some((event) => event.id === eventId);

  const app: SdkApp = {
    ...parts,
    id,
    url: endpoint.url,
    server,
    calls,
    sendAll: send,
    send: async (event) => (await send([event]))[0] ?? '',
    callsOf: (functionId) => calls.filter((call) => call.slug === parts.slug(functionId)),
    runId: (eventId, functionId) =>
      waitFor(() => calls.find((call) => isOf(call, eventId, functionId))?.body.ctx.run_id, {
        what: `a call for event ${eventId}`,
        timeoutMs: patienceMs,
      }),
    ended: async (eventId, functionId) => waitForEnd(server, await app.runId(eventId, functionId)),
    run: async (event, functionId) => {
      const eventId = await app.send(event);
      return app.ended(event.id ?? eventId, functionId);
    },
    async replace(defineOthers) {
      handler = handlerOf(defineOthers(parts));
      await register(endpoint.url);
    },
  };
  return app;
}

/** @throws {Error} with the server's reason when it does not take the functions */
async function register(appUrl: string): Promise<void> {
  const response = await fetch(appUrl, { method: 'PUT' });
  if (!response.ok) throw new Error(`Cannot register the app: ${await response.text()}`);
}

function toFetch({ method, url, headers, text }: AppRequest): Request {
  const { connection: _, 'transfer-encoding': __, ...kept } = headers;
  return new Request(url, { method, headers: kept, ...(method === 'GET' ? {} : { body: text }) });
}
