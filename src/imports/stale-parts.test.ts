import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { removeStaleParts } from './stale-parts.ts';

const dayMs = 24 * 60 * 60_000;

it('removes partial files of yesterday, and neither fresh ones nor anything else', async () => {
  const folder = join(await temporaryFolder(), 'tmp');
  expect(await removeStaleParts(folder, dayMs)).toBe(0);
  await mkdir(folder);
  const old = new Date(Date.now() - dayMs - 60_000);
  for (const name of ['old.part', 'fresh.part', 'old.txt']) await writeFile(join(folder, name), 'x');
  for (const name of ['old.part', 'old.txt']) await utimes(join(folder, name), old, old);

  expect(await removeStaleParts(folder, dayMs)).toBe(1);

  expect((await readdir(folder)).sort()).toEqual(['fresh.part', 'old.txt']);
});
