import { Agent, type Dispatcher, request } from 'undici';
import { onTestFinished } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from './main.ts';

/** Resolves every name to loopback, as RFC 6761 wants it for `*.localhost` and few systems do. */
export const loopback = new Agent({
  connect: {
    lookup: (_name, options, done) =>
      options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  },
});

/** A simulator on a free port that stops when the test ends. */
export async function startTestSimulator(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ port: 0, ...options });
  onTestFinished(() => simulator.stop());
  return simulator;
}

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: Body;
}

/** Calls the API; the path begins after `/v1`. */
export async function callApi(simulator: Simulator, path: string, key: string | null = 'sim-key') {
  const headers = key === null ? {} : { apiKey: key };
  const answer = await fetchBytes(`${simulator.apiUrl}${path}`, { headers });
  return { ...answer, body: answer.body.toString() };
}

/** As {@link callApi}, with the JSON of the answer. */
export async function getJson(simulator: Simulator, path: string, key?: string | null) {
  const answer = await callApi(simulator, path, key);
  return { ...answer, body: JSON.parse(answer.body) };
}

/** Reads a whole answer; `https://` URLs of real hosts must have been made local before. */
export async function fetchBytes(
  url: string,
  options: { method?: Dispatcher.HttpMethod; headers?: Record<string, string> } = {},
): Promise<Answer<Buffer>> {
  const { statusCode, headers, body } = await request(url, { ...options, dispatcher: loopback });
  return { status: statusCode, headers, body: Buffer.from(await body.arrayBuffer()) };
}

export async function control(
  simulator: Simulator,
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  body?: unknown,
) {
  const url = `http://127.0.0.1:${simulator.port}/_control${path}`;
  const answer = await request(url, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, body: JSON.parse(await answer.body.text()) };
}
