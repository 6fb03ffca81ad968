import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { responseTooLarge, toRequestError } from './errors.ts';

const decompressors: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

export interface BodyLimits {
  readonly url: URL;
  /** Bytes after decompression, so a small body that unpacks to a large one is stopped too. */
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The readable body of an answer: unpacked, counted, and failing with our errors only. Destroying it closes the
 * connection; a failing connection destroys it.
 */
export function openBody(raw: Readable, contentEncoding: string | null, limits: BodyLimits): Readable {
  const meter = new Meter(limits);
  const unpack =
    contentEncoding === null ? undefined : decompressors[contentEncoding.trim().toLowerCase()]?.();
  // The meter reports errors to its reader, so there is nothing left to do here.
  const done = () => {};
  return unpack ? pipeline(raw, unpack, meter, done) : pipeline(raw, meter, done);
}

/** True when the body is not stored as sent: lengths and ranges in headers then do not speak of what is read. */
export function isCompressed(contentEncoding: string | null): boolean {
  return contentEncoding !== null && contentEncoding.trim().toLowerCase() in decompressors;
}

class Meter extends Transform {
  readonly #limits: BodyLimits;
  #bytes = 0;

  constructor(limits: BodyLimits) {
    super();
    this.#limits = limits;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#bytes += chunk.length;
    const { maxBytes, url } = this.#limits;
    if (this.#bytes > maxBytes) callback(responseTooLarge(url, maxBytes));
    else callback(null, chunk);
  }

  // Not `_destroy`: who begins to read after the failure is told the error that was passed in here.
  override destroy(error?: Error): this {
    const reported = error && toRequestError(error, this.#limits.url, this.#limits.signal);
    return super.destroy(reported instanceof Error ? reported : error);
  }
}
