import { randomBytes } from 'node:crypto';
import { decodeTime, encodeTime } from 'ulid';
import { describe, expect, it } from 'vitest';
import { serverUnderTest } from './server-under-test.ts';
import { type AppParts, startApp } from './support/sdk-app.ts';
import { askApi, post, postEvents } from './support/server-api.ts';

const id = /^[0-9A-HJKMNP-TV-Z]{26}$/;

const echo = ({ client, event }: AppParts) => [
  client.createFunction({ id: 'echo', triggers: [{ event: event('go') }] }, async ({ event }) => event),
];

function later(ms: number): number {
  return Date.now() + ms;
}

describe.concurrent('an event', () => {
  it('is taken alone or in a list, and gets ids in order', async () => {
    const server = await serverUnderTest();

    const one = await postEvents(server, '{"name":"events/unheard"}');
    const two = await postEvents(server, '[{"name":"events/unheard"},{"name":"events/unheard"}]');

    expect(one).toEqual({ status: 200, body: { ids: [expect.stringMatching(id)], status: 200 } });
    expect(two.body.ids).toEqual([expect.stringMatching(id), expect.stringMatching(id)]);
    expect(new Set([...(one.body.ids ?? []), ...(two.body.ids ?? [])]).size).toBe(3);
  });

  it('may come as plain text, and an empty list is fine', async () => {
    const server = await serverUnderTest();

    const text = await postEvents(server, '{"name":"events/unheard"}', { 'content-type': 'text/plain' });
    const empty = await postEvents(server, '[]');

    expect(text.status).toBe(200);
    expect(empty).toEqual({ status: 200, body: { ids: [''], status: 200 } });
  });

  it('is completed for functions: data, id, time and user', async () => {
    const app = await startApp(echo);
    const sentAtMs = Date.now();

    const { body } = await postEvents(app.server, JSON.stringify({ name: app.event('go') }));
    const { output } = await app.ended(body.ids?.[0] ?? '');

    expect(output).toMatchObject({ name: app.event('go'), data: {}, id: body.ids?.[0], user: {} });
    expect(Math.abs((output as { ts: number }).ts - sentAtMs)).toBeLessThan(300_000);
    expect(decodeTime(body.ids?.[0] ?? '')).toBeGreaterThan(sentAtMs - 300_000);
  });

  it('keeps what was sent: data, id, time, user and version', async () => {
    const app = await startApp(echo);
    const event = {
      name: app.event('go'),
      data: { text: 'é\u{1f600}', n: 1.5, list: [null, { a: 1 }], '10': true },
      id: `custom-${app.id}`,
      ts: Date.UTC(2024, 1, 29),
      user: { id: 'u1' },
      v: '2',
    };

    await postEvents(app.server, JSON.stringify(event));

    expect((await app.ended(event.id)).output).toMatchObject(event);
  });

  it.each([null, undefined])('with %s as data has an empty object', async (data) => {
    const app = await startApp(echo);

    const { body } = await postEvents(app.server, JSON.stringify({ name: app.event('go'), data }));

    expect((await app.ended(body.ids?.[0] ?? '')).output).toMatchObject({ data: {} });
  });

  it('cannot bring the key that is for internal use', async () => {
    const app = await startApp(echo);

    const run = await app.run({ name: 'go', data: { _inngest: { fn_id: 'x' }, kept: 1 } });

    expect((run.output as { data: unknown }).data).toEqual({ kept: 1 });
  });

  it('with ts 0 starts now', async () => {
    const app = await startApp(echo);

    const run = await app.run({ name: 'go', ts: 0 });

    expect((run.output as { ts: number }).ts).toBeGreaterThan(Date.UTC(2020, 0, 1));
  });

  it('with a time in the future starts its runs then', async () => {
    const app = await startApp(echo);
    const ts = later(2_000);

    await app.run({ name: 'go', ts });

    expect(app.calls[0]?.receivedAtMs).toBeGreaterThanOrEqual(ts);
  });

  it.each([
    [{ name: '' }, 'event name is empty'],
    [{}, 'event name is empty'],
    [{ name: 'inngest/function.failed' }, 'event name is reserved for internal use: inngest/function.failed'],
    [{ name: 'INNGEST/x' }, 'event name is reserved for internal use'],
    [{ name: 'a', id: 7 }, ''],
    [{ name: 'a', data: [1] }, ''],
    [{ name: 'a', data: 'text' }, ''],
    [{ name: 'a', ts: Date.UTC(1979, 0, 1) }, ''],
    [{ name: 'a', ts: Date.UTC(2101, 0, 1) }, ''],
  ])('that is not valid is refused: %j', async (bad, error) => {
    const { status, body } = await postEvents(await serverUnderTest(), JSON.stringify(bad));

    expect(status).toBe(400);
    expect(body).toMatchObject({ status: 400, error: expect.stringContaining(error) });
    expect(body.ids ?? []).toEqual([]);
  });

  it('that is not valid does not undo those before it in the list', async () => {
    const app = await startApp(echo);
    const events = [{ name: app.event('go') }, { name: '' }, { name: app.event('go') }];

    const { status, body } = await postEvents(app.server, JSON.stringify(events));
    const run = await app.ended(body.ids?.[0] ?? '');

    expect([status, body.status, body.ids?.length]).toEqual([400, 400, 1]);
    expect(run.status).toBe('COMPLETED');
  });

  it.each(['{"name":', 'hello', ''])('that is not JSON is refused: %j', async (text) => {
    const { status } = await postEvents(await serverUnderTest(), text);

    expect(status).toBe(400);
  });
});

describe.concurrent('a repeated event', () => {
  it('with the same seed gets the same id, and starts nothing twice', async () => {
    const app = await startApp(echo);
    const entropy = randomBytes(10);
    entropy.writeUInt32BE(7, 6);
    const seed = `${Date.now()},${entropy.toString('base64')}`;
    const send = () =>
      postEvents(app.server, JSON.stringify([{ name: app.event('go') }, { name: app.event('go') }]), {
        'x-inngest-event-id-seed': seed,
      });

    const first = await send();
    const second = await send();
    await Promise.all((first.body.ids ?? []).map((eventId) => app.ended(eventId)));
    await app.run({ name: 'go' });

    expect(second.body.ids).toEqual(first.body.ids);
    expect(app.calls).toHaveLength(3);
  });

  it('has ids counted up from the seed', async () => {
    const entropy = Buffer.alloc(10);
    entropy.writeUInt32BE(Date.now() % 2 ** 30, 6);
    const timeMs = Date.UTC(2026, 0, 1);
    const idAt = (n: number) => {
      const bytes = Buffer.from(entropy);
      bytes.writeUInt32BE(bytes.readUInt32BE(6) + n, 6);
      return encodeTime(timeMs, 10) + crockford(bytes);
    };

    const { body } = await postEvents(
      await serverUnderTest(),
      JSON.stringify([{ name: 'events/unheard' }, { name: 'events/unheard' }]),
      { 'x-inngest-event-id-seed': `${timeMs},${entropy.toString('base64')}` },
    );

    expect(body.ids).toEqual([idAt(1), idAt(2)]);
  });

  it('with the same custom id starts each function once, also after the run has ended', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'a', triggers: [{ event: event('go') }] }, async () => 'a'),
      client.createFunction({ id: 'b', triggers: [{ event: event('other') }] }, async () => 'b'),
    ]);
    const customId = `order-${app.id}`;

    const first = await app.send({ name: 'go', id: customId });
    await app.ended(customId, 'a');
    const second = await app.send({ name: 'go', id: customId });
    await app.send({ name: 'other', id: customId });
    await app.ended(customId, 'b');
    await app.run({ name: 'go' }, 'a');

    expect(second).not.toBe(first);
    expect(app.callsOf('a')).toHaveLength(2);
    expect(app.callsOf('b')).toHaveLength(1);
    const stored = await askApi<{ data: { name: string } }>(app.server, `/v1/events/${second}`);
    expect(stored.body.data.name).toBe(app.event('go'));
  });

  it('with the same custom id in one request starts one run', async () => {
    const app = await startApp(echo);
    const customId = `order-${app.id}`;

    const ids = await app.sendAll([
      { name: 'go', id: customId },
      { name: 'go', id: customId },
    ]);
    await app.ended(customId);
    await app.run({ name: 'go' });

    expect(new Set(ids).size).toBe(2);
    expect(app.calls).toHaveLength(2);
  });
});

describe.concurrent('a direct invocation', () => {
  it('starts the function that it names, with the given data', async () => {
    const app = await startApp(({ client }) => [
      client.createFunction({ id: 'fn', triggers: [] }, async ({ event }) => ({
        name: event.name,
        n: event.data.n,
      })),
    ]);

    const { status, body } = await askApi<{ id: string; status: number }>(
      app.server,
      `/invoke/${app.slug('fn')}`,
      post({ data: { n: 7 } }),
    );
    const run = await app.ended(body.id);

    expect([status, body.status]).toEqual([200, 200]);
    expect(run.output).toEqual({ name: 'inngest/function.invoked', n: 7 });
  });
});

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function crockford(bytes: Buffer): string {
  const value = BigInt(`0x${bytes.toString('hex')}`);
  return Array.from({ length: 16 }, (_, n) => alphabet[Number((value >> BigInt(75 - n * 5)) & 31n)]).join('');
}
