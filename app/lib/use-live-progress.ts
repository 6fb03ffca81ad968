'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import type { ImportProgress } from '../../src/imports/types.ts';

/** How often the server-rendered lists below the numbers are fetched again while an import runs. */
const refreshMs = 2_500;
const reconnectMs = 2_000;

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

    let stream: EventSource | undefined;
    let reconnect: ReturnType<typeof setTimeout> | undefined;
    let stale = false;
    const refresh = setInterval(() => {
      // Not while the server is away: a refresh that fails makes Next.js leave the page for the browser's own error.
      if (!stale || stream?.readyState !== EventSource.OPEN) return;
      stale = false;
      router.refresh();
    }, refreshMs);
    const stop = () => {
      clearInterval(refresh);
      clearTimeout(reconnect);
      stream?.close();
    };

    const connect = () => {
      const opened = new EventSource(`/imports/${initial.id}/events`);
      stream = opened;
      opened.addEventListener('open', () => setConnected(true));
      opened.addEventListener('progress', (event) => {
        stale = true;
        setProgress(parseProgress(event));
      });
      opened.addEventListener('error', () => {
        setConnected(false);
        // A browser connects again after a cut, but gives up after an answer such as 500 while the database restarts.
        if (opened.readyState === EventSource.CLOSED) reconnect = setTimeout(connect, reconnectMs);
      });
      opened.addEventListener('end', () => {
        stop();
        router.refresh();
      });
    };
    connect();
    return stop;
  }, [following, initial.id, router]);

  return { progress: following ? progress : initial, connected };
}

/** The stream's data is our own server's `ImportProgress`; there is no third party between the two. */
function parseProgress(event: MessageEvent<string>): ImportProgress {
  return JSON.parse(event.data) as ImportProgress;
}
