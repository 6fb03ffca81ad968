import type { Locator } from 'playwright-core';
import { waitFor } from '../support/wait.ts';

/** Plays a video as a person would, from a part of its length on. */
export async function play(video: Locator, fromPart = 0): Promise<void> {
  await video.evaluate(async (element: HTMLVideoElement, part) => {
    element.muted = true;
    if (element.readyState < HTMLMediaElement.HAVE_METADATA) {
      await new Promise((resolve) => element.addEventListener('loadedmetadata', resolve));
    }
    element.currentTime = element.duration * part;
    await element.play();
  }, fromPart);
}

/** Waits until a video shows later and later moments, from that part of its length on. */
export async function waitForPlayback(video: Locator, fromPart = 0): Promise<void> {
  const moments = new Set<number>();
  await waitFor(
    async () => {
      const moment = await video.evaluate((element: HTMLVideoElement, part) => {
        return element.videoWidth > 0 && element.currentTime > element.duration * part
          ? element.currentTime
          : null;
      }, fromPart);
      if (moment !== null) moments.add(moment);
      return moments.size > 3;
    },
    { what: 'the video to advance' },
  );
}
