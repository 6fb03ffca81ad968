import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { parsePort } from '../options.ts';
import { runService } from '../supervisor/in-child.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Requests under way get this long when the server stops. */
const drainTimeoutMs = 3_000;

/** The Next.js server: pages, and `/api/inngest`, the host of the jobs. */
export function addWebCommand(program: Command): void {
  program.addCommand(
    new Command('web')
      .description('serve the web pages and the jobs (DATABASE_URL and keys from the environment)')
      .option('--port <port>', 'port on 127.0.0.1; 0 finds a free one', parsePort, 3000)
      .option('--reload', 'compile on the fly and reload, for development', false)
      .action(async (options: { port: number; reload: boolean }) => {
        await runService(() => startWeb(options));
      }),
    { hidden: true },
  );
}

async function startWeb(options: { port: number; reload: boolean }) {
  const { default: next } = await import('next');
  const app = next({ dev: options.reload, dir: root, hostname: '127.0.0.1', port: options.port });
  await app.prepare();
  const handle = app.getRequestHandler();
  const server = createServer((request, response) => {
    void handle(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
      await closed;
      clearTimeout(timer);
      await app.close();
    },
  };
}
