import { beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { patienceMs } from './server-under-test.ts';
import { type SdkApp, startApp } from './support/sdk-app.ts';

const data = {
  a: 1,
  b: 'x',
  c: null,
  f: 1.5,
  d: { e: [1, 2] },
  U: 'UP',
  t: '2024-01-01T00:00:00Z',
  bool: true,
};

const holding = [
  'event.data.a == 1',
  'event.data.a == 1.0',
  'event.data.f > 1',
  "event.data.missing != 'x'",
  'event.data.missing == null',
  'event.data.c == null',
  'event.data.missing < 1',
  "event.data.d.zz.yy != 'q'",
  'event.data.missing || event.data.a == 1',
  'event.data.bool',
  'true',
  '1 in event.data.d.e',
  'event.data.d.e[0] == 1',
  "event.data['b'] == 'x'",
  'event.data.a in [1,2]',
  'event.data.d.e.exists(x, x == 2)',
  'has(event.data.a)',
  "event.data.b.startsWith('x')",
  "event.data.b.matches('^x')",
  'size(event.data.d.e) == 2',
  'event.data.d.e.size() == 2',
  "event.data.b + event.data.a == 'x1'",
  "event.data.b + '-' + event.data.b == 'x-x'",
  "date(event.data.t) < date('2025-01-01')",
  "event.data.t > '2023'",
  "lowercase(event.data.U) == 'up'",
  "uppercase(event.data.b) == 'X'",
  "b64decode('aGk=') == 'hi'",
  `json_parse('{"q":1}').q == 1`,
  "string(event.data.a) == '1'",
  'int(event.data.f) == 1',
  'event.ts > 0',
  'event.user.id == null',
  'event.data.a > 0 ? true : false',
];

const notHolding = [
  "event.data.a == '1'",
  "event.data.missing == 'x'",
  'event.data.missing > 1',
  '!event.data.missing',
  'event.data.missing',
  "event.data.d.zz.yy == 'q'",
  'event.data.missing && event.data.a == 1',
  'event.data.b',
  'event.data.a',
  'has(event.data.missing)',
  "event.data.b.contains('z')",
  "event.name == 'another/name'",
];

const expressions = [...holding, ...notHolding];

describe('an expression of a trigger', () => {
  let app: SdkApp;
  let started: ReadonlySet<string>;

  // One event meets them all. Which have started is known when all that should have, and those of a later event too.
  beforeAll(async () => {
    app = await startApp(({ client, event }) => [
      ...expressions.map((expression, n) =>
        client.createFunction(
          { id: `fn-${n}`, triggers: [{ event: event('go'), if: expression }] },
          async () => null,
        ),
      ),
      client.createFunction({ id: 'later', triggers: [{ event: event('later') }] }, async () => null),
    ]);
    await app.send({ name: 'go', data });
    await waitFor(() => holding.every((_, n) => app.callsOf(`fn-${n}`).length > 0), {
      what: 'all functions whose expression holds',
      timeoutMs: patienceMs / 2,
    }).catch(() => undefined); // the tests say which are missing
    await app.run({ name: 'later' });
    started = new Set(app.calls.map((call) => call.slug));
  }, patienceMs * 2);

  it.each(holding.map((expression, n) => [expression, n] as const))('holds: %s', (_, n) => {
    expect(started).toContain(app.slug(`fn-${n}`));
  });

  it.each(notHolding.map((expression, n) => [expression, holding.length + n] as const))(
    'does not hold: %s',
    (_, n) => {
      expect(started).not.toContain(app.slug(`fn-${n}`));
    },
  );

  it('may ask for the name of the event', async () => {
    const named = await startApp(({ client, event }) => [
      client.createFunction(
        { id: 'fn', triggers: [{ event: event('go'), if: `event.name == '${event('go')}'` }] },
        async () => 'named',
      ),
    ]);

    expect(await named.run({ name: 'go' })).toMatchObject({ output: 'named' });
  });
});
