import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { SimulatorContext } from '../context.ts';
import type { CountedCall } from '../faults/fault-plan.ts';
import type { Faults } from '../faults/switches.ts';
import type { Asset } from '../school/asset.ts';
import { type AssetHost, localiseUrls } from '../school/hosts.ts';
import { parseByteRange } from './byte-range.ts';
import { findHostedAsset } from './find-asset.ts';
import { type Delivery, sendBody } from './send-body.ts';

type Headers = Record<string, string | number>;

/** Answers a request to an asset host. Plain node:http, because it has to break the protocol on purpose. */
export async function serveAsset(
  simulator: SimulatorContext,
  host: AssetHost,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://host');
  const { values } = simulator.faults;
  const method = request.method ?? 'GET';
  const call = simulator.faults.count('asset', host.name + pathname);

  const head = (status: number, headers: Headers = {}) => {
    simulator.calls.add({ method, host: host.name, path: pathname, route: '*', status });
    if (status !== 0) response.writeHead(status, headers);
  };
  const refuse = (status: number, text: string, headers: Headers = {}) => {
    head(status, { ...headers, 'Content-Type': 'text/html', 'Content-Length': Buffer.byteLength(text) });
    response.end(method === 'HEAD' ? undefined : text);
  };

  if (values.assetLatencyMs > 0) await pause(values.assetLatencyMs);
  if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'Method Not Allowed');
  if (call.strikes('assetReset')) {
    head(0);
    request.socket.destroy();
    return;
  }
  const failure = brokenAnswer(call, method, host);
  if (failure !== null) return refuse(failure.status, failure.text);

  if (call.strikes('assetRedirect') && (values.assetRedirectTarget !== '' || !searchParams.has('moved'))) {
    head(302, { Location: values.assetRedirectTarget || `${pathname}?moved=1` });
    response.end();
    return;
  }

  const asset = await findHostedAsset(simulator, host.name, {
    path: pathname,
    query: searchParams,
    referer: request.headers.referer,
  });
  if (asset === undefined) return refuse(404, 'Not Found');
  if (asset.redirectTo !== undefined) {
    head(302, { Location: localiseUrls(asset.redirectTo, simulator.port()) });
    response.end();
    return;
  }
  if (asset.status !== 200) return refuse(asset.status, asset.status === 403 ? 'Access Denied' : 'Not Found');

  const { status, headers, range } = describe(
    asset,
    host,
    call,
    method === 'GET' ? request.headers.range : undefined,
  );
  if (range === null) return refuse(416, 'Range Not Satisfiable', headers);
  if (method === 'HEAD') {
    const length = host.head === 'empty' || call.strikes('assetHeadEmpty') ? 0 : asset.body.sizeBytes;
    head(200, { ...headers, 'Content-Length': length });
    response.end();
    return;
  }
  const delivery = deliveryOf(call, values);
  if (delivery.ending !== 'endless') headers['Content-Length'] = range.end - range.start;
  head(status, headers);
  await sendBody(response, asset.body, range, delivery);
}

function brokenAnswer(call: CountedCall, method: string, host: AssetHost) {
  if (call.strikes('assetForbidden')) return { status: 403, text: 'Access Denied' };
  if (call.strikes('assetMissing')) return { status: 404, text: 'Not Found' };
  if (call.strikes('assetError')) return { status: 503, text: 'Service Unavailable' };
  if (call.strikes('assetHtml')) return { status: 200, text: '<!DOCTYPE html><title>Please sign in</title>' };
  const headRefused = host.head === 'forbidden' || call.strikes('assetHeadForbidden');
  return method === 'HEAD' && headRefused ? { status: 403, text: 'Access Denied' } : null;
}

/** Status, headers and bytes of a good answer; range null when none of the wanted bytes exist. */
function describe(asset: Asset, host: AssetHost, call: CountedCall, rangeHeader: string | undefined) {
  const { sizeBytes } = asset.body;
  const contentType = call.strikes('assetWrongType') ? 'text/plain' : asset.contentType;
  const headers: Headers = contentType === null ? {} : { 'Content-Type': contentType };
  const whole = { start: 0, end: sizeBytes };
  if (!host.acceptsRanges || call.strikes('assetNoRanges')) return { status: 200, headers, range: whole };

  headers['Accept-Ranges'] = 'bytes';
  headers.ETag = etagOf(asset.body);
  const range = parseByteRange(rangeHeader, sizeBytes);
  if (range === 'unsatisfiable') {
    headers['Content-Range'] = `bytes */${sizeBytes}`;
    return { status: 416, headers, range: null };
  }
  if (range === null) return { status: 200, headers, range: whole };
  headers['Content-Range'] = `bytes ${range.start}-${range.end - 1}/${sizeBytes}`;
  return { status: 206, headers, range };
}

/** Of the size and the beginning, so that huge bodies need not be read. */
function etagOf({ sizeBytes, slice }: Asset['body']): string {
  const digest = createHash('sha256').update(slice(0, Math.min(sizeBytes, 65_536)));
  return `"${sizeBytes.toString(16)}-${digest.digest('hex').slice(0, 16)}"`;
}

function deliveryOf(call: CountedCall, values: Readonly<Faults>): Delivery {
  const ending = call.strikes('assetCut') ? 'cut' : call.strikes('assetEndless') ? 'endless' : 'complete';
  return { bytesPerSecond: call.strikes('assetSlow') ? values.assetBytesPerSecond : 0, ending };
}
