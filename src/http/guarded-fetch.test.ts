import type { LookupAddress } from 'node:dns';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveHttp } from '../../tests/support/http-server.ts';
import { createGuardedFetch, type HttpClientOptions } from './guarded-fetch.ts';
import { createHostGuard } from './host-guard.ts';
import type { HttpClient } from './types.ts';

async function serveTcp(listener: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function createClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const http = createGuardedFetch({ allowedPrivateHosts: [], userAgent: 'test/1', ...options });
  onTestFinished(() => http.close());
  return http;
}

function forPort(port: number): HttpClient {
  return createClient({ allowedPrivateHosts: [`127.0.0.1:${port}`, `*.localhost:${port}`] });
}

describe('guarded fetch: which hosts', () => {
  it.each([
    'http://127.0.0.1:{port}/',
    'http://localhost:{port}/',
    'http://localhost.:{port}/',
    'http://school.localhost:{port}/',
    'http://2130706433:{port}/',
    'http://0x7f.0.0.1:{port}/',
    'http://0177.0.0.1:{port}/',
    'http://127.1:{port}/',
    'http://[::ffff:127.0.0.1]:{port}/',
    'http://[::1]:{port}/',
    'http://0.0.0.0:{port}/',
    'http://169.254.169.254/latest/meta-data',
  ])('refuses the private address %s', async (template) => {
    let reached = 0;
    const port = await serveHttp((_request, response) => {
      reached++;
      response.end();
    });

    const request = createClient().request(template.replace('{port}', String(port)));

    await expect(request).rejects.toMatchObject({ code: 'HOST_NOT_ALLOWED', retry: 'never' });
    expect(reached).toBe(0);
  });

  it.each(['ftp://example.com/a', 'file:///etc/passwd', 'data:text/plain,secret', 'not an address', ''])(
    'refuses %j, which is not an address of the web',
    async (address) => {
      await expect(createClient().request(address)).rejects.toMatchObject({ code: 'URL_INVALID' });
    },
  );

  it('reaches a private host that is listed with its port, and no other port', async () => {
    const port = await serveHttp((_request, response) => response.end('here'));
    const http = createClient({ allowedPrivateHosts: [`*.localhost:${port}`] });

    const answer = await http.request(`http://cdn.example.com.localhost:${port}/a`);

    expect(await text(answer.body)).toBe('here');
    await expect(http.request(`http://127.0.0.1:${port}/a`)).rejects.toMatchObject({
      code: 'HOST_NOT_ALLOWED',
    });
    await expect(http.request(`http://evil-localhost:${port}/a`)).rejects.toMatchObject({
      code: expect.stringMatching(/HOST_NOT_ALLOWED|CONNECTION_FAILED/),
    });
  });

  it('refuses a redirect into the private network', async () => {
    let reached = 0;
    const inside = await serveHttp((_request, response) => {
      reached++;
      response.end('secret');
    });
    const outside = await serveHttp((_request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${inside}/admin` }).end();
    });

    const request = forPort(outside).request(`http://127.0.0.1:${outside}/a`);

    await expect(request).rejects.toMatchObject({ code: 'HOST_NOT_ALLOWED' });
    expect(reached).toBe(0);
  });

  it('refuses a public name that resolves to a private address', async () => {
    const resolve = async (): Promise<LookupAddress[]> => [{ address: '10.0.0.7', family: 4 }];

    const request = createClient({ resolve }).request('http://school.example/a');

    await expect(request).rejects.toMatchObject({ code: 'HOST_NOT_ALLOWED' });
  });

  it('connects to the very address it checked and asks for no second one (DNS rebinding)', async () => {
    const port = await serveHttp((_request, response) => response.end('checked'));
    let lookups = 0;
    const resolve = async (): Promise<LookupAddress[]> => {
      lookups++;
      return lookups === 1 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '10.0.0.7', family: 4 }];
    };
    const http = createClient({ resolve, allowedPrivateHosts: [`pinned.example:${port}`] });

    const answer = await http.request(`http://pinned.example:${port}/`);

    expect(await text(answer.body)).toBe('checked');
    expect(lookups).toBe(1);
  });

  it('connects to the public ones of mixed addresses only', async () => {
    const guard = createHostGuard([], async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);

    expect(await guard.addressesOf('mixed.example', 443)).toEqual([
      { address: '2606:4700::1111', family: 6 },
    ]);
  });
});

describe('guarded fetch: redirects', () => {
  it('keeps credentials on the same origin and drops them on another', async () => {
    const seen: Record<string, string | undefined>[] = [];
    const other = await serveHttp((request, response) => {
      seen.push({ key: request.headers.apikey?.toString(), range: request.headers.range });
      response.end('done');
    });
    const first = await serveHttp((request, response) => {
      seen.push({ key: request.headers.apikey?.toString(), range: request.headers.range });
      const location = request.url === '/a' ? '/b' : `http://127.0.0.1:${other}/c?sig=1`;
      response.writeHead(307, { location }).end();
    });
    const http = createClient({ allowedPrivateHosts: [`127.0.0.1:${first}`, `127.0.0.1:${other}`] });

    const answer = await http.request(`http://127.0.0.1:${first}/a`, {
      headers: { apiKey: 'k', Range: 'bytes=0-' },
    });

    expect(await text(answer.body)).toBe('done');
    expect(answer.url).toBe(`http://127.0.0.1:${other}/c?sig=1`);
    expect(seen).toEqual([
      { key: 'k', range: 'bytes=0-' },
      { key: 'k', range: 'bytes=0-' },
      { key: undefined, range: 'bytes=0-' },
    ]);
  });

  it('gives up on a circle', async () => {
    const port = await serveHttp((_request, response) => response.writeHead(302, { location: '/' }).end());

    const request = forPort(port).request(`http://127.0.0.1:${port}/`);

    await expect(request).rejects.toMatchObject({ code: 'REDIRECT_LIMIT', retry: 'never' });
  });
});

describe('guarded fetch: bodies', () => {
  it('unpacks a compressed answer and forgets its packed length', async () => {
    const port = await serveHttp((_request, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync('plain'));
    });

    const answer = await forPort(port).request(`http://127.0.0.1:${port}/`);

    expect(answer.headers.get('content-length')).toBeNull();
    expect(await text(answer.body)).toBe('plain');
  });

  it('stops a small body that unpacks to a large one', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    const port = await serveHttp((_request, response) => {
      response.setHeader('content-encoding', 'gzip').end(bomb);
    });

    const answer = await forPort(port).request(`http://127.0.0.1:${port}/`, { maxBytes: 1024 * 1024 });

    await expect(buffer(answer.body)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });

  it('refuses an announced body over the limit before reading it, and cuts an endless one', async () => {
    const port = await serveHttp((request, response) => {
      if (request.url === '/announced') response.setHeader('content-length', '5000').flushHeaders();
      else endless(response);
    });
    const http = forPort(port);

    await expect(
      http.request(`http://127.0.0.1:${port}/announced`, { maxBytes: 1000 }),
    ).rejects.toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
    });
    const answer = await http.request(`http://127.0.0.1:${port}/endless`, { maxBytes: 100_000 });
    await expect(buffer(answer.body)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });

  it('reports a body that is cut off as a failed connection, without the query', async () => {
    const port = await serveHttp((_request, response) => {
      response.setHeader('content-length', '1000');
      response.write('abc', () => response.destroy());
    });

    const answer = await forPort(port).request(`http://127.0.0.1:${port}/video?sig=secret`);
    const error = await failureOf(answer.body);
    const lateError = await failureOf(answer.body);

    expect(lateError).toBe(error);
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', retry: 'later' });
    expect(String(error)).toContain(`127.0.0.1:${port}/video`);
    expect(String(error)).not.toContain('secret');
  });

  it('times out when headers never come and when the body stalls', async () => {
    const port = await serveHttp((request, response) => {
      if (request.url === '/stall') response.write('abc');
    });
    const http = forPort(port);
    const timeouts = { headersMs: 100, bodyIdleMs: 100 };

    await expect(http.request(`http://127.0.0.1:${port}/silent`, { timeouts })).rejects.toMatchObject({
      code: 'TIMED_OUT',
      retry: 'later',
    });
    const answer = await http.request(`http://127.0.0.1:${port}/stall`, { timeouts });
    await expect(text(answer.body)).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  it('reports a server that is not there, resets or speaks no HTTP', async () => {
    const port = await serveTcp((socket) => socket.end('hello\r\n'));
    const reset = await serveTcp((socket) => socket.resetAndDestroy());
    const http = createClient({
      allowedPrivateHosts: ['127.0.0.1:1', `127.0.0.1:${port}`, `127.0.0.1:${reset}`],
    });

    for (const target of [1, port, reset]) {
      await expect(http.request(`http://127.0.0.1:${target}/`)).rejects.toMatchObject({
        code: 'CONNECTION_FAILED',
      });
    }
  });

  it('answers an abort with its reason: before, while waiting and while reading', async () => {
    const port = await serveHttp((request, response) => {
      if (request.url === '/stall') response.write('abc');
    });
    const http = forPort(port);
    const reason = new Error('cancelled by the owner');

    await expect(
      http.request(`http://127.0.0.1:${port}/`, { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    const waiting = new AbortController();
    const request = http.request(`http://127.0.0.1:${port}/silent`, { signal: waiting.signal });
    waiting.abort(reason);
    await expect(request).rejects.toBe(reason);
    const reading = new AbortController();
    const answer = await http.request(`http://127.0.0.1:${port}/stall`, { signal: reading.signal });
    reading.abort(reason);
    await expect(text(answer.body)).rejects.toBe(reason);
  });

  it('answers HEAD without a body, whatever its headers say', async () => {
    const port = await serveHttp((_request, response) => {
      response.setHeader('content-encoding', 'gzip').setHeader('content-length', '99').end();
    });

    const answer = await forPort(port).request(`http://127.0.0.1:${port}/`, { method: 'HEAD', maxBytes: 10 });

    expect(answer.headers.get('content-length')).toBe('99');
    expect(await text(answer.body)).toBe('');
  });
});

function endless(response: NodeJS.WritableStream): void {
  const chunk = Buffer.alloc(16_384);
  const more = () => {
    while (response.write(chunk));
  };
  response.on('drain', more).on('error', () => {});
  more();
}

async function failureOf(body: Readable): Promise<unknown> {
  return await text(body).then(
    () => null,
    (error: unknown) => error,
  );
}
