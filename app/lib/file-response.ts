import type { Readable } from 'node:stream';
import type { ByteRange, DeliveryHeaders } from '../../src/storage/types.ts';
import { parseRange } from './byte-range.ts';
import { contentDisposition } from './content-disposition.ts';

export interface ServedFile {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: number;
  /** Lower-case hex; the strong ETag. */
  readonly sha256: string;
  /** Made by us: it never changes, and nothing in it runs, not even in an SVG. */
  readonly isVariant?: boolean;
  read(range: Required<ByteRange> | undefined): Promise<Readable>;
  /** Null when the bytes have no address of their own. */
  presign: ((headers: DeliveryHeaders) => Promise<string>) | null;
}

/** Types that a browser shows without running anything in them. SVG is not one: it may hold scripts. */
const inlineTypes =
  /^(image\/(png|apng|jpeg|gif|webp|avif)|video\/(mp4|webm|ogg|quicktime)|audio\/(mpeg|mp4|aac|ogg|wav|x-wav|flac|x-m4a|webm)|application\/pdf|text\/vtt)$/;

/**
 * Answers GET or HEAD for a file: whole or one range (RFC 9110 §14), conditional (§13), never sniffed, and shown inside the
 * browser only when its type is harmless there. A file with an address of its own is got from there, ranges too; HEAD is
 * answered here, for the address is signed for GET.
 */
export async function fileResponse(request: Request, file: ServedFile): Promise<Response> {
  const etag = `"${file.sha256}"`;
  const headers = headersOf(request, file, etag);
  if (matches(request.headers.get('if-none-match'), etag))
    return new Response(null, { status: 304, headers });

  if (file.presign && request.method === 'GET') return sendOn(headers, file.presign);

  const ifRange = request.headers.get('if-range');
  const rangeApplies = request.method === 'GET' && (ifRange === null || ifRange === etag);
  const answer = parseRange(rangeApplies ? request.headers.get('range') : null, file.bytes);

  if (answer.kind === 'unsatisfiable') {
    headers.set('Content-Range', `bytes */${file.bytes}`);
    return new Response(null, { status: 416, headers });
  }
  const range = answer.kind === 'part' ? answer.range : undefined;
  if (range) headers.set('Content-Range', `bytes ${range.start}-${range.end}/${file.bytes}`);
  headers.set('Content-Length', String(range ? range.end - range.start + 1 : file.bytes));
  const body = request.method === 'HEAD' ? null : webStream(await file.read(range));
  return new Response(body, { status: range ? 206 : 200, headers });
}

/** The other side cannot say `nosniff`, but it is another origin, and only harmless types come from there as what they are. */
async function sendOn(headers: Headers, presign: NonNullable<ServedFile['presign']>): Promise<Response> {
  const address = await presign({
    contentType: headers.get('Content-Type') ?? '',
    contentDisposition: headers.get('Content-Disposition') ?? '',
  });
  // Whoever keeps the address longer than it holds shows a broken file; whoever passes it on as a referrer shows it to others.
  return new Response(null, {
    status: 307,
    headers: { Location: address, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' },
  });
}

function headersOf(request: Request, file: ServedFile, etag: string): Headers {
  const harmless = file.isVariant || inlineTypes.test(file.contentType);
  const wantsDownload = new URL(request.url).searchParams.has('download');
  return new Headers({
    'Accept-Ranges': 'bytes',
    // A re-import may put other bytes behind the same address: keep a copy, but ask each time whether it is still right.
    // The address of a variant holds its hash.
    'Cache-Control': file.isVariant ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    'Content-Disposition': contentDisposition(
      harmless && !wantsDownload ? 'inline' : 'attachment',
      file.name,
    ),
    'Content-Security-Policy': policyOf(file.contentType),
    'Content-Type': harmless ? file.contentType : 'application/octet-stream',
    'Cross-Origin-Resource-Policy': 'same-origin',
    ETag: etag,
    'X-Content-Type-Options': 'nosniff',
  });
}

const closedPolicy = "default-src 'none'; sandbox; frame-ancestors 'self'";

/**
 * Browsers' PDF viewers are pages of their own that a sandbox or a strict policy would leave blank; drawings have styles of their
 * own.
 */
function policyOf(contentType: string): string {
  if (contentType === 'application/pdf') return "frame-ancestors 'self'";
  return contentType === 'image/svg+xml' ? `${closedPolicy}; style-src 'unsafe-inline'` : closedPolicy;
}

/** Weak comparison, as If-None-Match asks for (RFC 9110 §13.1.2). */
function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}

/** A body that is read as fast as the reader takes it, and whose file is closed when the reader goes away. */
function webStream(stream: Readable): ReadableStream<Uint8Array> {
  // Not Readable.toWeb: on Node 20 it throws outside of any promise when a reader leaves in mid-chunk, as a seeking player does.
  const chunks = stream[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await chunks.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel() {
      stream.destroy();
    },
  });
}
