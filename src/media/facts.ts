import { readImageSize } from './image-size.ts';
import { ALL_FORMATS, FilePathSource, Input } from './mediabunny.ts';

/** What a player or page needs to know before it loads the file. Absent facts are unknown. */
export interface MediaFacts {
  readonly durationMs?: number;
  /** Pixels as shown: rotation that the file asks for is applied. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Reads duration and dimensions from a file's headers. A file that cannot be understood has no facts: it may still be
 * what its owner wants to keep.
 */
export async function readMediaFacts(path: string, contentType: string): Promise<MediaFacts> {
  try {
    if (contentType.startsWith('image/')) return await readImageSize(path, contentType);
    if (/^(audio|video)\/|^application\/ogg$/.test(contentType)) return await readPlayableFacts(path);
    return {};
  } catch {
    return {};
  }
}

async function readPlayableFacts(path: string): Promise<MediaFacts> {
  const input = new Input({
    formats: ALL_FORMATS,
    source: new FilePathSource(path, { handleUnhandledError: () => {} }),
  });
  try {
    const durationS = (await input.getDurationFromMetadata()) ?? (await input.computeDuration());
    const video = await input.getPrimaryVideoTrack();
    return {
      durationMs: Math.round(durationS * 1000),
      ...(video && { width: await video.getDisplayWidth(), height: await video.getDisplayHeight() }),
    };
  } finally {
    input.dispose();
  }
}
