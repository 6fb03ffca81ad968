import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { limits } from '../protocol/limits.ts';
import type { Topic } from '../server/tokens.ts';
import type { Hub, Subscriber } from './hub.ts';

const heartbeatMs = 15_000;
const encoder = new TextEncoder();

/**
 * Answers with what is published in the topics from now on, as server-sent events. A subscriber who reads slower than
 * others publish is disconnected when `limits.subscriberBytes` wait for it.
 *
 * @param last what there is to say at once; nothing follows it
 */
export function streamEvents(
  context: Context,
  hub: Hub,
  topics: readonly Topic[],
  last: string | null,
): Response {
  let end: () => void = () => undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (bytes: Uint8Array) => {
          controller.enqueue(bytes);
          if ((controller.desiredSize ?? 0) > 0) return;
          end();
          connectionOf(context).destroy();
        };
        const subscriber: Subscriber = {
          receive: (text) => send(encoder.encode(`data: ${text}\n\n`)),
          receiveRaw: send,
          close() {
            end();
            controller.close();
          },
        };
        const unsubscribe = hub.subscribe(topics, subscriber);
        const heartbeat = setInterval(() => send(encoder.encode(':\n\n')), heartbeatMs);
        end = () => {
          clearInterval(heartbeat);
          unsubscribe();
        };
        send(encoder.encode(last ?? ':\n\n'));
        if (last !== null) subscriber.close();
      },
      cancel: () => end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: limits.subscriberBytes }),
  );
  return context.body(body, 200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    // The token is what protects the stream; pages of the app's own origin read it.
    'access-control-allow-origin': '*',
  });
}

/** Node's own object for the answer: the server of `listener.ts` gives it along with each request, which Hono's types do not know. */
function connectionOf(context: Context): HttpBindings['outgoing'] {
  return (context.env as HttpBindings).outgoing;
}
