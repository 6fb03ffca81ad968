import { describe, expect, it } from 'vitest';
import { gate } from './support/gate.ts';
import { callsWhenQuiet } from './support/quiet.ts';
import { startApp } from './support/sdk-app.ts';

async function startSingle(mode: 'skip' | 'cancel') {
  const release = gate();
  const ended: unknown[] = [];
  const app = await startApp(({ client, event }) => [
    client.createFunction(
      {
        id: 'fn',
        triggers: [{ event: event('go') }],
        singleton: { mode, key: 'event.data.shop == "free" ? false : event.data.shop' },
      },
      async ({ event: { data }, step }) => {
        await step.run('begin', () => release.opened);
        await step.sleep('nap', '1s');
        await step.run('end', () => void ended.push(data.n));
      },
    ),
  ]);
  const send = (n: number, shop: string) => app.send({ name: 'go', data: { n, shop } });
  return { app, ended, release, send };
}

describe.concurrent('a singleton', () => {
  it('skips what comes while a run is active, sleeps included, and nothing afterwards', async () => {
    const { app, ended, release, send } = await startSingle('skip');
    const first = await send(1, 'a');
    await app.runId(first);
    await send(2, 'a');
    const other = await send(3, 'b');
    await app.runId(other);

    release.open();
    await send(4, 'a');
    await app.ended(first);
    await app.ended(other);
    await app.ended(await send(5, 'a'));

    expect(ended.toSorted()).toEqual([1, 3, 5]);
  });

  it('in the mode cancel is cancelled by what comes, which runs in its place', async () => {
    const { app, ended, release, send } = await startSingle('cancel');
    const first = await send(1, 'a');
    await app.runId(first);

    const second = await send(2, 'a');
    const cancelled = await app.ended(first);
    release.open();
    const run = await app.ended(second);

    expect([cancelled.status, run.status]).toEqual(['CANCELLED', 'COMPLETED']);
    expect(ended).toEqual([2]);
  });

  it('is none for events whose key is false', async () => {
    const { app, release, send } = await startSingle('skip');

    for (const n of [1, 2, 3]) await send(n, 'free');

    expect(await callsWhenQuiet(app, 'fn', 3)).toBe(3);
    release.open();
  });
});
