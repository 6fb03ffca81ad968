import type { Logger } from 'pino';
import { type Hub, streamTopicName } from '../realtime/hub.ts';
import type { Database } from '../store/database.ts';
import { findEnded, lastEvent } from './outcome.ts';

/** The app sends the last event of a stream itself, at about the time of its answer. */
const patienceMs = 3_000;

/** Sees to it that nobody waits for ever for the end of an endpoint's stream: the app may not have been able to send it. */
export class EndpointStreams {
  readonly #hub: Hub;
  readonly #database: Database;
  readonly #logger: Logger;

  constructor(parts: { hub: Hub; database: Database; logger: Logger }) {
    this.#hub = parts.hub;
    this.#database = parts.database;
    this.#logger = parts.logger;
  }

  /** The last event of the stream of a run that has ended, else null. */
  readonly lastEvent = async (runId: string): Promise<string | null> => {
    const run = await findEnded(this.#database, runId);
    return run === null ? null : lastEvent(run);
  };

  /** A run has ended. */
  finish(runId: string): void {
    const topic = { channel: runId, name: streamTopicName };
    if (this.#hub.subscribersOf(topic).length === 0) return;
    setTimeout(() => {
      this.#close(runId).catch((error: unknown) =>
        this.#logger.error({ err: error, runId }, 'Cannot finish the stream of a run'),
      );
    }, patienceMs).unref();
  }

  async #close(runId: string): Promise<void> {
    const subscribers = this.#hub.subscribersOf({ channel: runId, name: streamTopicName });
    if (subscribers.length === 0) return;
    const event = new TextEncoder().encode((await this.lastEvent(runId)) ?? '');
    for (const subscriber of subscribers) {
      subscriber.receiveRaw(event);
      subscriber.close();
    }
  }
}
