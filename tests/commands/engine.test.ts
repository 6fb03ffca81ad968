import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Inngest } from 'inngest';
import { serve } from 'inngest/node';
import { describe, expect, it } from 'vitest';
import { root, runCommand, startCommand, stopWithCtrlC, waitForNoProcess } from '../support/command.ts';
import { readmeCommand } from '../support/readme.ts';
import { onScopeEnd } from '../support/scope.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait.ts';

const exampleUrl = 'http://127.0.0.1:3000/api/inngest';

describe('courseport engine', () => {
  it('runs the functions of any Inngest app, and stops cleanly', { timeout: 120_000 }, async () => {
    const greeted: string[] = [];
    let app: ReturnType<typeof serve> | undefined;
    const server = createServer((request, response) => {
      if (app === undefined) response.writeHead(503).end();
      else app(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onScopeEnd(async () => {
      server.close();
    });
    const appUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest`;
    const dataDir = await temporaryFolder();

    const engine = startCommand(
      readmeCommand('npx courseport engine --port 8288 --sdk-url http://127.0.0.1:3000/api/inngest --dev', {
        '8288': '0',
        [exampleUrl]: appUrl,
      }),
      { dataDir },
    );
    const [, engineUrl = ''] = await engine.waitForOutput(/listens at (http:\S+)/);
    const client = new Inngest({ id: 'shop', isDev: true, baseUrl: engineUrl });
    const greet = client.createFunction(
      { id: 'greet', triggers: [{ event: 'shop/guest.came' }] },
      async ({ event, step }) => {
        await step.run('greet', () => {
          greeted.push(String(event.data.name));
        });
      },
    );
    app = serve({ client, functions: [greet] });
    await waitFor(
      async () => {
        const dev = (await (await fetch(`${engineUrl}/dev`)).json()) as { functions: readonly unknown[] };
        return dev.functions.length > 0;
      },
      { timeoutMs: 30_000, what: 'the engine to find the app' },
    );

    await client.send({ name: 'shop/guest.came', data: { name: 'Ada' } });

    await waitFor(() => greeted.length > 0, { what: 'the guest to be greeted' });
    expect(greeted).toEqual(['Ada']);
    expect(engine.output()).toContain(`INNGEST_DEV=${engineUrl}`);
    await stopWithCtrlC(engine);
    expect(engine.stdout()).toMatch(/"Engine is stopping".*"Engine has stopped"/s);
    await waitForNoProcess(dataDir);
  });

  it('leaves nothing running when npx alone is told to end', { timeout: 120_000 }, async () => {
    const dataDir = await temporaryFolder();
    const words = ['npx', 'courseport', 'engine', '--port', '0', '--sdk-url', exampleUrl, '--dev'];
    const engine = startCommand(words, { dataDir });
    await engine.waitForOutput(/listens at http:/);

    engine.child.kill('SIGTERM');

    await waitForNoProcess(dataDir);
  });

  it('says which setting is wrong when its database or its data directory cannot be used', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'file');
    await writeFile(file, '');
    const words = ['node', join(root, 'cli/courseport.mjs'), 'engine', '--port', '0', '--dev'];

    const noDatabase = await runCommand(words, {
      dataDir: folder,
      env: { DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/shop' },
    });
    const noFolder = await runCommand(words, { dataDir: file });

    expect(noDatabase.exitCode).toBe(1);
    expect(noDatabase.output).toMatch(
      /^courseport: Cannot reach the database at 127\.0\.0\.1:1\/shop: .*ECONNREFUSED.*, check DATABASE_URL/m,
    );
    expect(noDatabase.output).not.toContain('hunter2');
    expect(noFolder.exitCode).toBe(1);
    expect(noFolder.output).toContain(`"${file}": it is a file, or leads through one, set DATA_DIR to`);
  });

  it('tells at once that another engine is there, and how to use another place', {
    timeout: 120_000,
  }, async () => {
    const dataDir = await temporaryFolder();
    const words = ['node', join(root, 'cli/courseport.mjs'), 'engine', '--port', '0'];
    const first = startCommand(words, { dataDir });
    await first.waitForOutput(/secrets\.json/);

    const second = startCommand(words, { dataDir });
    const [, waitMs] = await second.waitForOutput(
      /"waitMs":(\d+),"msg":"Another engine works on the database/,
    );

    expect(waitMs).toBe('5000');
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain('another engine works there, stop that one first or set DATA_DIR to');
    await stopWithCtrlC(first);
  });
});
