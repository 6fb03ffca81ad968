import type { Database } from '../db/client.ts';
import { getLog } from './log.ts';
import { mapError } from './map-error.ts';
import { sweepOutbox } from './outbox.ts';

export interface OutboxRelay {
  /** Ends after the sweep that is under way. */
  stop(): Promise<void>;
}

/** Events younger than this are most likely being sent by the process that wrote them. */
const graceMs = 2_000;
const eventsPerSweep = 1_000;

/**
 * Sends, for as long as the process hosts jobs, what was committed and not sent. The cron job does the same once a minute; the
 * relay makes the wait after a crash or an outage a matter of seconds.
 *
 * @param options.intervalMs pause between two looks
 */
export function startOutboxRelay(database: Database, options: { readonly intervalMs: number }): OutboxRelay {
  let stopped = false;
  let wake = () => {};

  const loop = async () => {
    while (!stopped) {
      const isMore = await sweepOnce(database);
      if (!stopped && !isMore) await pause(options.intervalMs, (end) => (wake = end));
    }
  };
  const ended = loop();
  return {
    async stop() {
      stopped = true;
      wake();
      await ended;
    },
  };
}

/** True when there is probably more to send. */
async function sweepOnce(database: Database): Promise<boolean> {
  try {
    const { published } = await sweepOutbox(database, { olderThanMs: graceMs, limit: eventsPerSweep });
    return published === eventsPerSweep;
  } catch (error) {
    getLog().warn({ err: mapError(error) }, 'The outbox could not be swept and is looked at again');
    return false;
  }
}

function pause(ms: number, onStart: (end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    onStart(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
