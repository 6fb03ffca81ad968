import { describe, expect, it, onTestFinished } from 'vitest';
import { serveHttp } from '../../tests/support/http-server.ts';
import { limits } from '../protocol/limits.ts';
import { Gateway } from './gateway.ts';
import type { GatewayRequest } from './gateway-request.ts';

function openGateway(): Gateway {
  const gateway = new Gateway();
  onTestFinished(() => gateway.close());
  return gateway;
}

function get(url: string, more: Partial<GatewayRequest> = {}): GatewayRequest {
  return { url, method: 'GET', headers: {}, body: null, isModelCall: false, ...more };
}

describe('a request of the gateway', () => {
  it('follows redirects, and tells secrets to the first origin only', async () => {
    const seen: object[] = [];
    const target = await serveHttp((request, response) => {
      seen.push({ path: request.url, method: request.method, secret: request.headers.authorization });
      response.end('here');
    });
    const source = await serveHttp((request, response) => {
      seen.push({ path: request.url, method: request.method, secret: request.headers.authorization });
      const location = request.url === '/1' ? '/2' : `http://127.0.0.1:${target}/3`;
      response.writeHead(request.url === '/1' ? 307 : 302, { location }).end();
    });

    const outcome = await openGateway().send(
      get(`http://127.0.0.1:${source}/1`, {
        method: 'POST',
        body: 'x',
        headers: { authorization: 'secret' },
      }),
    );

    expect(JSON.parse(outcome.settlement.memo)).toMatchObject({ data: { status_code: 200, body: 'here' } });
    expect(seen).toEqual([
      { path: '/1', method: 'POST', secret: 'secret' },
      { path: '/2', method: 'POST', secret: 'secret' },
      { path: '/3', method: 'GET', secret: undefined },
    ]);
  });

  it.each([
    ['redirects for ever', '/again', 'redirected more than'],
    ['leads to another scheme', 'file:///etc/passwd', 'scheme "file:"'],
  ])('that %s fails without another attempt', async (_, location, reason) => {
    const port = await serveHttp((_request, response) => response.writeHead(302, { location }).end());

    const outcome = await openGateway().send(get(`http://127.0.0.1:${port}/`));

    expect(outcome).toMatchObject({ isFinal: true, settlement: { status: 'failed' } });
    expect(outcome.settlement.memo).toContain(JSON.stringify(reason).slice(1, -1));
  });

  it('whose answer is too large fails without another attempt', async () => {
    const port = await serveHttp((_, response) =>
      response.end(Buffer.alloc(limits.stepOutputBytes + 1, 'x')),
    );

    const outcome = await openGateway().send(get(`http://127.0.0.1:${port}/`));

    expect(outcome).toMatchObject({ isFinal: true, settlement: { status: 'failed' } });
    expect(outcome.settlement.memo).toContain('larger than');
  });
});
