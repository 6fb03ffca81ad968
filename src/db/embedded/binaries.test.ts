import { execFileSync } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { chooseAccount } from './account.ts';
import { type BinaryPackage, findBinaryPackage, prepareBinaries } from './binaries.ts';

const isRoot = process.getuid?.() === 0;

/** The installed package as it is when npm has skipped its install script: without links to its libraries. */
async function copyPackageWithoutLinks(folder: string): Promise<BinaryPackage> {
  const installed = await findBinaryPackage();
  const nativeDir = join(folder, 'package', 'native');
  await cp(installed.nativeDir, nativeDir, { recursive: true, verbatimSymlinks: true });
  for (const name of await readdir(join(nativeDir, 'lib'))) {
    const path = join(nativeDir, 'lib', name);
    if ((await lstat(path)).isSymbolicLink()) await rm(path);
  }
  return { ...installed, nativeDir };
}

function versionOf(program: string): string {
  return execFileSync(program, ['--version'], { encoding: 'utf8', stdio: 'pipe' });
}

describe('prepareBinaries', () => {
  it('uses what npm installed', async () => {
    const installed = await findBinaryPackage();
    const account = await chooseAccount('/nowhere');

    const binaries = await prepareBinaries(installed, { account, cacheDir: await temporaryFolder() });

    expect(binaries.postgres).toBe(join(installed.nativeDir, 'bin', 'postgres'));
    expect(binaries.majorVersion).toBe(18);
  });

  it('makes the links that a skipped install script left out', async () => {
    const folder = await temporaryFolder();
    const installed = await copyPackageWithoutLinks(folder);
    expect(() => versionOf(join(installed.nativeDir, 'bin', 'postgres'))).toThrow();

    const binaries = await prepareBinaries(installed, {
      account: undefined,
      cacheDir: join(folder, 'cache'),
    });

    expect(binaries.postgres).toBe(join(installed.nativeDir, 'bin', 'postgres'));
    expect(versionOf(binaries.postgres)).toContain('PostgreSQL');
    expect(versionOf(binaries.initdb)).toContain('PostgreSQL');
  });

  it.runIf(isRoot)('copies them once when their user may not reach them', async () => {
    const folder = await temporaryFolder();
    await chmod(folder, 0o755);
    const installed = await copyPackageWithoutLinks(folder);
    await chmod(join(folder, 'package'), 0o700);
    const account = await chooseAccount('/nowhere');
    const cacheDir = join(folder, 'cache');

    const [first, second] = await Promise.all([
      prepareBinaries(installed, { account, cacheDir }),
      prepareBinaries(installed, { account, cacheDir }),
    ]);

    expect(first.postgres).toBe(
      join(cacheDir, `postgresql-${installed.version}`, 'native', 'bin', 'postgres'),
    );
    expect(second).toEqual(first);
    expect(await readdir(cacheDir)).toEqual([`postgresql-${installed.version}`]);
  });

  it('says why they do not run', async () => {
    const folder = await temporaryFolder();
    const nativeDir = join(folder, 'native');
    await mkdir(join(nativeDir, 'bin'), { recursive: true });
    await writeFile(join(nativeDir, 'bin', 'postgres'), '#!/bin/sh\necho "wrong C library"; exit 1\n', {
      mode: 0o755,
    });

    const prepared = prepareBinaries(
      { nativeDir, version: '18.0.0' },
      { account: undefined, cacheDir: join(folder, 'cache') },
    );

    await expect(prepared).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(/wrong C library.*set DATABASE_URL/),
    });
  });
});
