import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { realtime } from 'inngest/realtime';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { onScopeEnd } from '../support/scope.ts';
import { waitFor } from '../support/wait.ts';
import { patienceMs, serverModes, serverUnderTest } from './server-under-test.ts';
import { type AppParts, type SdkApp, startApp } from './support/sdk-app.ts';

const orders = realtime.channel({
  name: (id: string) => `order:${id}`,
  topics: { state: { schema: z.object({ state: z.string() }) }, text: { schema: z.any() } },
});

// Browsers have it, and Node from version 22 on; the SDK's client takes the global one.
vi.stubGlobal('WebSocket', WebSocket);

interface Received {
  readonly kind: string;
  readonly topic?: string;
  readonly data: unknown;
  readonly runId?: string;
}

/** Subscribes with the SDK's client, with a token of the server. */
async function subscribe(app: SdkApp, id: string, topics: ('state' | 'text')[]): Promise<Received[]> {
  const received: Received[] = [];
  const token = await app.client.realtime.token({ channel: orders(id), topics });
  const subscription = await app.client.realtime.subscribe({
    ...token,
    onMessage(message) {
      received.push(message);
    },
  });
  onScopeEnd(async () => subscription.close());
  return received;
}

/** Subscribes by server-sent events. */
async function readEvents(app: SdkApp, id: string, topic: 'state' | 'text') {
  const { key } = await app.client.realtime.token({ channel: orders(id), topics: [topic] });
  const response = await fetch(new URL(`/v1/realtime/sse?token=${key}`, app.server.url));
  const events = eventsOf(response.body?.pipeThrough(new TextDecoderStream()) ?? []);
  onScopeEnd(async () => void events.return(undefined));
  return {
    contentType: response.headers.get('content-type'),
    async next(): Promise<{
      kind: string;
      channel: string;
      topic: string;
      stream_id?: string;
      data: unknown;
    }> {
      const { value = '' } = await events.next();
      return JSON.parse(value);
    },
  };
}

async function* eventsOf(texts: AsyncIterable<string> | string[]): AsyncGenerator<string, undefined> {
  let unread = '';
  for await (const text of texts) {
    const parts = (unread + text).split('\n\n');
    unread = parts.pop() ?? '';
    for (const part of parts) if (part.startsWith('data: ')) yield part.slice('data: '.length);
  }
}

const idle = ({ client, event }: AppParts) => [
  client.createFunction({ id: 'idle', triggers: [{ event: event('idle') }] }, () => null),
];

/** The id of an order that nobody else has. */
function newOrder(): string {
  return randomUUID();
}

describe.concurrent.each(serverModes)('realtime, %s', (mode) => {
  it('brings what a function publishes to the subscribers of its topic and channel only', async () => {
    const id = newOrder();
    const app = await startApp(
      ({ client, event }) => [
        client.createFunction({ id: 'order', triggers: [{ event: event('order') }] }, async ({ step }) => {
          await client.realtime.publish(orders(id).state, { state: 'paid' });
          await step.realtime.publish('tell', orders(id).state, { state: 'sent' });
          await client.realtime.publish(orders(`${id}-other`).state, { state: 'lost' });
        }),
      ],
      { mode },
    );
    const all = await subscribe(app, id, ['state', 'text']);
    const text = await subscribe(app, id, ['text']);

    const run = await app.run({ name: 'order' });
    await app.client.realtime.publish(orders(id).text, 'end');
    await waitFor(() => text.length > 0 && all.length > 2, {
      what: 'the last message',
      timeoutMs: patienceMs,
    });

    expect(all.filter(({ topic }) => topic === 'state')).toMatchObject([
      { kind: 'data', data: { state: 'paid' }, runId: run.id },
      { kind: 'data', data: { state: 'sent' }, runId: run.id },
    ]);
    expect(text.map(({ data }) => data)).toEqual(['end']);
  });

  it('sends the same as server-sent events', async () => {
    const id = newOrder();
    const app = await startApp(idle, { mode });
    const events = await readEvents(app, id, 'state');

    await app.client.realtime.publish(orders(id).state, { state: 'paid' });

    expect(events.contentType).toContain('text/event-stream');
    expect(await events.next()).toMatchObject({ kind: 'data', topic: 'state', data: { state: 'paid' } });
  });

  it('brings a stream piece by piece, with its beginning and its end', async () => {
    const id = newOrder();
    const app = await startApp(idle, { mode });
    const events = await readEvents(app, id, 'text');
    let say: (text: string) => void = () => undefined;
    let finish: () => void = () => undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        say = (text) => controller.enqueue(new TextEncoder().encode(text));
        finish = () => controller.close();
      },
    });

    const published = app.client.realtime.publish(orders(id).text, body);
    say('grüß ');
    const start = await events.next();
    const first = await events.next();
    say('dich');
    const second = await events.next();
    finish();
    await published;

    expect(start).toMatchObject({ kind: 'datastream-start', topic: 'text' });
    expect(first).toMatchObject({ kind: 'chunk', stream_id: start.data, data: 'grüß ' });
    expect(second).toMatchObject({ kind: 'chunk', stream_id: start.data, data: 'dich' });
    expect(await events.next()).toMatchObject({ kind: 'datastream-end', data: start.data });
  });

  it('refuses subscribers without a token', async () => {
    const server = await serverUnderTest(mode);
    const path = '/v1/realtime/connect?token=no.to.ken';
    const socket = new WebSocket(new URL(path, server.url.replace('http', 'ws')));

    const [error] = await once(socket, 'error');
    const events = await fetch(new URL('/v1/realtime/sse?token=no.to.ken', server.url));

    expect(String(error)).toContain('401');
    expect(events.status).toBe(401);
  });
});

describe.runIf(serverModes.includes('signed'))('realtime of a server that signs', () => {
  it.each(['token', 'publish?channel=a&topic=b', 'publish/tee?channel=a'])(
    'lets nobody use /%s without the API token',
    async (path) => {
      const { url } = await serverUnderTest('signed');
      const body = JSON.stringify([{ channel: 'order:1', name: 'state', kind: 'run' }]);

      const { status } = await fetch(new URL(`/v1/realtime/${path}`, url), { method: 'POST', body });

      expect(status).toBe(401);
    },
  );
});
