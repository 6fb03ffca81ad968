import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Engine, startEngine } from '../../engine/main.ts';
import { createTestDatabase } from '../support/database.ts';
import { onScopeEnd } from '../support/scope.ts';
import { waitFor } from '../support/wait.ts';
import { exchange, openSocket, rawRequest } from './raw-http.ts';

const mebibyte = 1024 * 1024;
let engine: Engine;

beforeAll(async () => {
  const { url } = await createTestDatabase('empty');
  engine = await startEngine({ databaseUrl: url, port: 0, sdkUrls: [], eventKeys: [], dev: true });
  onScopeEnd(() => engine.stop());
});

const runId = '01JABCDEFGHJKMNPQRSTVWXYZ0';
const routes = [
  ['POST', '/e/key'],
  ['POST', '/fn/register'],
  ['POST', `/v1/checkpoint/${runId}/async`],
  ['POST', '/v1/checkpoint'],
  ['POST', `/v1/checkpoint/${runId}/steps`],
  ['POST', '/invoke/x'],
  ['POST', '/v1/signals'],
  ['POST', '/v1/realtime/token'],
  ['GET', '/v1/realtime/sse'],
  ['GET', `/v1/http/runs/${runId}/output`],
  ['POST', '/v1/cancellations'],
  ['POST', `/v1/runs/${runId}/metadata`],
  ['POST', '/v0/gql'],
  ['DELETE', `/v1/runs/${runId}`],
  ['DELETE', '/v1/cancellations/x'],
  ['GET', '/v1/events'],
  ['GET', `/v1/runs/${runId}/jobs`],
  ['GET', '/v1/apps/x/functions'],
  ['GET', '/v1/events/x'],
  ['GET', '/v1/events/x/runs'],
  ['GET', `/v1/runs/${runId}`],
  ['GET', `/v0/runs/${runId}/batch`],
  ['GET', `/v0/runs/${runId}/actions`],
] as const;
const bodyRoutes = routes.filter(([method]) => method === 'POST');

async function send(method: string, path: string, body: string | Buffer, headers = {}) {
  const answer = await exchange(engine.port, rawRequest(method, path, body, headers));
  return { status: answer.statuses[0] ?? 0, text: answer.text };
}

/** The engine is alive and takes an event. */
async function expectToWork(): Promise<void> {
  const { status, text } = await send('POST', '/e/key', '{"name":"bad-input/check"}');
  expect([status, text]).toEqual([200, expect.stringContaining('"ids":["01')]);
}

describe.each(bodyRoutes)('%s %s', (method, path) => {
  it.each([
    ['nothing', '', 400, 'the body is empty'],
    ['text', 'hello', 400, 'is not valid JSON'],
    ['half an object', '{"name": "a', 400, 'JSON'],
    ['bytes that are not UTF-8', Buffer.from('{"name":"\xff\xfe"}', 'latin1'), 400, 'not UTF-8'],
    ['a NUL', '{"name":"a"}\0', 400, 'JSON'],
    ['absurd nesting', '['.repeat(2 * mebibyte), 400, 'nested more than'],
  ])('says what is wrong with %s', async (_, body, status, reason) => {
    const answer = await send(method, path, body);

    expect(answer.status).toBe(status);
    expect(answer.text).toContain(reason);
  });

  it('refuses compressed bodies', async () => {
    const answer = await send(method, path, gzipSync('{"name":"a"}'), { 'content-encoding': 'gzip' });

    expect(answer.status).toBe(415);
    expect(answer.text).toContain('send it uncompressed');
  });

  it('refuses a body that says it is larger than is allowed, before it comes', async () => {
    const request = rawRequest(method, path, '', { 'content-length': String(200 * mebibyte) });
    const answer = await exchange(engine.port, request);

    expect(answer.statuses).toEqual([413]);
    expect(answer.text).toMatch(/has 209715200 bytes, \d+ bytes are allowed/);
  });

  it('refuses a body of chunks when it has become too large', async () => {
    const head = rawRequest(method, path, '', {
      'transfer-encoding': 'chunked',
      // A server that is to close at once resets a connection that has more to say, and its answer may be lost.
      connection: 'keep-alive',
    }).toString();
    const chunk = `${mebibyte.toString(16)}\r\n${' '.repeat(mebibyte)}\r\n`;
    const request = head.replace(/content-length: 0\r\n/, '');

    const answer = await exchange(engine.port, [request, ...Array.from({ length: 66 }, () => chunk)]);

    expect(answer.statuses).toEqual([413]);
  });
});

describe.each(routes)('%s %s', (method, path) => {
  it('tells a request with another method which ones there are', async () => {
    const answer = await send('PATCH', path, '');

    expect(answer.status).toBe(405);
    expect(answer.text).toMatch(new RegExp(`^allow: .*${method}`, 'm'));
  });

  it('answers any JSON with a status below 500, and works afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(hostileJson, async (value) => {
        const { status } = await send(method, path, JSON.stringify(value));
        expect(status).toBeGreaterThanOrEqual(200);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 40 },
    );
    await expectToWork();
  });
});

describe('the pages', () => {
  it('answer any query and any form with a status below 500', async () => {
    const names = [
      'status',
      'function',
      'event',
      'from',
      'until',
      'before',
      'after',
      'cursor',
      'search',
      'id',
      'token',
    ];
    const paths = [
      '/',
      '/runs',
      '/events',
      '/events/new',
      '/functions',
      '/functions/x',
      '/runs/x',
      '/events/x',
    ];
    const forms = ['/events/new', '/functions/x/invoke', '/runs/x/cancel', '/runs/x/again'];
    const values = fc.dictionary(fc.constantFrom(...names, 'data'), hostileText, { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.constantFrom(...forms),
        values,
        async (page, form, fields) => {
          const query = new URLSearchParams(fields).toString();
          const type = { 'content-type': 'application/x-www-form-urlencoded' };
          const shown = await send('GET', `${page}?${query}`, '');
          const done = await send('POST', form, query, type);
          for (const { status } of [shown, done]) {
            expect(status).toBeGreaterThanOrEqual(200);
            expect(status).toBeLessThan(500);
          }
        },
      ),
      { numRuns: 80 },
    );
    await expectToWork();
  });
});

describe('a path', () => {
  it('of any characters gets an answer below 500', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/v1/events/', '/v1/runs/', '/v0/runs/', '/e/', '/v1/apps/', '/runs/', '/'),
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.constantFrom('', '/runs', '/jobs', '/functions', '/batch'),
        async (prefix, middle, suffix) => {
          const path = prefix + encodeURIComponent(Buffer.from(middle).toString()) + suffix;
          const { status } = await send('GET', path, '');
          expect(status).toBeGreaterThanOrEqual(200);
          expect(status).toBeLessThan(500);
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each(['/v1/events/%00', '/v1/runs/%00/jobs', '/v1/runs/%ff', '/v1/apps/%00/functions', '/e/%zz'])(
    '%s gets an answer below 500',
    async (path) => {
      const { status } = await send('GET', path, '');
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    },
  );
});

describe('a checkpoint', () => {
  it('with too deep data is refused with the reason', async () => {
    const steps = `[{"op":"StepRun","id":"a","data":${'['.repeat(2_000)}${']'.repeat(2_000)}}]`;
    const body = `{"fn_id":"a","qi_id":"b","generation_id":1,"steps":${steps}}`;

    const answer = await send('POST', `/v1/checkpoint/${runId}/async`, body);

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('levels deep');
  });
});

describe('an event', () => {
  it.each([
    ['a list in place of data', { name: 'a', data: [] }, 'event data is not an object'],
    ['a number as its id', { name: 'a', id: 7 }, 'event id is not a string'],
    ['a number beyond all', '{"name":"a","data":{"n":1e999}}', 'not a finite number'],
    ['a NUL in its name', { name: 'a\0' }, 'contains a NUL'],
    ['a time in the past century', { name: 'a', ts: 1 }, 'not between 1980 and 2100'],
    ['four million bytes', { name: 'a', data: { text: 'a'.repeat(4_000_000) } }, 'over the max size'],
    ['five thousand siblings too many', Array(5_001).fill({ name: 'a' }), 'the limit is 5000'],
    ['too deep data', `{"name":"a","data":{"a":${'['.repeat(2_000)}${']'.repeat(2_000)}}}`, 'levels deep'],
  ])('with %s is refused with the reason', async (_, event, reason) => {
    const answer = await send('POST', '/e/key', typeof event === 'string' ? event : JSON.stringify(event));

    expect(answer.status).toBe(400);
    expect(answer.text).toContain(reason);
  });

  it('with lone surrogates, double keys and __proto__ is kept as JSON.parse reads it', async () => {
    const body =
      '{"name":"a","data":{"__proto__":{"x":1},"constructor":2,"text":"\\ud800","nul":"\\u0000","n":1,"n":2}}';
    const sent = await send('POST', '/e/key', body);
    const [, id = ''] = /"ids":\["(\w+)"/.exec(sent.text) ?? [];

    const found = await fetch(`${engine.url}/v1/events/${id}`);
    const text = await found.text();

    expect(sent.status).toBe(200);
    expect(text).toContain('"__proto__":{"x":1}');
    expect(text).toContain('"n":2');
    expect(text).toContain('"text":"\\ud800"');
  });
});

describe('a page of another website', () => {
  it.each([
    ['Origin', { origin: 'https://evil.example' }],
    ['Sec-Fetch-Site', { 'sec-fetch-site': 'cross-site' }],
    ['a name that leads to this machine', { host: 'evil.example:8288' }],
  ])('that shows by %s cannot send events', async (_, headers) => {
    const answer = await send('POST', '/e/key', '{"name":"bad-input/stolen"}', headers);

    expect(answer.status).toBe(403);
  });

  it('cannot read under a name that leads to this machine', async () => {
    const answer = await send('GET', '/dev', '', { host: 'evil.example' });

    expect(answer.status).toBe(403);
  });
});

describe('large bodies that come slowly', () => {
  it('are refused when together they would fill the memory, until the first are gone', async () => {
    const stalled = rawRequest('POST', '/e/key', '', { 'content-length': String(60 * mebibyte) });
    const sockets = await Promise.all(Array.from({ length: 5 }, () => openSocket(engine.port)));
    const answers: string[] = [];
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => answers.push(chunk.toString()));
      socket.write(stalled);
    }

    await waitFor(() => answers.length > 0, { what: 'the refusal of the fifth' });
    expect(answers).toEqual([expect.stringMatching(/ 503 (.|\s)*too many large ones arrive at once/)]);
    for (const socket of sockets) socket.destroy();
    await expectToWork();
    await waitFor(
      async () => (await send('POST', '/e/key', `[${' '.repeat(30 * mebibyte)}]`)).status === 200,
      {
        what: 'room for a large body',
      },
    );
  });
});

describe('connections', () => {
  it('that were broken off leave nothing behind', async () => {
    const before = socketCount();
    for (const [method, path] of bodyRoutes) {
      const request = rawRequest(method, path, '{"name":"half', { 'content-length': '1000' });
      const sockets = await Promise.all(Array.from({ length: 20 }, () => openSocket(engine.port)));
      for (const socket of sockets) {
        socket.on('error', () => undefined);
        socket.write(request);
        socket.destroy();
      }
    }

    await waitFor(() => socketCount() <= before, { what: 'the sockets of the server to be gone' });
    await expectToWork();
  });
});

/** Sockets of this process, which the engine and the test share. */
function socketCount(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '\0',
    '\ud800',
    '__proto__',
    "'; drop table engine.runs; --",
    '01',
    runId,
    'inngest/x',
    '*',
  ),
);
const fieldNames = [
  ...['name', 'data', 'id', 'ts', 'user', 'v', 'meta', 'url', 'appName', 'functions', 'fn_id', 'qi_id'],
  ...['generation_id', 'steps', 'app_id', 'function_id', 'started_before', 'started_after', 'if', 'target'],
  ...['metadata', 'query', 'variables', 'kind', 'op', 'values', 'run_id', 'runtime', 'retries', 'triggers'],
];
const { hostileJson } = fc.letrec((tie) => ({
  hostileJson: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      hostileText,
      fc.double(),
      fc.integer(),
      fc.constant(null),
      fc.boolean(),
      fc.constant(Number.MAX_VALUE),
    ),
    fc.array(tie('hostileJson'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...fieldNames), hostileText), tie('hostileJson'), { maxKeys: 6 }),
  ),
}));
