import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  processesOf,
  runCommand,
  startCommand,
  stopWithCtrlC,
  waitForNoProcess,
} from '../support/command.ts';
import { readmeCommand } from '../support/readme.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait.ts';

const timeoutMs = 240_000;
const freePorts = { PORT: '0', ENGINE_PORT: '0' };

describe('npm start', () => {
  it(
    'serves pages and signed jobs, refuses a second start in the same folder, and stops everything on Ctrl-C',
    async () => {
      const dataDir = await temporaryFolder();
      const platform = startCommand(readmeCommand('npm start'), { dataDir, env: freePorts });
      const [, address = ''] = await platform.waitForOutput(/ready at (http:\S+)/);

      expect((await fetch(`${address}/imports`)).status).toBe(200);
      // Unsigned: only the engine may run jobs.
      const unsigned = await fetch(`${address}/api/inngest?fnId=courseport-import-finish&stepId=step`, {
        method: 'POST',
        body: '{}',
      });
      expect(unsigned.status).toBe(401);
      expect((await stat(join(dataDir, 'secrets.json'))).mode & 0o777).toBe(0o600);

      const second = await runCommand(readmeCommand('npm start'), { dataDir, env: freePorts });
      expect(second.exitCode).toBe(1);
      expect(second.output).toContain(`runs there already (process `);
      expect(second.output).toContain(address);
      expect((await fetch(`${address}/imports`)).status).toBe(200);

      await stopWithCtrlC(platform);
      await waitForNoProcess(dataDir);

      const secrets = JSON.parse(await readFile(join(dataDir, 'secrets.json'), 'utf8')) as Record<
        string,
        string
      >;
      for (const secret of Object.values(secrets)) expect(platform.output()).not.toContain(secret);
    },
    timeoutMs,
  );

  it(
    'leaves no process when it is killed, and starts again after that',
    async () => {
      const dataDir = await temporaryFolder();
      const killed = startCommand(readmeCommand('npm start'), { dataDir, env: freePorts });
      await killed.waitForOutput(/ready at (http:\S+)/);

      const supervisor = (await processesOf(dataDir)).find(({ commandLine }) =>
        /^node \S*courseport\.mjs start$/.test(commandLine),
      );
      expect(supervisor).toBeDefined();
      process.kill(supervisor?.pid ?? 0, 'SIGKILL');
      await killed.ended;
      await waitForNoProcess(dataDir);

      const again = startCommand(readmeCommand('npm start'), { dataDir, env: freePorts });
      const [, address = ''] = await again.waitForOutput(/ready at (http:\S+)/);
      expect((await fetch(`${address}/imports`)).status).toBe(200);
      await stopWithCtrlC(again);
    },
    timeoutMs,
  );

  it(
    'says which port is taken and how to choose another',
    async () => {
      const dataDir = await temporaryFolder();
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
      const address = holder.address();
      const port = address !== null && typeof address === 'object' ? String(address.port) : '';

      const refused = await runCommand(readmeCommand('npm start'), {
        dataDir,
        env: { PORT: port, ENGINE_PORT: '0' },
      });
      holder.close();

      expect(refused.exitCode).toBe(1);
      expect(refused.output).toContain(`on port ${port}: the port is taken; set PORT to a free one`);
      await waitForNoProcess(dataDir);
    },
    timeoutMs,
  );

  it(
    'says in one line what is wrong with the configuration',
    async () => {
      const dataDir = await temporaryFolder();

      const refused = await runCommand(readmeCommand('npm start'), {
        dataDir,
        env: { DATABASE_URL: 'mysql://root:hunter2@localhost/x' },
      });

      expect(refused.exitCode).toBe(1);
      expect(refused.output).toMatch(/courseport: .*DATABASE_URL: must be a postgres:\/\/ URL/);
      expect(refused.output).not.toContain('hunter2');
    },
    timeoutMs,
  );
});

describe('npm run dev', () => {
  it(
    'serves pages that are compiled as they are asked for',
    async () => {
      const dataDir = await temporaryFolder();
      const platform = startCommand(['npm', 'run', 'dev'], { dataDir, env: freePorts });
      const [, address = ''] = await platform.waitForOutput(/ready at (http:\S+)/);

      const page = await waitFor(
        async () => {
          const response = await fetch(`${address}/imports`);
          return response.status === 200 ? response.text() : null;
        },
        { timeoutMs: 60_000, what: 'the imports page' },
      );
      expect(page).toContain('Imports');

      await stopWithCtrlC(platform);
      await waitForNoProcess(dataDir);
    },
    timeoutMs,
  );
});
