import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveHttp } from '../../../tests/support/http-server.ts';
import { type AppError, isAppError } from '../../errors/app-error.ts';
import { createGuardedFetch } from '../../http/guarded-fetch.ts';
import type { CallBudget } from '../types.ts';
import { createTeachableClient } from './client.ts';

const apiKey = 'key-0123456789abcdef0123456789abcdef';

function connectTo(port: number) {
  const http = createGuardedFetch({ allowedPrivateHosts: [`127.0.0.1:${port}`], userAgent: 'test/1' });
  onTestFinished(() => http.close());
  const observed: Parameters<CallBudget['observe']>[0][] = [];
  const calls: { rateLimited: boolean }[] = [];
  const logged: string[] = [];
  const budget: CallBudget = {
    take: async () => {},
    observe: async (answer) => void observed.push(answer),
  };
  const client = createTeachableClient({
    apiUrl: `http://127.0.0.1:${port}/v1`,
    apiKey,
    http,
    budget,
    log: pino({ level: 'trace' }, { write: (line) => void logged.push(line) }),
    onCall: (call) => void calls.push(call),
    timeouts: { headersMs: 300, bodyIdleMs: 300 },
  });
  return { client, observed, calls, logged };
}

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!isAppError(error)) throw new Error('It did not fail with an error of ours', { cause: error });
  return error;
}

/** The failure of a call that is answered like this. */
async function failureAfter(status: number, body: string, headers: Record<string, string> = {}) {
  const port = await serveHttp((_request, response) => response.writeHead(status, headers).end(body));
  const connection = connectTo(port);
  return { ...connection, error: await failureOf(connection.client.get('/courses/5', { per: 100 })) };
}

const message = (text: string | string[]) => JSON.stringify({ message: text, request_id: 'r'.repeat(32) });

describe('a call', () => {
  it('sends the key in its header and nowhere else', async () => {
    const seen: unknown[] = [];
    const port = await serveHttp((request, response) => {
      seen.push([request.method, request.url, request.headers.apikey, request.headers.authorization]);
      response.end('{"courses":[]}');
    });
    const { client, calls, logged } = connectTo(port);

    const answer = await client.get('/courses', { page: 2, per: 100 });

    expect(answer.json).toEqual({ courses: [] });
    expect(seen).toEqual([['GET', '/v1/courses?page=2&per=100', apiKey, undefined]]);
    expect(calls).toEqual([{ rateLimited: false }]);
    expect(logged.join()).toContain('GET /courses');
    expect(logged.join()).not.toContain(apiKey);
  });

  it('reads compressed answers', async () => {
    const port = await serveHttp((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":"ü"}')),
    );

    expect((await connectTo(port).client.get('/courses')).json).toEqual({ a: 'ü' });
  });

  it('reads text that a database can store', async () => {
    const port = await serveHttp((_request, response) =>
      response.end('{"a\\u0000":["x\\u0000y","\\ud83d\\ude00","\\ud83d!","\\\\u0000"]}'),
    );

    expect((await connectTo(port).client.get('/courses')).json).toEqual({
      a: ['xy', '😀', '\uFFFD!', '\\u0000'],
    });
  });

  it('does not carry the key along a redirect', async () => {
    let reached = 0;
    const other = await serveHttp((_request, response) => {
      reached++;
      response.end('{}');
    });
    const { error } = await failureAfter(302, '', { location: `http://127.0.0.1:${other}/v1/courses/5` });

    expect(error).toMatchObject({ code: 'SOURCE_ANSWER_INVALID', retry: 'later' });
    expect(reached).toBe(0);
  });

  it('tells the budget what the source says of its limit', async () => {
    const port = await serveHttp((_request, response) =>
      response
        .writeHead(200, { 'RateLimit-Limit': '360', 'RateLimit-Remaining': '17', 'RateLimit-Reset': '42' })
        .end('{}'),
    );
    const { client, observed } = connectTo(port);

    await client.get('/courses');

    expect(observed).toEqual([{ refusal: null, limit: 360, remaining: 17, resetMs: 42_000 }]);
  });

  it('is not sent, and not counted, while the budget has no room', async () => {
    let reached = 0;
    const port = await serveHttp((_request, response) => {
      reached++;
      response.end('{}');
    });
    const { calls } = connectTo(port);
    const full = new Error('No room');
    const client = createTeachableClient({
      apiUrl: `http://127.0.0.1:${port}/v1`,
      apiKey,
      http: createGuardedFetch({ allowedPrivateHosts: [], userAgent: 'test/1' }),
      budget: { take: () => Promise.reject(full), observe: async () => {} },
      log: pino({ level: 'silent' }),
      onCall: (call) => void calls.push(call),
    });

    await expect(client.get('/courses')).rejects.toBe(full);

    expect([reached, calls]).toEqual([0, []]);
  });
});

describe('an answer', () => {
  it.each([
    [401, message('No API key found in request'), 'SOURCE_KEY_REJECTED', 'never', /Settings > API/],
    [401, message('Invalid authentication credentials'), 'SOURCE_KEY_REJECTED', 'never', /Settings > API/],
    [403, message('Forbidden'), 'SOURCE_FORBIDDEN', 'never', /plan includes API access/],
    [404, message('Not found'), 'SOURCE_NOT_FOUND', 'never', /deleted/],
    [404, message('no Route matched with those values'), 'SOURCE_REQUEST_REFUSED', 'never', /address/],
    [404, '<html>Not here</html>', 'SOURCE_ANSWER_INVALID', 'later', /could not be read/],
    [400, message(['name is odd', 'so is per']), 'SOURCE_REQUEST_REFUSED', 'never', /refused/],
    [422, message('No'), 'SOURCE_REQUEST_REFUSED', 'never', /refused/],
    [500, '<html>Oops</html>', 'SOURCE_UNAVAILABLE', 'later', /problem at the moment/],
    [502, '', 'SOURCE_UNAVAILABLE', 'later', /problem at the moment/],
    [503, message('Down'), 'SOURCE_UNAVAILABLE', 'later', /problem at the moment/],
    [504, '<html>Gateway</html>', 'SOURCE_UNAVAILABLE', { afterMs: 60_000 }, /problem at the moment/],
    [200, '<html>Maintenance</html>', 'SOURCE_ANSWER_INVALID', 'later', /could not be read/],
    [200, '{"course":{"id":5,"na', 'SOURCE_ANSWER_INVALID', 'later', /could not be read/],
    [200, '', 'SOURCE_ANSWER_INVALID', 'later', /could not be read/],
  ])('with status %i and body %j is %s', async (status, body, code, retry, publicMessage) => {
    const { error, calls, observed } = await failureAfter(status, body);

    expect(error).toMatchObject({ code, retry });
    expect(error.publicMessage).toMatch(publicMessage);
    expect(error.message).toMatch(/^Cannot read GET \/courses\/5 of Teachable: status \d+/);
    expect(error.message).not.toMatch(/127\.0\.0\.1|per=100/);
    expect(calls).toEqual([{ rateLimited: false }]);
    expect(observed).toMatchObject([{ refusal: null }]);
  });

  it.each([
    [{ 'RateLimit-Limit': '100', 'RateLimit-Remaining': '0', 'RateLimit-Reset': '7' }, 7_000, 8_000],
    [{ 'Retry-After': '3' }, 3_000, 4_000],
    [{}, 60_000, 61_000],
    [{ 'RateLimit-Reset': '100000' }, 120_000, 120_000],
    [{ 'RateLimit-Reset': 'soon' }, 60_000, 61_000],
  ])('429 with %j asks to wait, with a little jitter', async (headers, leastMs, mostMs) => {
    const { error, calls, observed } = await failureAfter(429, message('API rate limit exceeded'), headers);

    const afterMs = typeof error.retry === 'object' ? error.retry.afterMs : 0;
    expect(error.code).toBe('SOURCE_RATE_LIMITED');
    expect(afterMs).toBeGreaterThanOrEqual(leastMs);
    expect(afterMs).toBeLessThanOrEqual(mostMs);
    expect(calls).toEqual([{ rateLimited: true }]);
    expect(observed).toMatchObject([{ refusal: 'rate' }]);
  });

  it('403 that speaks of a limit is told to the budget, which knows what it means', async () => {
    const { error, calls, observed } = await failureAfter(403, message('Monthly API limit reached'));

    expect(error.code).toBe('SOURCE_RATE_LIMITED');
    expect(calls).toEqual([{ rateLimited: true }]);
    expect(observed).toMatchObject([{ refusal: 'quota' }]);
  });

  it('503 that names a time is repeated then', async () => {
    const { error } = await failureAfter(503, '', { 'retry-after': '9' });

    expect(error.retry).toEqual({ afterMs: 9_000 });
  });

  it('is quoted by its beginning, without secrets', async () => {
    const token = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.abc';
    const body = `<h1>Sorry</h1>\n\u0007 ${apiKey} ${token} https://cdn.example/a?sig=secret ${'x '.repeat(500)}`;

    const { error } = await failureAfter(200, body);

    expect(error.message).toContain('<h1>Sorry</h1>');
    expect(error.message).not.toMatch(/key-0123|eyJhbGci|sig=secret|\n/);
    expect(error.message.length).toBeLessThan(300);
    expect(error.message.includes('\u0007')).toBe(false);
    expect(JSON.stringify([error.cause ?? null])).not.toContain(apiKey);
  });

  it.each([
    ['never comes', () => {}],
    ['stops half way', (_request, response) => response.writeHead(200).write('{"a":')],
    [
      'is cut off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"a":');
        setImmediate(() => response.destroy());
      },
    ],
    ['is a reset', (request) => request.socket.resetAndDestroy()],
  ] satisfies [string, RequestListener][])('that %s is worth another try', async (_what, listener) => {
    const port = await serveHttp(listener);
    const { client, calls } = connectTo(port);

    const error = await failureOf(client.get('/courses/5'));

    expect(error).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retry: 'later' });
    expect(error.message).toMatch(/^Cannot read GET \/courses\/5 of Teachable: /);
    expect(calls).toEqual([{ rateLimited: false }]);
  });

  it('of nobody, because nobody listens, is worth another try', async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));

    const error = await failureOf(connectTo(port).client.get('/courses'));

    expect(error).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retry: 'later' });
  });
});

describe('an address of the API', () => {
  it('in a private network is refused as it is elsewhere', async () => {
    const http = createGuardedFetch({ allowedPrivateHosts: [], userAgent: 'test/1' });
    onTestFinished(() => http.close());
    const client = createTeachableClient({
      apiUrl: 'http://169.254.169.254/v1',
      apiKey,
      http,
      budget: { take: async () => {}, observe: async () => {} },
      log: pino({ level: 'silent' }),
    });

    expect(await failureOf(client.get('/courses'))).toMatchObject({
      code: 'HOST_NOT_ALLOWED',
      retry: 'never',
    });
  });
});
