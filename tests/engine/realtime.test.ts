import { once } from 'node:events';
import { realtime } from 'inngest/realtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { limits } from '../../engine/protocol/limits.ts';
import { waitFor } from '../support/wait.ts';
import { gate, startTestBed, type TestBed } from './engine-app.ts';

const orders = realtime.channel({
  name: (id: string) => `order:${id}`,
  topics: { state: { schema: z.object({ state: z.string() }) }, text: { schema: z.any() } },
});

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

it('lets no other website listen in dev mode, whatever token it has', async () => {
  const bed = await startTestBed({ functions: noFunctions });
  const { key } = await bed.client.realtime.token({ channel: orders('1'), topics: ['text'] });
  const headers = { origin: 'https://evil.example' };

  const stream = await fetch(new URL(`/v1/realtime/sse?token=${key}`, bed.engine.url), { headers });
  const socket = new WebSocket(
    new URL(`/v1/realtime/connect?token=${key}`, bed.engine.url.replace('http', 'ws')),
    { headers },
  );
  const [, refusal] = await once(
    socket.on('error', () => undefined),
    'unexpected-response',
  );

  expect([stream.status, refusal.statusCode]).toEqual([403, 403]);
});

function noFunctions(client: TestBed['client']) {
  return [client.createFunction({ id: 'idle', triggers: [{ event: 'shop/idle' }] }, () => null)];
}
