import { once } from 'node:events';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exchange, openSocket, rawRequest } from '../../tests/engine/raw-http.ts';
import { type Listener, listen } from './listener.ts';

const shortTimeouts = { headersMs: 150, requestMs: 300, checkIntervalMs: 20 };

async function startServer(): Promise<Listener> {
  const app = new Hono();
  app.all('*', async (context) => context.text(`got ${(await context.req.text().catch(() => '')).length}`));
  const listener = await listen(app, 0, '127.0.0.1', shortTimeouts);
  onTestFinished(() => listener.close(0));
  return listener;
}

describe('a server', () => {
  it.each([
    ['garbage', 'hello there\r\n\r\n', 400, 'it is not HTTP'],
    ['TLS', Buffer.from('16030100f5010000f1', 'hex'), 400, 'it is not HTTP'],
    ['no host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400, ''],
    ['a host that is none', rawRequest('GET', '/', '', { host: 'a b' }), 400, 'Cannot read the request'],
    ['two lengths', rawRequest('POST', '/', 'a', { 'Content-Length': '7' }), 400, 'it is not HTTP'],
    ['a negative length', rawRequest('POST', '/', '', { 'content-length': '-1' }), 400, 'it is not HTTP'],
    [
      'headers of a megabyte',
      rawRequest('GET', '/', '', { 'x-large': 'a'.repeat(1_048_576) }),
      431,
      'its headers are too large',
    ],
    [
      'a chunk of no size',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      400,
      'it is not HTTP',
    ],
  ])('answers %s with what is wrong', async (_, bytes, status, reason) => {
    const { port } = await startServer();

    const answer = await exchange(port, bytes);

    expect(answer.statuses).toEqual([status]);
    expect(answer.text).toContain(reason);
  });

  it('answers a request and then the garbage that follows it on the same connection', async () => {
    const { port } = await startServer();
    const fine = rawRequest('POST', '/', 'four', { connection: 'keep-alive' });

    const answer = await exchange(port, Buffer.concat([fine, Buffer.from('garbage\r\n\r\n')]));

    expect(answer.statuses).toEqual([200, 400]);
    expect(answer.text).toContain('got 4');
  });

  it.each([
    ['headers', 'GET / HTTP/1.1\r\nhost: a\r\nx-slow: '],
    ['a body', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n'],
  ])('ends a connection on which %s only trickle', async (_, beginning) => {
    const { port } = await startServer();
    const socket = await openSocket(port);
    const drip = setInterval(() => socket.write('a'), 10);
    onTestFinished(() => clearInterval(drip));
    socket.on('error', () => undefined);
    socket.resume();
    const closed = once(socket, 'close');
    socket.write(beginning);

    await closed;
  });
});
