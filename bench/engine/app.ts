import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Inngest } from 'inngest';
import { createServer } from 'inngest/node';

// The app of the benchmark, a process of its own: argument 1 is the engine's address, argument 2 says whether it checkpoints.
// GET /counts tells how many runs of each function have returned, and when the first step of the newest run began.
// GET /ended/9 tells when the ninth run of the function of three steps returned: exact, also when this process is so busy that
// somebody who polls the counts hears of it late.
const [baseUrl = '', checkpointing = 'true'] = process.argv.slice(2);

const client = new Inngest({
  id: 'bench',
  baseUrl,
  isDev: true,
  checkpointing: checkpointing === 'true',
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});

const counts = { three: 0, child: 0, parent: 0, firstStepAtMs: 0 };
const threeEndedAtMs: number[] = [];

const functions = [
  client.createFunction({ id: 'three', triggers: [{ event: 'bench/three' }] }, async ({ event, step }) => {
    const a = await step.run('a', (): number => {
      counts.firstStepAtMs = now();
      return event.data.n;
    });
    const b = await step.run('b', () => a + 1);
    const c = await step.run('c', () => b + 1);
    counts.three = threeEndedAtMs.push(now());
    return c;
  }),
  client.createFunction({ id: 'parent', triggers: [{ event: 'bench/parent' }] }, async ({ event, step }) => {
    const children = Array.from({ length: event.data.children }, (_, n) => ({
      name: 'bench/child',
      data: { n },
    }));
    await step.sendEvent('fan-out', children);
    counts.parent += 1;
  }),
  client.createFunction({ id: 'child', triggers: [{ event: 'bench/child' }] }, async ({ event, step }) => {
    await step.run('work', () => event.data.n);
    counts.child += 1;
  }),
];

const inngest = createServer({ client, functions });

function handle(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/counts') response.end(JSON.stringify(counts));
  else if (request.url?.startsWith('/ended/'))
    response.end(JSON.stringify(threeEndedAtMs[Number(request.url.slice('/ended/'.length)) - 1]));
  else inngest.emit('request', request, response);
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

const server = createHttpServer(handle).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
});
