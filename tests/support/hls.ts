import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseByteRange } from '../../simulator/cdn/byte-range.ts';
import { createGuardedFetch } from '../../src/http/guarded-fetch.ts';
import type { RemuxOptions } from '../../src/media/hls.ts';
import { serveHttp } from './http-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The committed streams of the simulated school. */
export const streamsFolder = join(import.meta.dirname, '../../simulator/content/media/hls');

/** The four segments of the stream `lake` in its best quality: H.264 and AAC, two seconds each. */
export function lakeSegments(): Promise<Buffer[]> {
  return Promise.all([0, 1, 2, 3].map((n) => readFile(join(streamsFolder, `lake/360/seg-${n}.mpegts`))));
}

export type Files = Readonly<Record<string, Buffer | string>>;

/** Answers a request itself and returns true, or leaves it to the files. */
export type Fault = (request: IncomingMessage, response: ServerResponse, path: string) => boolean;

/** A server of a stream's files by name, with ranges, and what `remuxHls` needs to read `index.m3u8` from it. */
export async function serveStream(
  files: Files,
  { fault = () => false, ranges = true }: { readonly fault?: Fault; readonly ranges?: boolean } = {},
) {
  const port = await serveHttp((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname.slice(1);
    response.on('error', () => {});
    if (fault(request, response, path)) return;
    const content = files[path];
    if (content === undefined) return void response.writeHead(404).end();
    const bytes = Buffer.from(content);
    const range = ranges ? parseByteRange(request.headers.range, bytes.length) : null;
    if (range === null || range === 'unsatisfiable') return void response.end(bytes);
    response.writeHead(206, { 'content-range': `bytes ${range.start}-${range.end - 1}/${bytes.length}` });
    response.end(bytes.subarray(range.start, range.end));
  });
  const host = `127.0.0.1:${port}`;
  const http = createGuardedFetch({ allowedPrivateHosts: [host], userAgent: 'test/1' });
  onTestFinished(() => http.close());
  const options: RemuxOptions = {
    masterUrl: `http://${host}/index.m3u8`,
    http,
    tmpDir: await temporaryFolder(),
    maxBytes: 1_000_000_000,
  };
  return options;
}

/** A media playlist of these lines, complete. */
export function mediaPlaylist(...lines: readonly string[]): string {
  return ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:2', ...lines, '#EXT-X-ENDLIST', ''].join(
    '\n',
  );
}
