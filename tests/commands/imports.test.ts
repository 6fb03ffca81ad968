import { describe, expect, it } from 'vitest';
import { generateSchool, startSimulator } from '../../simulator/main.ts';
import { root, runCommand, startCommand } from '../support/command.ts';
import { onScopeEnd } from '../support/scope.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const timeoutMs = 240_000;
const courseport = ['node', `${root}/cli/courseport.mjs`];

describe('courseport imports', () => {
  it(
    'does at the terminal what the buttons of an import do',
    async () => {
      const school = await startSimulator({
        port: 0,
        school: generateSchool({ courses: 1, lessons: 3, images: 1, videos: 0, files: 0 }),
        faults: {
          rateLimit: 6_000,
          rateLimitHeaders: 'always',
          delay: 'path:/lectures/',
          delayMs: 60_000,
          assetForbidden: 'path:image1',
        },
      });
      onScopeEnd(() => school.stop());
      const options = {
        dataDir: await temporaryFolder(),
        env: { TEACHABLE_API_KEY: 'sim-key', ALLOWED_PRIVATE_HOSTS: school.allowedHosts.join(',') },
      };
      // It does the work of all commands, so that none of them has to start a platform of its own.
      const platform = startCommand([...courseport, 'start'], {
        ...options,
        env: { ...options.env, PORT: '0', ENGINE_PORT: '0' },
      });
      await platform.waitForOutput(/ready at http/);
      const run = async (...words: readonly string[]) =>
        runCommand([...courseport, 'imports', ...words], options);
      const startImport = async () => {
        const importing = startCommand(
          [...courseport, 'import', '--course', '600001', '--api-url', school.apiUrl],
          options,
        );
        const [, id = ''] = await importing.waitForOutput(/started (imp_\w+)/);
        await importing.waitForOutput(/lessons 0\/3/);
        return { importing, id };
      };

      const { importing, id } = await startImport();
      expect((await run('list')).stdout).toMatch(new RegExp(`^${id}  running `));
      expect((await run('pause', id)).stdout).toBe(`Paused ${id}\n`);
      expect(await importing.ended).toBe(1);
      expect(importing.output()).toContain(`"courseport imports resume ${id}" goes on`);

      school.faults.set({ delay: 'never' });
      const told = await run('monthly-calls', id, '1');
      expect(told.stdout).toMatch(
        / has 1 calls a month: \d+ made from here this month, 1 kept in reserve\n$/,
      );
      const usedUp = await run('resume', id);
      expect(usedUp.exitCode).toBe(1);
      expect(usedUp.output).toContain(`"courseport imports monthly-calls ${id} CALLS"`);
      expect((await run('monthly-calls', id, 'none')).stdout).toContain('are not known');
      expect((await run('resume', id)).exitCode).toBe(3);

      expect((await run('retry', id)).output).toContain('retry with --fixed [CONFLICT]');
      school.faults.set({ assetForbidden: 'never' });
      const retried = await run('retry', id, '--fixed');
      expect(retried.output).toContain('1 failed items are tried again, 0 stay as they are');
      expect(retried.exitCode).toBe(0);
      expect((await run('roll-back', id, '--yes')).stdout).toMatch(/^Removed \d+ objects and 3 stored files/);

      school.faults.set({ delay: 'path:/lectures/' });
      const second = await startImport();
      expect((await run('cancel', second.id)).stdout).toContain(`Cancelled ${second.id}`);
      expect(await second.importing.ended).toBe(1);
    },
    timeoutMs,
  );
});
