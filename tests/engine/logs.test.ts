import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { startTestBed, testKeys } from './engine-app.ts';

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
            throw new Error(`cannot use ${event.data.secret}`);
          },
        ),
        client.createFunction({ id: 'long', triggers: [{ event: 'shop/long' }] }, async ({ step }) => {
          await step.sleep('night', '1h');
        }),
      ],
    });
    const data = { secret: 'text-of-the-payload' };
    await bed.endedRuns(await bed.send({ name: 'shop/bad', data }));
    const longId = await bed.send({ name: 'shop/long', data });
    const long = await waitFor(async () => (await bed.runsOf(longId))[0], { what: 'the run' });
    await bed.api(`/v1/runs/${long.run_id}`, { method: 'DELETE' });
    await bed.endedRuns(longId);

    const messages = lines.map((line) => JSON.parse(line) as { msg: string; [field: string]: unknown });

    expect(messages).toContainEqual(expect.objectContaining({ msg: 'Engine is listening' }));
    expect(messages).toContainEqual(
      expect.objectContaining({ msg: 'App has registered its functions', app: 'shop', functions: 2 }),
    );
    expect(messages).toContainEqual(expect.objectContaining({ msg: 'Run failed', functionId: 'shop-bad' }));
    expect(messages).toContainEqual(
      expect.objectContaining({ msg: 'Run was cancelled', runId: long.run_id, functionId: 'shop-long' }),
    );
    const everything = lines.join('');
    for (const secret of ['text-of-the-payload', testKeys.eventKey, testKeys.signingKey])
      expect(everything).not.toContain(secret);
  });
});
