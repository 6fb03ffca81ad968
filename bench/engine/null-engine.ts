import { createServer, type IncomingMessage } from 'node:http';
import { Agent, request } from 'undici';

/*
 * An engine that stores nothing and forgives nothing: it answers the SDK from memory and calls the app as often as the
 * protocol demands. No engine can be faster with the same app, so it is the measure of ours.
 */

interface Run {
  readonly id: string;
  readonly url: string;
  readonly event: object;
  readonly steps: Record<string, { data: unknown }>;
  readonly stack: string[];
}

interface Op {
  readonly op: string;
  readonly id: string;
  readonly data: unknown;
}

const maxCallsInFlight = 500;
const agent = new Agent({ connections: maxCallsInFlight });
const urlsByEvent = new Map<string, string>();
const runs = new Map<string, Run>();
const ready: Run[] = [];
let inFlight = 0;
let lastId = 0;

function start(event: { name: string; data?: unknown }): string {
  lastId += 1;
  const id = `01J${String(lastId).padStart(23, '0')}`;
  const url = urlsByEvent.get(event.name);
  if (url !== undefined) {
    const full = { data: {}, user: {}, ts: Date.now(), id, ...event };
    const run = { id, url, event: full, steps: {}, stack: [] };
    runs.set(id, run);
    ready.push(run);
    pump();
  }
  return id;
}

function pump(): void {
  while (inFlight < maxCallsInFlight) {
    const run = ready.shift();
    if (run === undefined) return;
    inFlight += 1;
    void call(run)
      // An app closes connections that were idle for a while, in the very moment perhaps in which one is used again.
      .catch(() => ready.push(run))
      .finally(() => {
        inFlight -= 1;
        setImmediate(pump);
      });
  }
}

async function call(run: Run): Promise<void> {
  const body = JSON.stringify({
    version: -1,
    event: run.event,
    events: [run.event],
    steps: run.steps,
    ctx: {
      run_id: run.id,
      fn_id: 'fn',
      qi_id: run.id,
      generation_id: 1,
      request_id: run.id,
      attempt: 0,
      max_attempts: 4,
      disable_immediate_execution: false,
      use_api: false,
      stack: { stack: run.stack, current: run.stack.length },
    },
  });
  const headers = { 'content-type': 'application/json', 'x-run-id': run.id };
  const response = await request(run.url, { method: 'POST', body, headers, dispatcher: agent });
  const text = await response.body.text();
  if (response.statusCode !== 206) {
    runs.delete(run.id);
    return;
  }
  const ops = JSON.parse(text) as Op[];
  remember(run, ops);
  if (ops.some((op) => op.op === 'RunComplete')) runs.delete(run.id);
  else ready.unshift(run);
}

function remember(run: Run, ops: readonly Op[]): void {
  for (const { op, id, data } of ops) {
    if (op !== 'StepRun') continue;
    run.steps[id] = { data };
    run.stack.push(id);
  }
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

interface Registration {
  readonly functions: readonly {
    readonly triggers: readonly { readonly event: string }[];
    readonly steps: { readonly step: { readonly runtime: { readonly url: string } } };
  }[];
}

const server = createServer(async (message, response) => {
  const path = message.url ?? '';
  const body = JSON.parse((await readBody(message)) || 'null');
  response.setHeader('content-type', 'application/json');
  if (path.startsWith('/e/')) {
    response.end(JSON.stringify({ ids: [body].flat().map(start), status: 200 }));
  } else if (path.startsWith('/v1/checkpoint/')) {
    const run = runs.get(path.split('/')[3] ?? '');
    if (run !== undefined) remember(run, body.steps);
    response.end();
  } else if (path === '/fn/register') {
    for (const fn of (body as Registration).functions) {
      for (const { event } of fn.triggers) urlsByEvent.set(event, fn.steps.step.runtime.url);
    }
    response.end('{"ok":true,"modified":true}');
  } else {
    response.writeHead(404).end('{}');
  }
}).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
});
