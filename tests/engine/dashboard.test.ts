import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Engine, startEngine } from '../../engine/main.ts';
import { createTestDatabase, query } from '../support/database.ts';
import { startOwnDatabaseServer } from '../support/embedded.ts';
import { ownPort } from '../support/own-port.ts';
import { waitFor } from '../support/wait.ts';
import {
  createClient,
  reserveApp,
  startTestBed,
  type TestBed,
  type TestBedOptions,
  testEngineOptions,
} from './engine-app.ts';

const hostile = '<script>alert(1)</script>';

describe('the dashboard', () => {
  it('shows functions, events, runs, steps and errors, with everything escaped', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'shown', name: hostile, retries: 1, triggers: [{ event: 'shop/shown', if: '"<b>" != ""' }] },
          async ({ step }) => {
            await step.run(hostile, () => ({ hostile }));
            await step.run('doubles', (input: { seven: number }) => input.seven * 2, { seven: 7 });
            await step.run('broken', () => {
              throw new TypeError(hostile, { cause: new RangeError('the deeper reason') });
            });
          },
        ),
      ],
    });
    const eventId = await bed.send({ name: 'shop/shown', data: { hostile } });
    const [run] = await bed.endedRuns(eventId);
    const visitor = visit(bed);

    const pages: Record<string, string> = {};
    for (const path of ['/', '/functions', '/functions/shop-shown', '/functions/shop-shown/invoke']) {
      pages[path] = await visitor.read(path);
    }
    for (const path of ['/events', `/events/${eventId}`, '/events/new', `/events/new?like=${eventId}`]) {
      pages[path] = await visitor.read(path);
    }
    for (const path of ['/runs', `/runs/${run?.run_id}`]) pages[path] = await visitor.read(path);
    const detail = pages[`/runs/${run?.run_id}`];

    for (const [path, text] of Object.entries(pages)) expect(text, path).not.toContain(hostile);
    expect(pages['/']).toContain(`/runs/${run?.run_id}`);
    expect(pages['/functions']).toContain('1 failed');
    expect(pages['/functions/shop-shown']).toContain('up to 1');
    expect(pages['/runs']).toContain(`/runs/${run?.run_id}`);
    for (const path of ['/', '/runs']) {
      expect(pages[path]).toContain('title="shop-shown">&lt;script&gt;');
    }
    expect(pages['/events']).toContain('shop/shown');
    expect(detail).toContain('&lt;script&gt;');
    expect(detail).toMatch(/Input[\s\S]*&quot;seven&quot;: 7/);
    expect(detail).toContain('2 attempts');
    expect(detail).toContain('TypeError');
    expect(detail).toContain('the deeper reason');
  });

  it('sends an event, keeps what was typed when it is wrong, and sends again without the old id', async () => {
    const bed = await startTestBed({ functions: plainFunctions });
    const visitor = visit(bed);

    const wrong = await visitor.post('/events/new', { event: '{"name": "shop/plain"' });
    const reserved = await visitor.post('/events/new', { event: '{"name": "inngest/x"}' });
    const sent = await visitor.post('/events/new', {
      event: '{"name": "shop/plain", "id": "mine", "data": {"a": 1}}',
    });
    const path = sent.headers.get('location') ?? '';
    const page = await visitor.read(path);
    const again = await visitor.read(`/events/new?like=${path.split('/').at(-1)}`);

    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toMatch(/&quot;shop\/plain&quot;[\s\S]*This is not JSON/);
    expect(await reserved.text()).toMatch(/&quot;inngest\/x&quot;[\s\S]*reserved for internal use/);
    expect(sent.status).toBe(303);
    expect(page).toContain('mine');
    expect(page).toContain('shop-plain');
    expect(again).toContain('&quot;a&quot;: 1');
    expect(again).not.toContain('mine');
  });

  it('begins an event with what functions listen to, and says what is wrong with one in plain words', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'mail',
            cancelOn: [{ event: 'shop/mail.withdrawn' }],
            triggers: [{ event: 'shop/mail.*' }, { event: 'shop/mail.requested' }],
          },
          async () => null,
        ),
      ],
    });
    const visitor = visit(bed);
    const answerTo = async (event: string) => (await visitor.post('/events/new', { event })).text();

    const form = await visitor.read('/events/new');
    const chosen = await visitor.read('/events/new?name=shop%2Fmail.withdrawn');

    expect(form).toContain('&quot;name&quot;: &quot;shop/mail.requested&quot;');
    expect(form).toContain('<option value="shop/mail.withdrawn">');
    expect(form).not.toContain('<option value="shop/mail.*">');
    expect(chosen).toContain('&quot;name&quot;: &quot;shop/mail.withdrawn&quot;');
    expect(await visitor.read('/functions/shop-mail')).toContain('/events/new?name=shop%2Fmail.requested');
    expect(await answerTo('{\n  "name": "x",\n}')).toContain('in line 3, column 1');
    expect(await answerTo('{"data": {}}')).toContain('The event has no name');
    expect(await answerTo('[{"name": "shop/mail.x"}, {}]')).toContain(
      'The event has no name. The 1 before it have been sent',
    );
  });

  it('says which events of a list it has sent', async () => {
    const bed = await startTestBed({ functions: plainFunctions });
    const visitor = visit(bed);
    await bed.send({ name: 'shop/plain' });
    const list = (count: number) => JSON.stringify(Array.from({ length: count }, () => ({ name: 'shop/x' })));

    const two = await visitor.post('/events/new', { event: list(2) });
    const many = await visitor.post('/events/new', { event: list(60) });
    const pageOfTwo = await visitor.read(two.headers.get('location') ?? '');
    const pageOfMany = await visitor.read(many.headers.get('location') ?? '');

    expect(pageOfTwo).toContain('2 events sent');
    expect(pageOfTwo.match(/<tr role="row" id="event-/g)).toHaveLength(2);
    expect(pageOfTwo).not.toContain('shop/plain');
    expect(pageOfMany).toContain('60 events sent');
    expect(pageOfMany).toContain('the first 50 of them');
    expect((await visitor.get('/events/sent?ids=x.y')).status).toBe(404);
  });

  it('invokes a function with data', async () => {
    const seen: unknown[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'called', triggers: [] }, async ({ event }) => {
          seen.push(event.data);
        }),
      ],
    });
    const visitor = visit(bed);

    const noObject = await visitor.post('/functions/shop-called/invoke', { data: '[1]' });
    const started = await visitor.post('/functions/shop-called/invoke', { data: '{"a": 1}' });
    const path = started.headers.get('location') ?? '';
    await waitFor(async () => (await visitor.read(path)).includes('completed'), { what: 'the run to end' });

    expect(path).toMatch(/^\/runs\//);
    expect(noObject.status).toBe(400);
    expect(await noObject.text()).toContain('no object');
    expect(seen).toEqual([{ a: 1, _inngest: { fn_id: 'shop-called' } }]);
  });

  it('runs a run again with the same event, and cancels one that sleeps, after asking', async () => {
    const ids: unknown[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'again', idempotency: 'event.data.key', triggers: [{ event: 'shop/again' }] },
          async ({ event }) => {
            ids.push(event.id);
          },
        ),
        client.createFunction({ id: 'sleeper', triggers: [{ event: 'shop/sleep' }] }, async ({ step }) => {
          await step.sleep('long', '1h');
        }),
      ],
    });
    const visitor = visit(bed);
    const eventId = await bed.send({ name: 'shop/again', data: { key: 'k' } });
    const [first] = await bed.endedRuns(eventId);
    const sleepId = await bed.send({ name: 'shop/sleep' });
    const sleeper = await waitFor(async () => (await bed.runsOf(sleepId))[0], { what: 'the sleeping run' });
    await waitFor(async () => (await visitor.read(`/runs/${sleeper.run_id}`)).includes('wakes '), {
      what: 'the sleep to be shown',
    });

    const repeated = await visitor.post(`/runs/${first?.run_id}/again`);
    const asked = await visitor.read(`/runs/${sleeper.run_id}/cancel`);
    const cancelled = await visitor.post(`/runs/${sleeper.run_id}/cancel`);
    await bed.endedRuns(eventId, 2);
    const [ended] = await bed.endedRuns(sleepId);

    expect(repeated.headers.get('location')).toMatch(/^\/runs\/\w{26}$/);
    expect(repeated.headers.get('location')).not.toContain(first?.run_id);
    expect(ids).toEqual([eventId, eventId]);
    expect(asked).toContain('cannot be undone');
    expect(cancelled.headers.get('location')).toBe(`/runs/${sleeper.run_id}`);
    expect(ended?.status).toBe('Cancelled');
    expect((await visitor.get(`/runs/${sleeper.run_id}/cancel`)).status).toBe(303);
  });

  it('leads to the run of an invocation that passes flow control, and else to its event', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'limited', rateLimit: { limit: 5, period: '1h' }, triggers: [{ event: 'shop/limited' }] },
          async () => null,
        ),
        client.createFunction(
          { id: 'later', debounce: { period: '1h' }, triggers: [{ event: 'shop/later' }] },
          async () => null,
        ),
      ],
    });
    const visitor = visit(bed);

    const limited = await visitor.post('/functions/shop-limited/invoke', { data: '{}' });
    const later = await visitor.post('/functions/shop-later/invoke', { data: '{}' });

    expect(limited.headers.get('location')).toMatch(/^\/runs\//);
    expect(later.headers.get('location')).toMatch(/^\/events\//);
    expect(await visitor.read(later.headers.get('location') ?? '')).toContain('data-live-ms');
  });

  it('tells what an event did that started no run', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          {
            id: 'approve',
            cancelOn: [{ event: 'shop/withdrawn', match: 'data.n' }],
            triggers: [{ event: 'shop/placed' }, { event: 'shop/dear', if: 'event.data.price > 1000' }],
          },
          async ({ step }) => {
            await step.waitForEvent('approval', { event: 'shop/approved', timeout: '1h' });
          },
        ),
      ],
    });
    const visitor = visit(bed);
    const placedId = await bed.send({ name: 'shop/placed', data: { n: 1 } });
    const run = await waitFor(async () => (await bed.runsOf(placedId))[0], { what: 'the run' });
    await waitFor(async () => (await visitor.read(`/runs/${run.run_id}`)).includes('shop/approved'), {
      what: 'the run to wait',
    });

    const approvedId = await bed.send({ name: 'shop/approved', id: 'approval-1' });
    await bed.endedRuns(placedId);
    const withdrawnId = await bed.send({ name: 'shop/withdrawn', data: { n: 2 } });
    const unknownId = await bed.send({ name: 'shop/unknown' });
    const cheapId = await bed.send({ name: 'shop/dear', data: { price: 1 } });

    const approved = await visitor.read(`/events/${approvedId}`);
    expect(approved).toContain('Runs that waited for it went on');
    expect(approved).toContain(`/runs/${run.run_id}`);
    expect(await visitor.read(`/events/${withdrawnId}`)).toContain('it cancels runs that fit');
    expect(await visitor.read(`/events/${withdrawnId}`)).toMatch(
      /Cancels runs of<\/dt><dd>[^/]*\/functions\/shop-approve/,
    );
    expect(await visitor.read(`/events/${unknownId}`)).toContain('no function has it as a trigger');
    expect(await visitor.read(`/events/${cheapId}`)).toContain('a condition, a rate limit');
  });

  it('links a failed run, the event that tells of it, its handler, and its repetition', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'broken', retries: 0, onFailure: async () => null, triggers: [{ event: 'shop/broken' }] },
          async () => {
            throw new Error('It is broken');
          },
        ),
      ],
    });
    const visitor = visit(bed);
    const eventId = await bed.send({ name: 'shop/broken' });
    const [failed] = await bed.endedRuns(eventId);
    // The event that tells of a failure has the id of the run.
    const [handler] = await bed.endedRuns(failed?.run_id ?? '');

    const again = await visitor.post(`/runs/${failed?.run_id}/again`);
    await bed.endedRuns(eventId, 2);

    const page = await visitor.read(`/runs/${failed?.run_id}`);
    expect(page).toContain(`/runs/${handler?.run_id}`);
    expect(page).toContain(again.headers.get('location'));
    expect(await visitor.read(again.headers.get('location') ?? '')).toContain(`/runs/${failed?.run_id}`);
    expect(await visitor.read(`/events/${failed?.run_id}`)).toMatch(
      new RegExp(`Tells of</dt><dd>[^/]*/runs/${failed?.run_id}`),
    );
  });

  it('runs a batch again with all of its events', async () => {
    const sizes: number[] = [];
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'batch', batchEvents: { maxSize: 3, timeout: '60s' }, triggers: [{ event: 'shop/batch' }] },
          async ({ events }) => {
            sizes.push(events.length);
          },
        ),
      ],
    });
    const visitor = visit(bed);
    const { ids } = await bed.client.send([1, 2, 3].map((n) => ({ name: 'shop/batch', data: { n } })));
    const [first] = await bed.endedRuns(ids[2] ?? '');
    const page = await visitor.read(`/runs/${first?.run_id}`);

    await visitor.post(`/runs/${first?.run_id}/again`);
    await bed.endedRuns(ids[2] ?? '', 2);

    expect(sizes).toEqual([3, 3]);
    for (const id of ids) expect(page).toContain(`/events/${id}`);
    expect(await visitor.read(`/events/${ids[1]}`)).toContain(`/runs/${first?.run_id}`);
  });

  it('does not run a singleton again while one is under way', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'alone', singleton: { mode: 'skip' }, triggers: [{ event: 'shop/alone' }] },
          async ({ step }) => {
            await step.sleep('long', '1h');
          },
        ),
      ],
    });
    const visitor = visit(bed);
    const eventId = await bed.send({ name: 'shop/alone' });
    const run = await waitFor(async () => (await bed.runsOf(eventId))[0], { what: 'the run' });

    const refused = await visitor.post(`/runs/${run.run_id}/again`);

    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain('one run at a time');
    await bed.api(`/v1/runs/${run.run_id}`, { method: 'DELETE' });
    const again = () => visitor.post(`/runs/${run.run_id}/again`);
    const answers = await Promise.all([again(), again(), again(), again()]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 409, 409, 409]);
  });

  it('finds runs and events by what a filter says, page by page without a gap', async () => {
    const bed = await startTestBed({ functions: plainFunctions });
    const visitor = visit(bed);
    const sent = Array.from({ length: 120 }, () => ({ name: 'shop/plain', id: randomUUID() }));
    await bed.client.send(sent);
    await bed.client.send({ name: 'shop/other', data: {} });
    await waitFor(async () => (await visitor.read('/functions')).includes('121 completed'), {
      what: 'all runs to have ended',
    });

    const runs = await readAll(visitor, '/runs?function=shop-plain&status=completed', 'run');
    const byEvent = await readAll(visitor, '/runs?event=shop%2Fplain', 'run');
    const all = await readAll(visitor, '/runs', 'run');
    const events = await readAll(visitor, '/events?search=shop%2Fpl', 'event');
    const byId = await readAll(visitor, `/events?search=${sent[7]?.id}`, 'event');

    expect([new Set(runs).size, runs.length]).toEqual([121, 121]);
    expect([...runs].sort().reverse()).toEqual(runs);
    expect([new Set(byEvent).size, byEvent.length]).toEqual([120, 120]);
    expect(new Set(all)).toEqual(new Set(runs));
    expect([new Set(events).size, events.length]).toEqual([120, 120]);
    expect(byId).toHaveLength(1);
    expect(await readAll(visitor, '/runs?status=failed', 'run')).toEqual([]);
    expect(await readAll(visitor, '/runs?to=2020-01-01T00:00', 'run')).toEqual([]);
    expect(await readAll(visitor, '/runs?from=2020-01-01T00:00&event=shop%2Fother', 'run')).toHaveLength(1);
  });

  it('says which filter it cannot read, and in words what it has not found', async () => {
    const visitor = visit(await startTestBed({ functions: plainFunctions }));

    const wrong = await visitor.read('/runs?status=foo&from=xx&to=2026-11-24T09:05');
    const wrongTime = await visitor.read('/events?to=%3Cb%3E');
    const noRun = await visitor.read('/runs?status=failed&function=shop-plain&event=shop%2Fother');
    const noEvent = await visitor.read('/events?search=shop%2Fnone&from=2026-11-24T09:05');

    expect(wrong).toMatch(/“foo” is no status: there are running, .*“xx” is no time[^<]*They are left out/);
    expect(wrong).toContain('There is no run created until 2026-11-24 09:05 UTC.');
    expect(wrongTime).toMatch(/“&lt;b&gt;” is no time[^<]*It is left out/);
    expect(noRun.replaceAll(/<\/?strong>/g, '')).toContain(
      'There is no run that is failed, of the function shop-plain, started by the event shop/other.',
    );
    expect(noEvent.replaceAll(/<\/?strong>/g, '')).toContain(
      'with the id shop/none or a name that begins so, received from 2026-11-24 09:05 UTC on.',
    );
    expect(noEvent).not.toContain('left out');
  });

  it('cuts what is long, and gives the whole of it as plain text', async () => {
    const bed = await startTestBed({ functions: plainFunctions });
    const visitor = visit(bed);
    const long = '<b>'.repeat(20_000);
    const eventId = await bed.send({ name: 'shop/plain', data: { long } });
    await bed.endedRuns(eventId);

    const page = await visitor.read(`/events/${eventId}`);
    const raw = await visitor.get(`/events/${eventId}/payload`);

    expect(page.length).toBeLessThan(60_000);
    expect(page).toContain(`/events/${eventId}/payload`);
    expect(page).toContain('{\n  &quot;data&quot;: {\n    &quot;long&quot;: &quot;&lt;b&gt;');
    expect(raw.headers.get('content-type')).toContain('text/plain');
    expect(raw.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await raw.json()).toMatchObject({ data: { long } });
  });

  it('lets pages load nothing from elsewhere, and says so when nothing is new', async () => {
    const bed = await startTestBed({ functions: plainFunctions });
    const visitor = visit(bed);

    const page = await visitor.get('/functions');
    const tag = page.headers.get('etag') ?? '';
    const assets = (await page.text()).match(/\/assets\/\w+\/[\w.]+/g) ?? [];

    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect((await visitor.get('/functions', { 'if-none-match': tag })).status).toBe(304);
    expect(assets).toHaveLength(3);
    for (const path of assets) expect((await visitor.get(path)).status, path).toBe(200);
  });

  it('has a page for what is not there, and leaves other answers to programs', async () => {
    const bed = await startTestBed({ functions: plainFunctions });
    const visitor = visit(bed);

    for (const path of ['/runs/nope', '/events/nope', '/functions/nope', '/nowhere', '/runs/nope/cancel']) {
      const response = await visitor.get(path);
      expect(response.status, path).toBe(404);
      expect(await response.text(), path).toContain('There is nothing at this address');
    }
    const program = await fetch(new URL('/nowhere', bed.engine.url));
    expect(program.headers.get('content-type')).toContain('application/json');
  });
});

describe('the dashboard when something is away', () => {
  it('says that the database is, and which app is, until they are back', async () => {
    const server = await startOwnDatabaseServer();
    const nobody = `http://127.0.0.1:${await ownPort()}/api/inngest`;
    const engine = await startEngine({ ...testEngineOptions(server.url, false), sdkUrls: [nobody] });
    onTestFinished(() => engine.stop());
    const visitor = visit({ engine });

    await waitFor(async () => (await visitor.read('/')).includes('not answering'), {
      what: 'the app to be missed',
    });
    for (const path of ['/', '/functions']) {
      const page = await visitor.read(path);
      expect(page, path).toContain('No app has registered yet');
      expect(page, path).toContain(nobody);
      expect(page, path).toContain('ECONNREFUSED');
    }
    await server.kill9();
    const away = await waitFor(
      async () => {
        const response = await visitor.get('/runs');
        return response.status === 503 ? response.text() : null;
      },
      { what: 'the database to be missed' },
    );
    await server.restart();

    expect(away).toContain('The database cannot be reached');
    expect(away).toContain('data-live-ms');
    await waitFor(async () => (await visitor.get('/runs')).status === 200, {
      what: 'the database to be found again',
    });
  });
});

describe('the dashboard when an app cannot be worked with', () => {
  it('says on the pages of what waits that the app is away, and why, until it is back', async () => {
    const bed = await startTestBed({ functions: plainFunctions });
    const visitor = visit(bed);
    const port = await ownPort();
    const url = `http://127.0.0.1:${port}/api/inngest`;
    await registerUnreachable(bed.engine, url);
    const eventId = await bed.send({ name: 'raw/event' });
    const run = await waitFor(async () => (await bed.runsOf(eventId))[0], { what: 'the run' });
    const path = `/runs/${run.run_id}`;

    const waiting = await waitFor(
      async () => {
        const page = textOf(await visitor.read(path));
        return page.includes('The app does not answer, its jobs wait') ? page : null;
      },
      { what: 'the app to be missed' },
    );

    expect(waiting).toContain('ECONNREFUSED');
    expect(waiting).toContain('Started not yet');
    expect(await visitor.read('/functions/raw-f')).toContain('The app does not answer, its jobs wait');
    expect(await visitor.read('/functions/shop-plain')).not.toContain('does not answer');
    expect(textOf(await visitor.read('/'))).toContain('The app raw does not answer, its jobs wait');

    const app = createServer((_, response) => response.writeHead(200, { 'x-inngest-sdk': 'test' }).end('1'));
    app.listen(port, '127.0.0.1');
    onTestFinished(() => void app.close());
    await bed.endedRuns(eventId);
    for (const later of ['/', '/functions/raw-f', path])
      expect(await visitor.read(later), later).not.toContain('does not answer');
    expect(textOf(await visitor.read(path))).toMatch(/Started \d\d:/);
  });

  it('tells an app with another signing key from one that does not answer', async () => {
    const { url: databaseUrl } = await createTestDatabase('empty');
    const app = await reserveApp();
    const engine = await startEngine({
      ...testEngineOptions(databaseUrl, true),
      sdkUrls: [app.url],
      dashboardToken: 'let-me-in',
    });
    onTestFinished(() => engine.stop());
    const client = createClient(engine.url, { signed: true, signingKey: 'signkey-test-ffffffffffffffff' });
    await app.serve(client, plainFunctions(client));

    const page = await waitFor(
      async () => {
        const response = await visit({ engine }).get('/', {
          cookie: `engine_token_${engine.port}=let-me-in`,
        });
        const text = textOf(await response.text());
        return text.includes('the same signing key') ? text : null;
      },
      { what: 'the refusal to be told' },
    );

    expect(page).toContain('refused HTTP 401');
    expect(page).not.toContain('not answering');
  });
});

describe('the dashboard when nothing can be written', () => {
  it('says so at the top of every page, which can be read all the same', async () => {
    const database = await createTestDatabase('empty');
    const name = new URL(database.url).pathname.slice(1);
    const engine = await startEngine(testEngineOptions(database.url, false));
    onTestFinished(() => engine.stop());
    const visitor = visit({ engine });
    const setReadOnly = (value: 'on' | 'off') =>
      query(
        database.url,
        `set transaction read write; alter database ${name} set default_transaction_read_only = ${value}`,
      );

    await setReadOnly('on');
    await query(
      database.url,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    const read = async () => {
      await visitor.post('/events/new', { event: '{"name": "shop/plain"}' });
      const response = await visitor.get('/runs');
      return response.status === 200 ? response.text() : '';
    };
    const page = await waitFor(
      async () => {
        const text = await read();
        return text.includes('The engine takes no work now') ? text : null;
      },
      { what: 'the pages to say so' },
    );
    await setReadOnly('off');

    expect(page.indexOf('The engine takes no work now')).toBeLessThan(page.indexOf('<h1>'));
  });
});

describe('a run', () => {
  it('shows the error of its step once, with its causes', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction({ id: 'f', retries: 0, triggers: [{ event: 'shop/f' }] }, async ({ step }) => {
          await step.run('broken', () => {
            throw new TypeError('the message', { cause: new RangeError('the deeper reason') });
          });
        }),
      ],
    });
    const [run] = await bed.endedRuns(await bed.send({ name: 'shop/f' }));

    const page = await visit(bed).read(`/runs/${run?.run_id}`);

    expect(page.split('RangeError</strong> the deeper reason')).toHaveLength(2);
    expect(page).toMatch(/<li[\s\S]*TypeError<\/strong> the message[\s\S]*href="#error"[\s\S]*<\/li>/);
  });

  it('that had to wait for its throttle tells apart everywhere how long it waited and how long it took', async () => {
    const bed = await startTestBed({
      functions: (client) => [
        client.createFunction(
          { id: 'f', throttle: { limit: 1, period: '3s' }, triggers: [{ event: 'shop/f' }] },
          async ({ step }) => {
            await step.run('quick', () => null);
          },
        ),
      ],
    });
    const visitor = visit(bed);
    await bed.send({ name: 'shop/f' });
    const eventId = await bed.send({ name: 'shop/f' });
    const [run] = await bed.endedRuns(eventId);

    const page = textOf(await visitor.read(`/runs/${run?.run_id}`));
    const list = textOf(await visitor.read(`/events/${eventId}`));
    const [, took] = /Took ([\d.]+ m?s) Run/.exec(page) ?? [];

    expect(page).toMatch(/Queued for [\d.]+ s /);
    expect(page).toContain('Run 0 ms');
    expect(page).toMatch(new RegExp(`${took} ${took} quick`));
    expect(page).toMatch(/, \d+ ms into the run/);
    expect(list).toMatch(new RegExp(`${took} queued for [\\d.]+ s`));
  });
});

describe('whoever may use the dashboard', () => {
  it('needs a token in signed mode, which then moves into a cookie', async () => {
    const closed = visit(await startTestBed({ signed: true, functions: plainFunctions }));
    const open = visit(
      await startTestBed({
        signed: true,
        functions: plainFunctions,
        engine: { dashboardToken: 'let-me-in' },
      }),
    );

    const withToken = await open.get('/runs?status=failed&token=let-me-in');
    const cookie = withToken.headers.get('set-cookie') ?? '';

    expect((await closed.get('/')).status).toBe(401);
    for (const path of [
      '/',
      '/functions',
      '/events',
      '/events/new',
      '/runs',
      '/runs/x',
      '/nowhere',
      '/?token=wrong',
    ]) {
      expect((await open.get(path)).status, path).toBe(401);
    }
    for (const path of ['/events/new', '/functions/shop-plain/invoke', '/runs/x/cancel', '/runs/x/again']) {
      expect((await open.post(path, { event: '{"name":"shop/plain"}' })).status, path).toBe(401);
    }
    expect([withToken.status, withToken.headers.get('location')]).toEqual([303, '/runs?status=failed']);
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
    expect((await open.get('/', { cookie: cookie.split(';')[0] ?? '' })).status).toBe(200);
  });

  it('is asked for the token, told when it is wrong, and led on when it is right', async () => {
    const bed = await startTestBed({
      signed: true,
      functions: plainFunctions,
      engine: { dashboardToken: 'let-me-in' },
    });
    const visitor = visit(bed);
    const open = (token: string, to: string) => visitor.post('/token', { token, to });

    const missing = await (await visitor.get('/runs?status=failed')).text();
    const wrong = await (await visitor.get('/runs?token=wrong')).text();
    const typedWrong = await open('wrong', '/runs');
    const typed = await open(' let-me-in ', '/runs?status=failed');
    const elsewhere = await open('let-me-in', 'https://evil.example//evil.example/x');
    const name = `engine_token_${new URL(bed.engine.url).port}`;
    const cookie = (typed.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const withBoth = await visitor.get('/runs?status=failed&token=old', { cookie });
    const outdated = await (await visitor.get('/', { cookie: `${name}=old` })).text();

    expect(missing).toContain('These pages need a token');
    expect(missing).toContain('secrets.json');
    expect(missing).toContain('value="/runs?status=failed"');
    expect(missing).not.toContain('<nav');
    expect(wrong).toContain('This token is not the engine’s');
    expect(typedWrong.status).toBe(401);
    expect(await typedWrong.text()).toContain('This token is not the engine’s');
    expect([typed.status, typed.headers.get('location')]).toEqual([303, '/runs?status=failed']);
    expect(cookie).toBe(`${name}=let-me-in`);
    expect(elsewhere.headers.get('location')).toBe('/evil.example/x');
    expect((await open('let-me-in', 'http://')).headers.get('location')).toBe('/');
    expect((await visitor.get('/token', { cookie })).headers.get('location')).toBe('/');
    expect([withBoth.status, withBoth.headers.get('location')]).toEqual([303, '/runs?status=failed']);
    expect(outdated).toContain('no longer the engine’s');
    const fromOutside = await visitor.post(
      '/token',
      { token: 'let-me-in' },
      { 'sec-fetch-site': 'cross-site' },
    );
    expect(fromOutside.status).toBe(403);
  });

  it('is not led to another host by a link with a token', async () => {
    const bed = await startTestBed({ functions: plainFunctions });

    const answer = await visit(bed).get(`${bed.engine.url}//evil.example/x?token=1`);

    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/evil.example/x']);
  });

  it.each([
    ['says nothing about its site', { origin: '' }],
    ['comes from another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['comes from another port', { 'sec-fetch-site': 'same-site' }],
    ['comes from another origin', { origin: 'http://127.0.0.1:1' }],
  ])('takes no action by a form that %s', async (_, headers) => {
    const visitor = visit(await startTestBed({ functions: plainFunctions }));

    const response = await visitor.post('/events/new', { event: '{"name":"shop/plain"}' }, headers);

    expect(response.status).toBe(403);
    expect(await readAll(visitor, '/events', 'event')).toEqual([]);
  });
});

const plainFunctions: TestBedOptions['functions'] = (client) => [
  client.createFunction(
    { id: 'plain', triggers: [{ event: 'shop/plain' }, { event: 'shop/other' }] },
    async () => null,
  ),
];

/** Registers a function `raw-f` at an address where nobody has to be. */
async function registerUnreachable(engine: Engine, url: string): Promise<void> {
  const fn = {
    id: 'raw-f',
    name: 'f',
    triggers: [{ event: 'raw/event' }],
    steps: { step: { id: 'step', name: 'step', runtime: { type: 'http', url: `${url}?fnId=raw-f` } } },
  };
  const body = JSON.stringify({ url, appName: 'raw', functions: [fn] });
  const response = await fetch(`${engine.url}/fn/register`, { method: 'POST', body });
  expect(await response.json()).toMatchObject({ ok: true });
}

interface DashboardVisitor {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** A page's text, which has to be there. */
  read(path: string): Promise<string>;
  post(
    path: string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

/** Somebody with a browser, who submits forms of the pages themselves unless headers say otherwise. */
function visit({ engine }: Pick<TestBed, 'engine'>): DashboardVisitor {
  const send = (path: string, init: RequestInit) =>
    fetch(new URL(path, engine.url), { redirect: 'manual', ...init });
  const get: DashboardVisitor['get'] = (path, headers = {}) =>
    send(path, { headers: { accept: 'text/html', ...headers } });
  return {
    get,
    async read(path) {
      const response = await get(path);
      expect(response.status, path).toBe(200);
      return await response.text();
    },
    post(path, fields = {}, headers = {}) {
      const all = new Headers({ origin: engine.url, ...headers });
      if (all.get('origin') === '') all.delete('origin');
      return send(path, { method: 'POST', body: new URLSearchParams(fields), headers: all });
    },
  };
}

/** What a page says, word by word. */
function textOf(page: string): string {
  return page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

/** The ids of all rows of a list, following the links to older ones. */
async function readAll(visitor: DashboardVisitor, path: string, kind: 'run' | 'event'): Promise<string[]> {
  const ids: string[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const page: string = await visitor.read(next);
    ids.push(
      ...[...page.matchAll(new RegExp(`<tr role="row" id="${kind}-(\\w+)"`, 'g'))].map(([, id]) => id ?? ''),
    );
    next = /href="([^"]+)" rel="next"/.exec(page)?.[1]?.replaceAll('&amp;', '&');
  }
  return ids;
}
