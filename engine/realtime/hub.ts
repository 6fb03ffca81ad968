import type { Topic } from '../server/tokens.ts';

/** Whoever receives what is published. Must not throw, and must not keep more than it can bound. */
export interface Subscriber {
  /** @param text a message of the realtime API as JSON */
  receive(text: string): void;
  /** @param bytes a piece of a stream as its publisher sent it */
  receiveRaw(bytes: Uint8Array): void;
  close(): void;
}

/** In a run's channel, what its app streams to the client of a durable endpoint. */
export const streamTopicName = '$stream';

/**
 * Hands what is published to those who are subscribed at that moment. Nothing is kept: who comes later has missed it, as with
 * the official server (inngest.com/docs/features/realtime).
 */
export class Hub {
  readonly #subscribers = new Map<string, Set<Subscriber>>();

  /** @returns ends the subscription */
  subscribe(topics: readonly Topic[], subscriber: Subscriber): () => void {
    const keys = topics.map(keyOf);
    for (const key of keys) {
      const known = this.#subscribers.get(key) ?? new Set();
      this.#subscribers.set(key, known.add(subscriber));
    }
    return () => {
      for (const key of keys) {
        const known = this.#subscribers.get(key);
        known?.delete(subscriber);
        if (known?.size === 0) this.#subscribers.delete(key);
      }
    };
  }

  get isEmpty(): boolean {
    return this.#subscribers.size === 0;
  }

  subscribersOf(topic: Topic): readonly Subscriber[] {
    return [...(this.#subscribers.get(keyOf(topic)) ?? [])];
  }

  publish(topic: Topic, message: object): void {
    const subscribers = this.subscribersOf(topic);
    if (subscribers.length === 0) return;
    const text = JSON.stringify(message);
    for (const subscriber of subscribers) subscriber.receive(text);
  }

  /** Ends all subscriptions. */
  close(): void {
    for (const subscribers of [...this.#subscribers.values()]) {
      for (const subscriber of [...subscribers]) subscriber.close();
    }
  }
}

function keyOf({ channel, name }: Topic): string {
  return JSON.stringify([channel, name]);
}
