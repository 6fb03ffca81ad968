import { expect, it, onTestFinished, vi } from 'vitest';
import { readEnv } from '../../src/env.ts';
import { createTestDatabase } from '../../tests/support/database.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { takeInstanceLock } from './instance-lock.ts';
import { joinPlatform } from './join-platform.ts';

it('waits for a platform that is starting, and then works with its engine', async () => {
  const dataDir = await temporaryFolder();
  const { url } = await createTestDatabase('empty');
  const taken = await takeInstanceLock(dataDir, 'npm start');
  if ('holder' in taken) throw new Error('The folder is taken');
  onTestFinished(() => taken.lock.release());
  const onStep = vi.fn();

  const joining = joinPlatform({
    command: 'courseport import',
    env: readEnv({ DATA_DIR: dataDir, DATABASE_URL: url }),
    extraEnv: {},
    onStep,
    onGivenUp: () => undefined,
  });
  await vi.waitFor(() =>
    expect(onStep).toHaveBeenCalledWith(expect.stringMatching(/^waiting for "npm start"/)),
  );
  taken.lock.describe({ command: 'npm start', webUrl: null, engineUrl: 'http://127.0.0.1:8288' });

  const joined = await joining;
  onTestFinished(() => joined.stop());
  expect(joined.processEnv.INNGEST_BASE_URL).toBe('http://127.0.0.1:8288');
});
