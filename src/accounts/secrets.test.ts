import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { generateEncryptionKey, isEncryptionKey } from './secret-box.ts';
import { loadSecrets } from './secrets.ts';

const empty = {
  INNGEST_EVENT_KEY: undefined,
  INNGEST_SIGNING_KEY: undefined,
  ENCRYPTION_KEY: undefined,
  ENGINE_DASHBOARD_TOKEN: undefined,
};

it('makes secrets at the first start, readable by their owner alone, and finds them at the next', async () => {
  const dataDir = join(await temporaryFolder(), 'data');

  const first = await loadSecrets(dataDir, empty);
  const second = await loadSecrets(dataDir, empty);

  expect(second).toEqual(first);
  expect(first.signingKey).toMatch(/^signkey-prod-[0-9a-f]{64}$/);
  expect(first.eventKey).toMatch(/^eventkey-[0-9a-f]{64}$/);
  expect(first.dashboardToken).toMatch(/^[0-9a-f]{64}$/);
  expect(isEncryptionKey(first.encryptionKey)).toBe(true);
  expect((await stat(join(dataDir, 'secrets.json'))).mode & 0o777).toBe(0o600);
  expect(await readdir(dataDir)).toEqual(['secrets.json']);
});

it('makes others for another data directory', async () => {
  const one = await loadSecrets(await temporaryFolder(), empty);
  const other = await loadSecrets(await temporaryFolder(), empty);

  for (const name of ['eventKey', 'signingKey', 'encryptionKey', 'dashboardToken'] as const) {
    expect(one[name]).not.toBe(other[name]);
  }
});

it('lets the environment win', async () => {
  const dataDir = await temporaryFolder();
  await loadSecrets(dataDir, empty);
  const env = {
    INNGEST_EVENT_KEY: 'mine',
    INNGEST_SIGNING_KEY: 'signkey-prod-00ff',
    ENCRYPTION_KEY: generateEncryptionKey(),
    ENGINE_DASHBOARD_TOKEN: 'let-me-in',
  };

  expect(await loadSecrets(dataDir, env)).toEqual({
    eventKey: 'mine',
    signingKey: 'signkey-prod-00ff',
    encryptionKey: env.ENCRYPTION_KEY,
    dashboardToken: 'let-me-in',
  });
});

it('gives the same secrets to all who start at the same moment', async () => {
  const dataDir = await temporaryFolder();

  const all = await Promise.all(Array.from({ length: 20 }, () => loadSecrets(dataDir, empty)));

  expect(new Set(all.map((secrets) => JSON.stringify(secrets))).size).toBe(1);
});

it('gives the same secrets to processes that start at the same moment', async () => {
  const dataDir = await temporaryFolder();
  const script = join(dataDir, 'load.mts');
  const url = new URL('./secrets.ts', import.meta.url).href;
  await writeFile(
    script,
    `import { loadSecrets } from ${JSON.stringify(url)}; process.send(await loadSecrets(${JSON.stringify(dataDir)}, {}));`,
  );

  const all = await Promise.all(
    [1, 2, 3].map(async () => {
      const child = fork(script, { execArgv: ['--import', 'tsx'] });
      const [secrets] = await once(child, 'message');
      child.disconnect();
      await once(child, 'exit');
      return JSON.stringify(secrets);
    }),
  );

  expect(new Set(all).size).toBe(1);
});

it.each([
  ['no JSON', '{"eventKey": "secret-part', 'the whole'],
  ['a missing field', '{"eventKey": "a", "signingKey": "b", "dashboardToken": "c"}', 'encryptionKey'],
  ['an empty file', '', 'the whole'],
])('says what is wrong with a file that holds %s, and leaves it alone', async (_what, content, field) => {
  const dataDir = await temporaryFolder();
  await writeFile(join(dataDir, 'secrets.json'), content);

  await expect(loadSecrets(dataDir, empty)).rejects.toMatchObject({
    code: 'CONFIGURATION_INVALID',
    message: expect.stringMatching(
      new RegExp(`secrets\\.json": its content is damaged \\(${field}\\), restore it`),
    ),
  });
  expect(await readFile(join(dataDir, 'secrets.json'), 'utf8')).toBe(content);
});

it('says that a file cannot be read', async () => {
  const dataDir = await temporaryFolder();
  await mkdir(join(dataDir, 'secrets.json'));

  await expect(loadSecrets(dataDir, empty)).rejects.toThrow(
    /^Cannot read the secrets file ".*": the file system answered EISDIR$/,
  );
});

it('says that a file cannot be written', async () => {
  const dataDir = join(await temporaryFolder(), 'file');
  await writeFile(dataDir, '');
  await chmod(dataDir, 0o400);

  await expect(loadSecrets(dataDir, empty)).rejects.toThrow(/^Cannot (read|write) the secrets file/);
});

it('refuses an encryption key of another form from the environment', async () => {
  const dataDir = await temporaryFolder();

  await expect(loadSecrets(dataDir, { ...empty, ENCRYPTION_KEY: 'short' })).rejects.toMatchObject({
    code: 'CONFIGURATION_INVALID',
    message: expect.not.stringContaining('short,'),
  });
});
