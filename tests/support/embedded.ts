import { type EmbeddedServer, startEmbeddedServer } from '../../src/db/embedded.ts';
import { onScopeEnd } from './scope.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A PostgreSQL server of a test's own, with full durability, that may be killed. */
export interface OwnDatabaseServer {
  /** The empty platform database; stays the same after a restart. */
  readonly url: string;
  /** The postmaster of the moment. */
  readonly pid: number;
  /** Kills the postmaster with SIGKILL, as a crash would. Resolves when it is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same data and port, after `kill9` or instead of it after a clean stop. */
  restart(): Promise<void>;
}

/** Starts a server that ends, and whose data goes, with the test, or with the file when started outside of one. */
export async function startOwnDatabaseServer(): Promise<OwnDatabaseServer> {
  const dataDir = await temporaryFolder();
  let server: EmbeddedServer = await startEmbeddedServer({ dataDir });
  const { url, port } = server;
  onScopeEnd(() => server.stop());

  return {
    url,
    get pid() {
      return server.pid;
    },
    async kill9() {
      const ended = new Promise((resolve) => server.onExit(resolve));
      process.kill(server.pid, 'SIGKILL');
      await ended;
    },
    async restart() {
      await server.stop();
      server = await startEmbeddedServer({ dataDir, port });
      if (server.port !== port)
        throw new Error(`Cannot restart the server: port ${port} was taken meanwhile`);
    },
  };
}
