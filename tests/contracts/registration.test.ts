import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { serverUnderTest } from './server-under-test.ts';
import { openEndpoint } from './support/endpoint.ts';
import { answer, rawFunction, register, startRawApp } from './support/raw-app.ts';
import { startApp } from './support/sdk-app.ts';
import { askApi } from './support/server-api.ts';

interface DevAnswer {
  readonly functions: readonly {
    readonly id: string;
    readonly name: string;
    readonly slug: string;
    readonly triggers: readonly {
      readonly event?: string;
      readonly expression?: string;
      readonly cron?: string;
    }[];
    readonly steps: readonly { readonly id: string; readonly uri: string }[];
  }[];
}

const nobody = 'http://127.0.0.1:1/api/inngest';

function newAppId(): string {
  return `raw-${randomUUID().slice(0, 8)}`;
}

async function functionsOf(appId: string): Promise<DevAnswer['functions']> {
  const { body } = await askApi<DevAnswer>(await serverUnderTest(), '/dev');
  return body.functions.filter(({ slug }) => slug.startsWith(`${appId}-`));
}

describe.concurrent('registration', () => {
  it('through the SDK makes functions known, with their triggers and where they are called', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'paid', name: 'When paid', triggers: [{ event: event('paid'), if: 'event.data.total > 0' }] },
        async () => null,
      ),
      client.createFunction({ id: 'invoked', triggers: [] }, async () => null),
    ]);

    const functions = await functionsOf(app.id);

    expect(functions.map(({ slug }) => slug).sort()).toEqual([app.slug('invoked'), app.slug('paid')]);
    expect(functions.find(({ slug }) => slug === app.slug('paid'))).toMatchObject({
      name: 'When paid',
      triggers: [{ event: app.event('paid'), expression: 'event.data.total > 0' }],
      steps: [{ id: 'step', name: 'step', uri: expect.stringContaining(app.url) }],
    });
  });

  it('tells the app whether something changed', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async () => null),
    ]);

    const again = await fetch(app.url, { method: 'PUT' });

    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ modified: false });
  });

  it('answers with ids that stay the same', async () => {
    const server = await serverUnderTest();
    const appName = newAppId();
    const functions = [rawFunction(appName, nobody)];

    const first = await register(server, { url: nobody, appName, functions });
    const [before] = await functionsOf(appName);
    const same = await register(server, {
      url: nobody,
      appName,
      functions,
      featureObservations: { anything: Date.now() },
    });
    const renamed = [rawFunction(appName, nobody, { name: 'renamed' })];
    const changed = await register(server, { url: nobody, appName, functions: renamed });
    const [after] = await functionsOf(appName);

    expect(first).toMatchObject({ status: 200, body: { ok: true, modified: true } });
    expect(first.body.app_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(first.body.sync_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(same.body.modified ?? false).toBe(false);
    expect(changed.body).toMatchObject({ ok: true, modified: true });
    expect(after).toMatchObject({ name: 'renamed', id: before?.id });
  });

  it('of other functions replaces those before', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'kept', triggers: [{ event: event('go') }] }, async () => 'before'),
      client.createFunction({ id: 'removed', triggers: [{ event: event('go') }] }, async () => 'removed'),
    ]);

    await app.replace(({ client, event }) => [
      client.createFunction({ id: 'kept', triggers: [{ event: event('go') }] }, async () => 'after'),
      client.createFunction({ id: 'added', triggers: [{ event: event('go') }] }, async () => 'added'),
    ]);
    const eventId = await app.send({ name: 'go' });
    const outputs = await Promise.all(
      ['kept', 'added'].map(async (id) => (await app.ended(eventId, id)).output),
    );
    await app.run({ name: 'go' }, 'kept');

    expect(outputs).toEqual(['after', 'added']);
    expect(app.callsOf('removed')).toEqual([]);
    expect((await functionsOf(app.id)).map(({ slug }) => slug).sort()).toEqual(
      ['added', 'kept'].map(app.slug),
    );
  });

  it('without a function lets its runs go on', async () => {
    const app = await startRawApp((call) =>
      call.body.ctx.stack.stack.length === 0
        ? answer(206, [{ op: 'Sleep', id: 'a'.repeat(40), name: '2s', displayName: 'nap' }])
        : answer(200, 'went on'),
    );
    const eventId = await app.send('call');
    await app.runId(eventId);

    const functions = [{ ...rawFunction(app.id, app.url, { triggers: [] }), id: `${app.id}-other` }];
    await register(app.server, { url: app.url, appName: app.id, functions });

    expect((await functionsOf(app.id)).map(({ slug }) => slug)).toEqual([`${app.id}-other`]);
    expect(await app.ended(eventId)).toMatchObject({ status: 'COMPLETED', output: 'went on' });
  });

  it('from another URL moves the app there', async () => {
    const app = await startRawApp(() => answer(200, 'from the first'));
    const moved = await openEndpoint(async () => answer(200, 'from the second'));
    await app.run('call');

    await register(app.server, {
      url: moved.url,
      appName: app.id,
      functions: [rawFunction(app.id, moved.url)],
    });
    const eventId = await app.send('call');
    const runs = await waitFor(
      async () => {
        const path = `/v1/events/${eventId}/runs`;
        const { body } = await askApi<{
          data: readonly { output: unknown; ended_at: string | null }[] | null;
        }>(app.server, path);
        return body.data?.[0]?.ended_at ? body.data : null;
      },
      { what: 'the run at the new address', timeoutMs: 30_000 },
    );

    expect(runs).toMatchObject([{ output: 'from the second' }]);
    expect(app.calls).toHaveLength(1);
  });

  it('registers onFailure as a function of its own', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'paid', triggers: [{ event: event('paid') }], onFailure: async () => null },
        async () => null,
      ),
    ]);

    const handler = (await functionsOf(app.id)).find(({ slug }) => slug === app.slug('paid-failure'));

    expect(handler?.triggers).toEqual([
      {
        event: 'inngest/function.failed',
        expression: `event.data.function_id == '${app.slug('paid')}'`,
      },
    ]);
  });

  it.each([
    ['an empty name', { name: '' }],
    ['a cron with seconds', { triggers: [{ cron: '* * * * * *' }] }],
    ['a cron with a name', { triggers: [{ cron: '@daily' }] }],
    ['a jitter that is too short', { triggers: [{ cron: '* * * * *', jitter: '500ms' }] }],
    ['a jitter that is too long', { triggers: [{ cron: '* * * * *', jitter: '10m' }] }],
    ['an expression that does not compile', { triggers: [{ event: 'a', expression: 'event.data.(' }] }],
    ['11 triggers', { triggers: Array.from({ length: 11 }, (_, n) => ({ event: `e/${n}` })) }],
    ['the same trigger twice', { triggers: [{ event: 'a' }, { event: 'a' }] }],
    [
      '3 concurrency limits',
      { concurrency: [1, 2, 3].map((limit) => ({ limit, key: `event.data.k${limit}` })) },
    ],
    ['a shared limit without a key', { concurrency: [{ limit: 1, scope: 'account' }] }],
    ['a batch of 1', { batchEvents: { maxSize: 1, timeout: '5s' } }],
    ['a batch that waits too briefly', { batchEvents: { maxSize: 5, timeout: '100ms' } }],
    [
      'a batch that can be cancelled',
      { batchEvents: { maxSize: 5, timeout: '5s' }, cancel: [{ event: 'a' }] },
    ],
    ['a debounced batch', { batchEvents: { maxSize: 5, timeout: '5s' }, debounce: { period: '5s' } }],
    ['a batch with a singleton', { batchEvents: { maxSize: 5, timeout: '5s' }, singleton: { mode: 'skip' } }],
    ['a batch with a priority', { batchEvents: { maxSize: 5, timeout: '5s' }, priority: { run: '1' } }],
    ['6 cancellations', { cancel: Array.from({ length: 6 }, (_, n) => ({ event: `e/${n}` })) }],
    ['a rate limit over 24 h', { rateLimit: { limit: 1, period: '25h' } }],
    ['a debounce that is too short', { debounce: { period: '500ms' } }],
    ['a debounce that is too long', { debounce: { period: '8d' } }],
  ])('refuses all functions of an app if one has %s', async (_, change) => {
    const server = await serverUnderTest();
    const appName = newAppId();
    const good = { ...rawFunction(appName, nobody), id: `${appName}-good` };

    const { status, body } = await register(server, {
      url: nobody,
      appName,
      functions: [good, rawFunction(appName, nobody, change)],
    });

    expect(status).toBe(400);
    expect(body.error).toContain('At least one function is invalid');
    expect(await functionsOf(appName)).toEqual([]);
  });

  it.each([
    ['without an app', { appName: '' }, 'App ID required'],
    ['with an unknown mode of a singleton', { config: { singleton: { mode: 'perhaps' } } }, ''],
  ])('is refused %s', async (_, { config = {}, ...fields }: { config?: object; appName?: string }, error) => {
    const server = await serverUnderTest();
    const appName = newAppId();

    const { status, body } = await register(server, {
      url: nobody,
      appName,
      functions: [rawFunction(appName, nobody, { ...config })],
      ...fields,
    });

    expect(status).toBe(400);
    expect(body.error).toContain(error);
  });

  it('is refused with broken JSON', async () => {
    const { status, body } = await askApi<{ error: string }>(await serverUnderTest(), '/fn/register', {
      method: 'POST',
      body: '{"url":',
    });

    expect(status).toBe(400);
    expect(body.error).toContain('Invalid request: ');
  });

  it('is refused when the app expects another kind of server', async () => {
    const server = await serverUnderTest();
    const appName = newAppId();
    const kind = (await askKind()) === 'dev' ? 'cloud' : 'dev';

    const { status, body } = await register(
      server,
      { url: nobody, appName, functions: [rawFunction(appName, nobody)] },
      { 'x-inngest-expected-server-kind': kind },
    );

    expect(status).toBe(400);
    expect(body.error).toBe(`Expected server kind ${kind}, got ${kind === 'dev' ? 'cloud' : 'dev'}`);
  });

  it('passes the id of a deployment on', async () => {
    const app = await startApp(({ client, event }) => [
      client.createFunction({ id: 'x', triggers: [{ event: event('x') }] }, async () => null),
    ]);

    const answered = await fetch(`${app.url}?deployId=dpl_1`, { method: 'PUT' });

    expect(answered.status).toBe(200);
    expect((await functionsOf(app.id)).map(({ slug }) => slug)).toEqual([app.slug('x')]);
  });
});

async function askKind(): Promise<string | null> {
  const server = await serverUnderTest();
  return (await fetch(new URL('/dev', server.url))).headers.get('x-inngest-server-kind');
}
