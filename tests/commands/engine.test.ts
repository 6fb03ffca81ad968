import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inngest } from 'inngest';
import { serve } from 'inngest/node';
import { describe, expect, it } from 'vitest';
import { startCommand, stopWithCtrlC, waitForNoProcess } from '../support/command.ts';
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
    await stopWithCtrlC(engine);
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
});
