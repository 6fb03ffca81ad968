import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { readMediaFacts } from './facts.ts';

const media = join(import.meta.dirname, '../../simulator/content/media');

describe('readMediaFacts', () => {
  it('reads duration and size of a video, and the duration of a recording', async () => {
    const video = await readMediaFacts(join(media, 'lake.mp4'), 'video/mp4');
    const recording = await readMediaFacts(join(media, 'drying-bell.mp3'), 'audio/mpeg');

    expect(video).toEqual({ durationMs: expect.any(Number), width: 640, height: 360 });
    expect(recording).toEqual({ durationMs: expect.any(Number) });
    expect(recording.durationMs).toBeGreaterThan(500);
  });

  it('reads the size of an image as it is shown', async () => {
    const path = join(await temporaryFolder(), 'turned.jpg');
    const pixels = { width: 40, height: 20, channels: 3 as const, background: 'red' };
    await sharp({ create: pixels }).withMetadata({ orientation: 6 }).jpeg().toFile(path);

    expect(await readMediaFacts(path, 'image/jpeg')).toEqual({ width: 20, height: 40 });
  });

  it('knows nothing of what it cannot understand', async () => {
    const path = join(await temporaryFolder(), 'broken');
    await writeFile(path, 'not media');

    for (const type of ['video/mp4', 'audio/mpeg', 'image/png', 'application/pdf']) {
      expect(await readMediaFacts(path, type)).toEqual({});
    }
  });
});
