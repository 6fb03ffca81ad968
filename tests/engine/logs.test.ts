import { once } from 'node:events';
import type { Inngest, InngestFunction } from 'inngest';
import { createServer } from 'inngest/node';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEngine } from '../../engine/main.ts';
import { createTestDatabase } from '../support/database.ts';
import { ownPort } from '../support/own-port.ts';
import { waitFor } from '../support/wait.ts';
import { connect, createClient, startTestBed, testEngineOptions, testKeys } from './engine-app.ts';

describe('the log', () => {
  it('tells an operator what happened, one JSON object a line, without payloads and secrets', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const bed = await startTestBed({
      signed: true,
      engine: { logger },
      functions: (client) => [
        client.createFunction(
          { id: 'bad', retries: 0, triggers: [{ event: 'shop/bad' }] },
          async ({ event }) => {
            throw new TypeError(`cannot use ${event.data.secret}`);
          },
        ),
        client.createFunction(
          { id: 'bad-step', retries: 0, triggers: [{ event: 'shop/bad' }] },
          async ({ event, step }) => {
            await step.run('look', () => null);
            await step.run('charge', () => {
              throw new RangeError(`cannot charge ${event.data.secret}`);
            });
          },
        ),
        client.createFunction({ id: 'long', triggers: [{ event: 'shop/long' }] }, async ({ step }) => {
          await step.sleep('night', '1h');
        }),
      ],
    });
    const data = { secret: 'text-of-the-payload' };
    await bed.endedRuns(await bed.send({ name: 'shop/bad', data }), 2);
    const longId = await bed.send({ name: 'shop/long', data });
    const long = await waitFor(async () => (await bed.runsOf(longId))[0], { what: 'the run' });
    await bed.api(`/v1/runs/${long.run_id}`, { method: 'DELETE' });
    await bed.endedRuns(longId);

    const messages = lines.map((line) => JSON.parse(line) as { msg: string; [field: string]: unknown });

    expect(messages).toContainEqual(expect.objectContaining({ msg: 'Engine is listening' }));
    expect(messages).toContainEqual(
      expect.objectContaining({ msg: 'App has registered its functions', app: 'shop', functions: 3 }),
    );
    const failures = messages.filter(({ msg }) => msg === 'Run failed');
    expect(failures.sort((a, b) => String(a.functionId).localeCompare(String(b.functionId)))).toMatchObject([
      { functionId: 'shop-bad', error: 'TypeError' },
      { functionId: 'shop-bad-step', error: 'RangeError', step: 'charge' },
    ]);
    expect(failures[0]).not.toHaveProperty('step');
    expect(messages).toContainEqual(
      expect.objectContaining({ msg: 'Run was cancelled', runId: long.run_id, functionId: 'shop-long' }),
    );
    const everything = lines.join('');
    for (const secret of ['text-of-the-payload', testKeys.eventKey, testKeys.signingKey])
      expect(everything).not.toContain(secret);
  });

  it('tells of each change of an app in one line, with its name and url', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    const told = () =>
      lines.map((line) => JSON.parse(line) as { msg: string }).filter(({ msg }) => msg.startsWith('App '));
    const { url: databaseUrl } = await createTestDatabase('empty');
    const port = await ownPort();
    const url = `http://127.0.0.1:${port}/api/inngest`;
    const engine = await startEngine({ ...testEngineOptions(databaseUrl, false), sdkUrls: [url], logger });
    onTestFinished(() => engine.stop());
    const client = createClient(engine.url);
    const functions = ['a', 'b'].map((id) =>
      client.createFunction({ id, triggers: [{ event: `shop/${id}` }] }, async () => null),
    );
    const bed = connect(engine, client, url);
    const toldOf = (count: number) =>
      waitFor(() => told().length === count, { what: `${count} lines about the app` });

    await toldOf(1);
    const first = await listenAt(port, client, functions);
    await toldOf(2);
    await first.stop();
    const ids = [await bed.send({ name: 'shop/a' }), await bed.send({ name: 'shop/b' })];
    await toldOf(3);
    await listenAt(port, client, functions);
    for (const id of ids) await bed.endedRuns(id);
    await toldOf(4);

    const app = { app: 'shop', url };
    expect(told()).toMatchObject([
      { msg: 'App is not registered: trying again', url },
      { msg: 'App has registered its functions', ...app, functions: 2 },
      { msg: 'App is away: its jobs wait', ...app },
      { msg: 'App is back', ...app },
    ]);
  });
});

async function listenAt(port: number, client: Inngest, functions: InngestFunction.Any[]) {
  const server = createServer({ client, functions }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(stop);
  return { stop };
}
