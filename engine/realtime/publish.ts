import { randomUUID } from 'node:crypto';
import type { Topic } from '../server/tokens.ts';
import { type Hub, streamTopicName } from './hub.ts';

interface Source extends Topic {
  readonly runId: string | undefined;
}

/** Publishes one message. What is not JSON is text. */
export function publishMessage(hub: Hub, source: Source, body: string): void {
  hub.publish(source, message(source, 'data', jsonOrText(body)));
}

/** Publishes a text piece by piece, as it arrives. */
export async function publishStream(
  hub: Hub,
  source: Source,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const streamId = randomUUID();
  const decoder = new TextDecoder();
  const publishChunk = (data: string) => {
    if (data !== '') hub.publish(source, { ...message(source, 'chunk', data), stream_id: streamId });
  };
  hub.publish(source, message(source, 'datastream-start', streamId));
  try {
    for await (const bytes of body) publishChunk(decoder.decode(bytes, { stream: true }));
    publishChunk(decoder.decode());
  } finally {
    hub.publish(source, message(source, 'datastream-end', streamId));
  }
}

/** Hands a body to those who follow the channel's stream, byte by byte as it is. */
export async function teeStream(hub: Hub, channel: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of body) {
    for (const subscriber of hub.subscribersOf({ channel, name: streamTopicName }))
      subscriber.receiveRaw(bytes);
  }
}

function message({ channel, name, runId }: Source, kind: string, data: unknown): object {
  return { kind, channel, topic: name, data, run_id: runId, created_at: new Date().toISOString() };
}

function jsonOrText(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
