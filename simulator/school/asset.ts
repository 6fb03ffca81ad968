import { readFileSync } from 'node:fs';

/** Bytes that can be read from anywhere, so that ranges and huge files cost no memory. */
export interface AssetBody {
  readonly sizeBytes: number;
  /** @param end excluded; at most `sizeBytes`. */
  slice(start: number, end: number): Uint8Array;
}

/** A file on one of the asset hosts. */
export interface Asset {
  readonly body: AssetBody;
  /** As the host declares it, which need not be true; null sends none. */
  readonly contentType: string | null;
  /** Status of GET; 403 is what many old uploads answer. */
  readonly status: 200 | 403 | 404;
  /** Where the host sends the client instead, as a URL of a real host. */
  readonly redirectTo?: string;
}

/** Folder of the files that the simulated school serves. */
export const mediaFolder = new URL('../content/media/', import.meta.url);

const files = new Map<string, Uint8Array>();

/** @throws {Error} of node:fs when `content/media` has no such file. */
export function readMedia(name: string): Uint8Array {
  let bytes = files.get(name);
  if (bytes === undefined) {
    bytes = readFileSync(new URL(name, mediaFolder));
    files.set(name, bytes);
  }
  return bytes;
}

export function bytesBody(bytes: Uint8Array): AssetBody {
  return { sizeBytes: bytes.byteLength, slice: (start, end) => bytes.subarray(start, end) };
}

/** Read at its first use. */
export function mediaBody(name: string): AssetBody {
  return {
    get sizeBytes() {
      return readMedia(name).byteLength;
    },
    slice: (start, end) => readMedia(name).subarray(start, end),
  };
}

const blockBytes = 64 * 1024;

/** Copies what `source`, lying at `sourceStart` of the body, contributes to `out`, which lies at `outStart`. */
function overlay(out: Uint8Array, outStart: number, source: Uint8Array, sourceStart: number): void {
  const start = Math.max(outStart, sourceStart);
  const end = Math.min(outStart + out.byteLength, sourceStart + source.byteLength);
  if (start < end) out.set(source.subarray(start - sourceStart, end - sourceStart), start - outStart);
}

/**
 * A body of any size that needs no memory: `head` (a file's real beginning, so that its type can be told), then filler. The
 * filler numbers its blocks and carries the seed, so that two seeds never give the same bytes and a wrong offset shows.
 */
export function fillerBody(head: Uint8Array, sizeBytes: number, seed: number): AssetBody {
  const pattern = Buffer.alloc(blockBytes, `filler ${seed}; `);
  const slice = (start: number, end: number) => {
    const out = new Uint8Array(end - start);
    for (let block = Math.floor(start / blockBytes); block * blockBytes < end; block += 1) {
      overlay(out, start, pattern, block * blockBytes);
      overlay(out, start, Buffer.from(`block ${block} of ${seed}; `), block * blockBytes);
    }
    overlay(out, start, head, 0);
    return out;
  };
  return { sizeBytes: Math.max(sizeBytes, head.byteLength), slice };
}
