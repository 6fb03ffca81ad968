'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import type { ImportProgress } from '../../src/imports/types.ts';

/** How often the server-rendered lists below the numbers are fetched again while an import runs. */
const refreshMs = 2_500;

export interface LiveProgress {
  readonly progress: ImportProgress;
  /** False while the stream is down; the browser keeps trying to connect again. */
  readonly connected: boolean;
}

/**
 * Follows an import: begins with what the server rendered, then takes every change from the event stream until the import is
 * final. The rest of the page is refreshed behind it, at a calm pace and once more at the end.
 */
export function useLiveProgress(initial: ImportProgress): LiveProgress {
  const router = useRouter();
  const [progress, setProgress] = useState(initial);
  const [connected, setConnected] = useState(true);
  const following = initial.finishedAt === null;

  useEffect(() => {
    if (!following) return;

    const stream = new EventSource(`/imports/${initial.id}/events`);
    let stale = false;
    const refresh = setInterval(() => {
      if (stale) router.refresh();
      stale = false;
    }, refreshMs);

    stream.addEventListener('open', () => setConnected(true));
    stream.addEventListener('error', () => setConnected(false));
    stream.addEventListener('progress', (event) => {
      stale = true;
      setProgress(parseProgress(event));
    });
    stream.addEventListener('end', () => {
      stream.close();
      clearInterval(refresh);
      router.refresh();
    });
    return () => {
      stream.close();
      clearInterval(refresh);
    };
  }, [following, initial.id, router]);

  return { progress: following ? progress : initial, connected };
}

/** The stream's data is our own server's `ImportProgress`; there is no third party between the two. */
function parseProgress(event: MessageEvent<string>): ImportProgress {
  return JSON.parse(event.data) as ImportProgress;
}
