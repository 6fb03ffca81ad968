import { join } from 'node:path';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/db/embedded.ts';
import type { Env } from '../../src/env.ts';

export interface PlatformDatabase {
  /** Holds a password: never print it. Stays the same when the server is brought back. */
  readonly url: string;
  readonly origin: 'embedded' | 'found running' | 'DATABASE_URL';
  readonly port: number | null;
  stop(): Promise<void>;
}

const restartDelayMs = 250;

/**
 * The database of this process: the one of `DATABASE_URL`, or PostgreSQL from the data directory. A server that was started
 * here and dies is brought back on the same port, so that everyone connected to it finds it again.
 */
export async function openDatabase(
  env: Env,
  dataDir: string,
  onGivenUp: (message: string) => void,
): Promise<PlatformDatabase> {
  if (env.DATABASE_URL !== undefined) {
    return { url: env.DATABASE_URL, origin: 'DATABASE_URL', port: null, stop: async () => undefined };
  }

  const folder = join(dataDir, 'postgres');
  let stopping = false;
  let server = await startEmbeddedServer({ dataDir: folder });
  const { port, url } = server;

  function watch(watched: EmbeddedServer): void {
    watched.onExit(() => {
      if (!stopping) void bringBack();
    });
  }

  async function bringBack(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, restartDelayMs));
    if (stopping) return;
    try {
      const restarted = await startEmbeddedServer({ dataDir: folder, port });
      if (stopping) {
        await restarted.stop();
        return;
      }
      server = restarted;
      if (restarted.port === port) watch(restarted);
      else onGivenUp(`PostgreSQL died and its port ${port} was taken before it could be started again`);
    } catch (error) {
      onGivenUp(`PostgreSQL died and could not be started again: ${String(error)}`);
    }
  }

  watch(server);
  return {
    url,
    port,
    origin: server.owned ? 'embedded' : 'found running',
    async stop() {
      stopping = true;
      await server.stop();
    },
  };
}
