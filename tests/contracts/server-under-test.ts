import { afterAll } from 'vitest';

/**
 * The server that the suite is run against: the one at `ENGINE_URL`, else our engine, started with a database of its own
 * for each test file. This is the only file of the suite that knows our engine.
 */
export interface ServerUnderTest {
  readonly url: string;
  readonly eventKey: string;
  /** null of a server in dev mode, which neither signs nor asks for signatures. */
  readonly signingKey: string | null;
}

export type ServerMode = 'dev' | 'signed';

const external = readExternal();

export const isExternal = external !== null;

/** How long the suite waits for something that has to happen; a failure's limit, not an expectation. */
export const patienceMs = isExternal ? 100_000 : 20_000;

/** The modes that the suite can be run in: both with our engine, one with a server that runs already. */
export const serverModes: readonly ServerMode[] =
  external === null ? ['dev', 'signed'] : [external.signingKey === null ? 'dev' : 'signed'];

interface StartedServer extends ServerUnderTest {
  stop(): Promise<void>;
}

const started = new Map<string, Promise<StartedServer>>();
afterAll(async () => {
  for (const server of started.values()) await (await server).stop();
  started.clear();
});

/**
 * A server for the tests of this file.
 *
 * @param mode what the test needs, if it matters; a server that runs already is what it is
 * @param options.secondsToMinute our engine's schedules believe that a minute begins so soon, to spare the wait
 */
export async function serverUnderTest(
  mode: ServerMode = 'dev',
  options: { readonly secondsToMinute?: number } = {},
): Promise<ServerUnderTest> {
  if (external !== null) return external;
  const key = `${mode} ${options.secondsToMinute}`;
  const server = started.get(key) ?? startOurs(mode, options.secondsToMinute ?? null);
  started.set(key, server);
  return server;
}

function readExternal(): ServerUnderTest | null {
  const { ENGINE_URL, ENGINE_EVENT_KEY = 'any', ENGINE_SIGNING_KEY } = process.env;
  if (!ENGINE_URL) return null;
  return {
    url: new URL(ENGINE_URL).origin,
    eventKey: ENGINE_EVENT_KEY,
    signingKey: ENGINE_SIGNING_KEY || null,
  };
}

async function startOurs(mode: ServerMode, secondsToMinute: number | null): Promise<StartedServer> {
  const { startEngine } = await import('../../engine/main.ts');
  const { createTestDatabase } = await import('../support/database.ts');
  const eventKey = 'event-key-of-the-suite';
  const signingKey = 'signkey-test-0123456789abcdef';
  // Behind and not ahead: what is due in the future has to wait for it.
  const clockBehindMs = secondsToMinute === null ? 0 : (Date.now() % 60_000) + secondsToMinute * 1_000;
  const engine = await startEngine({
    databaseUrl: (await createTestDatabase('empty')).url,
    port: 0,
    sdkUrls: [],
    retryIntervalMs: 20,
    cronClock: () => Date.now() - clockBehindMs,
    ...(mode === 'signed' ? { dev: false, eventKeys: [eventKey], signingKey } : { dev: true, eventKeys: [] }),
  });
  return {
    url: engine.url,
    eventKey,
    signingKey: mode === 'signed' ? signingKey : null,
    stop: () => engine.stop(),
  };
}
