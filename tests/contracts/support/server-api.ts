import { waitFor } from '../../support/wait.ts';
import { patienceMs, type ServerUnderTest } from '../server-under-test.ts';
import { bearerToken } from './signing.ts';

export type EndStatus = 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'SKIPPED';

export interface EndedRun {
  readonly id: string;
  readonly status: EndStatus;
  /** What the function returned; null unless it completed. */
  readonly output: unknown;
  /** Why it failed; null unless it did. */
  readonly error: RunError | null;
}

export interface RunError {
  readonly name: string;
  readonly message: string;
}

export interface JsonAnswer<T> {
  readonly status: number;
  readonly body: T;
}

/** Asks the server's API with the token that it wants. */
export function callApi(server: ServerUnderTest, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (server.signingKey !== null && !headers.has('authorization')) {
    headers.set('authorization', `Bearer ${bearerToken(server.signingKey)}`);
  }
  return fetch(new URL(path, server.url), { ...init, headers });
}

/** Asks the server's API and reads its answer, which the caller knows the form of. */
export async function askApi<T>(
  server: ServerUnderTest,
  path: string,
  init: RequestInit = {},
): Promise<JsonAnswer<T>> {
  const response = await callApi(server, path, init);
  return { status: response.status, body: (await response.json()) as T };
}

/** A body as JSON, with its method. */
export function post(body: unknown): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

export interface EventsAnswer {
  readonly ids?: readonly string[];
  readonly status: number;
  readonly error?: string;
}

/** Sends a body as it is to where events are taken. */
export async function postEvents(
  server: ServerUnderTest,
  body: string,
  headers: Record<string, string> = {},
): Promise<JsonAnswer<EventsAnswer>> {
  return await askApi(server, `/e/${server.eventKey}`, { method: 'POST', body, headers });
}

const statusQuery = `query ($runId: String!) { run(runID: $runId) { status trace(preview: true) { status outputID } } }`;
const outputQuery = `query ($traceID: String!) { runTraceSpanOutputByID(outputID: $traceID) { data error { message name stack cause } } }`;

interface StatusData {
  readonly run: {
    readonly trace: { readonly status: string; readonly outputID: string | null } | null;
  } | null;
}

interface OutputData {
  readonly runTraceSpanOutputByID: { readonly data: string | null; readonly error: RunError | null };
}

/** Sends a GraphQL document. */
export async function askGraph<T>(
  server: ServerUnderTest,
  query: string,
  variables: Record<string, unknown>,
): Promise<{ readonly data: T | null; readonly errors?: readonly { readonly message: string }[] }> {
  const response = await callApi(server, '/v0/gql', post({ query, variables }));
  return (await response.json()) as { data: T | null };
}

/** The status of a run as the SDK's own tests ask for it; null when the run is not known yet. */
export async function runStatus(server: ServerUnderTest, runId: string): Promise<string | null> {
  const { data } = await askGraph<StatusData>(server, statusQuery, { runId });
  return data?.run?.trace?.status ?? null;
}

/** Waits until a run has ended, and fetches what came of it. */
export async function waitForEnd(server: ServerUnderTest, runId: string): Promise<EndedRun> {
  const { status, outputID } = await waitFor(
    async () => {
      const { data } = await askGraph<StatusData>(server, statusQuery, { runId });
      const trace = data?.run?.trace;
      return trace && ['COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED'].includes(trace.status) ? trace : null;
    },
    { what: `the end of run ${runId}`, timeoutMs: patienceMs },
  );
  const end = { id: runId, status: status as EndStatus };
  if (outputID === null || status === 'CANCELLED') return { ...end, output: null, error: null };
  const { data } = await askGraph<OutputData>(server, outputQuery, { traceID: outputID });
  const found = data?.runTraceSpanOutputByID;
  return { ...end, output: found?.data ? JSON.parse(found.data) : null, error: found?.error ?? null };
}

const stepsQuery = `query ($runId: String!) { run(runID: $runId) { trace(preview: true) { childrenSpans { name } } } }`;

interface StepsData {
  readonly run: {
    readonly trace: { readonly childrenSpans: readonly { readonly name: string }[] } | null;
  } | null;
}

/** Waits until the server has taken note of a step: what it waits for may come from then on. */
export async function waitForStep(server: ServerUnderTest, runId: string, name: string): Promise<void> {
  await waitFor(
    async () => {
      const { data } = await askGraph<StepsData>(server, stepsQuery, { runId });
      return data?.run?.trace?.childrenSpans.some((span) => span.name === name);
    },
    { what: `step "${name}" of run ${runId}`, timeoutMs: patienceMs },
  );
}
