import { once } from 'node:events';
import { realtime } from 'inngest/realtime';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { limits } from '../../engine/protocol/limits.ts';
import { waitFor } from '../support/wait.ts';
import { gate, startTestBed, type TestBed } from './engine-app.ts';

const orders = realtime.channel({
  name: (id: string) => `order:${id}`,
  topics: { state: { schema: z.object({ state: z.string() }) }, text: { schema: z.any() } },
});

// Browsers have it, and Node from version 22 on; the SDK's client takes the global one.
beforeEach(() => vi.stubGlobal('WebSocket', WebSocket));

interface Received {
  readonly kind: string;
  readonly topic?: string;
  readonly data: unknown;
  readonly runId?: string;
}

/** Subscribes with the SDK's client, with a token of the engine. */
async function subscribe(bed: TestBed, id: string, topics: ('state' | 'text')[]): Promise<Received[]> {
  const received: Received[] = [];
  const token = await bed.client.realtime.token({ channel: orders(id), topics });
  const subscription = await bed.client.realtime.subscribe({
    ...token,
    onMessage(message) {
      received.push(message);
    },
  });
  onTestFinished(() => subscription.close());
  return received;
}

/** Subscribes to a topic of order 1 by server-sent events. */
async function readEvents(bed: TestBed, topic: 'state' | 'text') {
  const { key } = await bed.client.realtime.token({ channel: orders('1'), topics: [topic] });
  return await openEvents(bed, key ?? '');
}

async function openEvents(bed: TestBed, token: string) {
  const response = await fetch(new URL('/v1/realtime/sse', bed.engine.url), {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const events = eventsOf(response.body?.pipeThrough(new TextDecoderStream()) ?? []);
  onTestFinished(() => void events.return(undefined));
  return {
    async next(): Promise<{ kind: string; data: unknown }> {
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

const modes = [{ signed: false }, { signed: true }];

describe.each(modes)('realtime with %o', (mode) => {
  it('brings what a function publishes to the subscribers of its topic and channel only', async () => {
    const bed = await startTestBed({
      ...mode,
      functions: (client) => [
        client.createFunction({ id: 'order', triggers: [{ event: 'shop/order' }] }, async ({ step }) => {
          await client.realtime.publish(orders('1').state, { state: 'paid' });
          await step.realtime.publish('tell', orders('1').state, { state: 'sent' });
          await client.realtime.publish(orders('2').state, { state: 'lost' });
        }),
      ],
    });
    const all = await subscribe(bed, '1', ['state', 'text']);
    const text = await subscribe(bed, '1', ['text']);
    const other = await subscribe(bed, '3', ['state']);

    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/order' }));
    await bed.client.realtime.publish(orders('1').text, 'end');
    await bed.client.realtime.publish(orders('3').state, { state: 'end' });
    await waitFor(() => text.length > 0 && other.length > 0, { what: 'the last messages' });

    expect(all.filter(({ topic }) => topic === 'state')).toMatchObject([
      { kind: 'data', topic: 'state', data: { state: 'paid' }, runId: run?.run_id },
      { kind: 'data', topic: 'state', data: { state: 'sent' }, runId: run?.run_id },
    ]);
    expect(text.map(({ data }) => data)).toEqual(['end']);
    expect(other.map(({ data }) => data)).toEqual([{ state: 'end' }]);
  });

  it('brings a stream piece by piece, with its beginning and its end', async () => {
    const bed = await startTestBed({ ...mode, functions: noFunctions });
    const events = await readEvents(bed, 'text');
    let say: (text: string) => void = () => undefined;
    let finish: () => void = () => undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        say = (text) => controller.enqueue(new TextEncoder().encode(text));
        finish = () => controller.close();
      },
    });

    const published = bed.client.realtime.publish(orders('1').text, body);
    say('grüß ');
    const start = await events.next();
    const first = await events.next();
    say('dich');
    const second = await events.next();
    finish();
    await published;

    expect(start).toMatchObject({ kind: 'datastream-start', channel: 'order:1', topic: 'text' });
    expect(first).toMatchObject({ kind: 'chunk', stream_id: start.data, data: 'grüß ' });
    expect(second).toMatchObject({ kind: 'chunk', stream_id: start.data, data: 'dich' });
    expect(await events.next()).toMatchObject({ kind: 'datastream-end', data: start.data });
  });

  it('sends the same as server-sent events', async () => {
    const bed = await startTestBed({ ...mode, functions: noFunctions });
    const events = await readEvents(bed, 'state');

    await bed.client.realtime.publish(orders('1').state, { state: 'paid' });

    expect(await events.next()).toMatchObject({ kind: 'data', topic: 'state', data: { state: 'paid' } });
  });

  it('tells of the steps and the end of a run in the channel of its id', async () => {
    const begin = gate();
    const bed = await startTestBed({
      ...mode,
      functions: (client) => [
        client.createFunction({ id: 'order', triggers: [{ event: 'shop/order' }] }, async ({ step }) => {
          await begin.opened;
          await step.run('pay', () => ({ paid: true }));
          return 'sent';
        }),
      ],
    });
    const eventId = await bed.send({ name: 'shop/order' });
    const [run] = await waitFor(
      async () => {
        const runs = await bed.runsOf(eventId);
        return runs.length > 0 && runs;
      },
      { what: 'the run' },
    );
    const topics = ['$step', '$run'].map((name) => ({ channel: run?.run_id, name, kind: 'run' }));
    const answer = await bed.api('/v1/realtime/token', { method: 'POST', body: JSON.stringify(topics) });
    const { jwt } = (await answer.json()) as { jwt: string };
    const events = await openEvents(bed, jwt);

    begin.open();

    const common = { channel: run?.run_id, run_id: run?.run_id };
    expect(await events.next()).toMatchObject({
      ...common,
      kind: 'step',
      topic: 'pay',
      data: { paid: true },
    });
    expect(await events.next()).toMatchObject({ ...common, kind: 'run', topic: '$run', data: 'sent' });
  });

  it('refuses subscribers without a token of the engine', async () => {
    const bed = await startTestBed({ ...mode, functions: noFunctions });
    const path = '/v1/realtime/connect?token=no.to.ken';
    const client = new WebSocket(new URL(path, bed.engine.url.replace('http', 'ws')));

    const [error] = await once(client, 'error');
    const events = await fetch(new URL('/v1/realtime/sse?token=no.to.ken', bed.engine.url));

    expect(String(error)).toContain('401');
    expect(events.status).toBe(401);
  });
});

it('lets nobody publish or ask for tokens without the API token', async () => {
  const bed = await startTestBed({ signed: true, functions: noFunctions });
  const topics = JSON.stringify([{ channel: 'order:1', name: 'state' }]);
  const paths = [
    '/v1/realtime/token',
    '/v1/realtime/publish?channel=a&topic=b',
    '/v1/realtime/publish/tee?channel=a',
  ];

  for (const path of paths) {
    const response = await fetch(new URL(path, bed.engine.url), { method: 'POST', body: topics });
    expect(response.status).toBe(401);
  }
});

it('disconnects subscribers who do not read what others publish', async () => {
  const bed = await startTestBed({ functions: noFunctions });
  const token = await bed.client.realtime.token({ channel: orders('1'), topics: ['text'] });
  const socket = new WebSocket(
    new URL(`/v1/realtime/connect?token=${token.key}`, bed.engine.url.replace('http', 'ws')),
  );
  await once(socket, 'open');
  const closed = once(socket, 'close');
  socket.pause();
  const unread = await fetch(new URL(`/v1/realtime/sse?token=${token.key}`, bed.engine.url));

  const text = 'x'.repeat(limits.realtimeMessageBytes - 2);
  for (let count = 0; count < 40; count += 1) await bed.client.realtime.publish(orders('1').text, text);
  socket.resume();

  await closed;
  await expect(unread.text()).rejects.toThrow();
});

function noFunctions(client: TestBed['client']) {
  return [client.createFunction({ id: 'idle', triggers: [{ event: 'shop/idle' }] }, () => null)];
}
