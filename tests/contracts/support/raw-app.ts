import { randomUUID } from 'node:crypto';
import { waitFor } from '../../support/wait.ts';
import { patienceMs, type ServerMode, type ServerUnderTest, serverUnderTest } from '../server-under-test.ts';
import { type Call, readCall } from './call.ts';
import { openEndpoint } from './endpoint.ts';
import { askApi, type EndedRun, type JsonAnswer, postEvents, waitForEnd } from './server-api.ts';

/** An app without an SDK: it answers calls with whatever a test wants to see on the wire. */
export interface RawApp {
  readonly id: string;
  readonly url: string;
  readonly server: ServerUnderTest;
  readonly calls: readonly Call[];
  event(name: string): string;
  send(name: string, data?: Record<string, unknown>): Promise<string>;
  runId(eventId: string): Promise<string>;
  ended(eventId: string): Promise<EndedRun>;
  run(name: string, data?: Record<string, unknown>): Promise<EndedRun>;
}

export interface RegistrationAnswer {
  readonly ok?: boolean;
  readonly modified?: boolean;
  readonly app_id?: string;
  readonly sync_id?: string;
  readonly error?: string;
}

export interface RawAppOptions {
  readonly mode?: ServerMode;
  readonly server?: ServerUnderTest;
  readonly retries?: number;
  /** More fields of the function's registration. */
  readonly config?: Record<string, unknown>;
}

/** Registers one function `fn` on the event `call`, and answers its calls. */
export async function startRawApp(
  answer: (call: Call, index: number) => Response | Promise<Response>,
  options: RawAppOptions = {},
): Promise<RawApp> {
  const { mode, server = await serverUnderTest(mode), retries = 0, config = {} } = options;
  const id = `raw-${randomUUID().slice(0, 8)}`;
  const event = (name: string) => `${id}/${name}`;
  const calls: Call[] = [];
  const endpoint = await openEndpoint(async (request) => {
    if (request.method !== 'POST') return new Response(null, { status: 405 });
    const call = readCall(request);
    calls.push(call);
    return await answer(call, calls.length - 1);
  });
  const { status, body } = await register(server, {
    url: endpoint.url,
    appName: id,
    functions: [rawFunction(id, endpoint.url, { retries, triggers: [{ event: event('call') }], ...config })],
  });
  if (status !== 200) throw new Error(`Cannot register the app: ${body.error}`);

  const send = async (name: string, data = {}) => {
    const sent = await postEvents(server, JSON.stringify({ name: event(name), data }));
    return sent.body.ids?.[0] ?? '';
  };
  const runId = (eventId: string) =>
    waitFor(() => calls.find((call) => call.body.event.id === eventId)?.body.ctx.run_id, {
      what: `a call for event ${eventId}`,
      timeoutMs: patienceMs,
    });
  const ended = async (eventId: string) => waitForEnd(server, await runId(eventId));
  return {
    id,
    url: endpoint.url,
    server,
    calls,
    event,
    send,
    runId,
    ended,
    run: async (name, data) => ended(await send(name, data)),
  };
}

/** A function as it stands in a registration. */
export function rawFunction(
  appId: string,
  appUrl: string,
  { retries = 0, ...config }: Record<string, unknown> & { readonly retries?: number } = {},
): Record<string, unknown> {
  const id = `${appId}-fn`;
  return {
    id,
    name: 'fn',
    triggers: [{ event: `${appId}/call` }],
    steps: {
      step: {
        id: 'step',
        name: 'step',
        runtime: { type: 'http', url: `${appUrl}?fnId=${id}&stepId=step` },
        retries: { attempts: retries },
      },
    },
    ...config,
  };
}

/** Registers as an SDK does (Inngest SDK spec 4.3). */
export async function register(
  server: ServerUnderTest,
  fields: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<JsonAnswer<RegistrationAnswer>> {
  const body = JSON.stringify({
    deployType: 'ping',
    framework: 'nodejs',
    sdk: 'js:v4.18.1',
    v: '0.1',
    capabilities: {},
    ...fields,
  });
  return await askApi(server, '/fn/register', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'x-inngest-sdk': 'inngest-js:v4.18.1', ...headers },
  });
}

/** An SDK's answer: a value is sent as JSON, a text as it is. */
export function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status,
    headers: { 'x-inngest-sdk': 'inngest-js:v4.18.1', 'content-type': 'application/json', ...headers },
  });
}
