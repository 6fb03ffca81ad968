import type { InngestFunction } from 'inngest';
import { onTestFinished } from 'vitest';
import { type Engine, type EngineOptions, startEngine } from '../../engine/main.ts';
import { createTestDatabase } from '../support/database.ts';
import { ownPort } from '../support/own-port.ts';
import { waitFor } from '../support/wait.ts';
import { connect, createClient, reserveApp, type TestBed, testEngineOptions } from './engine-app.ts';

export interface Restartable extends TestBed {
  readonly databaseUrl: string;
  stop(): Promise<void>;
  start(changes?: Partial<EngineOptions>): Promise<void>;
}

/** An engine that can be stopped and started again on the same database and port. */
export async function startRestartable(
  functions: (client: ReturnType<typeof createClient>) => InngestFunction.Any[],
): Promise<Restartable> {
  const { url: databaseUrl } = await createTestDatabase('empty');
  const app = await reserveApp();
  const port = await ownPort();
  const options = { ...testEngineOptions(databaseUrl, false), port, sdkUrls: [app.url] };
  const client = createClient(`http://127.0.0.1:${port}`);
  await app.serve(client, functions(client));
  let engine: Engine = await startEngine(options);
  onTestFinished(() => engine.stop());
  const bed = connect(engine, client, app.url);
  await waitFor(async () => (await (await bed.api('/dev')).json()).functions.length > 0, {
    what: 'the registration',
  });
  return {
    ...bed,
    databaseUrl,
    stop: () => engine.stop(),
    start: async (changes = {}) => {
      engine = await startEngine({ ...options, ...changes });
    },
  };
}
