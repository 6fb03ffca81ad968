import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { assetTooLarge } from '../assets/errors.ts';
import { describeUrl } from '../http/url.ts';
import { assertFreeSpace } from '../storage/disk-space.ts';
import { PartialFile } from '../storage/partial-file.ts';
import type { RemuxOptions } from './hls.ts';
import type { HlsStream } from './hls-stream.ts';
import { Mp4OutputFormat, Output, StreamTarget, type StreamTargetChunk } from './mediabunny.ts';
import { prepareMoov } from './moov.ts';
import { copyTracks } from './packets.ts';

interface Draft {
  readonly path: string;
  /** The index of the media, which the muxer knows only when all of it is written. */
  readonly moov: { readonly data: Uint8Array; readonly position: number };
  readonly ftypBytes: number;
}

/** How much is written between two looks at the disk's free space. */
const checkEveryBytes = 8 * 1024 * 1024;

/**
 * Copies the packets of the best video and audio track into an MP4. Media first, its index behind it (which keeps
 * memory bounded), then once more with the index in front, so that players can begin before they have all of it.
 */
export async function writeMp4(
  stream: HlsStream,
  options: RemuxOptions,
): Promise<{ readonly path: string; readonly bytes: number; readonly sha256: string }> {
  const final = await PartialFile.create(options.tmpDir);
  const draftPath = `${final.path}.draft`;
  try {
    const draft = await writeDraft(stream, draftPath, options);
    const attempt = `finish ${describeUrl(options.masterUrl)}`;
    await assertFreeSpace(options.tmpDir, draft.moov.position, attempt, options.readFreeBytes);
    await writeIndexFirst(draft, final);
    return { path: final.path, bytes: final.bytes, sha256: await final.finish() };
  } catch (error) {
    await final.discard();
    throw error;
  } finally {
    await rm(draftPath, { force: true });
  }
}

async function writeDraft(stream: HlsStream, path: string, options: RemuxOptions): Promise<Draft> {
  let ftypBytes = 0;
  let moov: Draft['moov'] | undefined;
  const handle = await open(path, 'wx');
  try {
    const format = new Mp4OutputFormat({
      fastStart: false,
      onFtyp: (data) => {
        ftypBytes = data.length;
      },
      onMoov: (data, position) => {
        moov = { data, position };
      },
    });
    const target = new StreamTarget(limitedWrites(handle, options), {
      chunked: true,
      chunkSize: 4 * 1024 * 1024,
    });
    await copyTracks(stream, new Output({ format, target }));
  } finally {
    await handle.close();
  }
  if (!moov) throw new Error('no index was written');
  return { path, moov, ftypBytes };
}

function limitedWrites(handle: FileHandle, options: RemuxOptions): WritableStream<StreamTargetChunk> {
  const { masterUrl, maxBytes, tmpDir, readFreeBytes } = options;
  let checkedBytes = Number.NEGATIVE_INFINITY;
  return new WritableStream({
    async write({ data, position }) {
      const end = position + data.length;
      if (end > maxBytes) throw assetTooLarge(masterUrl, maxBytes);
      if (end >= checkedBytes + checkEveryBytes) {
        checkedBytes = end;
        await assertFreeSpace(tmpDir, data.length, `download ${describeUrl(masterUrl)}`, readFreeBytes);
      }
      await handle.write(data, 0, data.length, position);
    },
  });
}

/** Beyond 4 GB the shifted index may not fit its own tables; it then stays behind, where players find it too. */
async function writeIndexFirst({ path, moov, ftypBytes }: Draft, final: PartialFile): Promise<void> {
  const first = prepareMoov(moov.data, moov.data.length);
  await appendPart(final, path, 0, ftypBytes);
  if (first) await final.append(first);
  await appendPart(final, path, ftypBytes, moov.position);
  const last = first ? null : prepareMoov(moov.data, 0);
  if (last) await final.append(last);
}

async function appendPart(file: PartialFile, path: string, start: number, end: number): Promise<void> {
  for await (const chunk of createReadStream(path, { start, end: end - 1, highWaterMark: 1024 * 1024 })) {
    await file.append(chunk);
  }
}
