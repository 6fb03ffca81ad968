import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CommandFailure } from '../failure.ts';
import { type InstanceLock, takeInstanceLock } from './instance-lock.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const distFolder = join(root, '.next');
/** Holds the hash of the sources that the built pages were made from. */
const stampFile = join(distFolder, 'courseport-sources');
/** Outside of `.next`, which a build empties. */
const lockFolder = join(root, 'node_modules', '.cache', 'courseport-build');
const lockPollMs = 200;

/** All that ends up in the pages. */
const sourceFolders = ['app', 'src', 'public'];
const sourceFiles = [
  'next.config.ts',
  'postcss.config.mjs',
  'package-lock.json',
  'instrumentation.ts',
  'proxy.ts',
  'tsconfig.json',
];

async function hashSources(): Promise<string> {
  const files = sourceFiles.map((file) => join(root, file)).filter(existsSync);
  for (const folder of sourceFolders.map((name) => join(root, name)).filter(existsSync)) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    files.push(
      ...entries
        .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
        .map((entry) => join(entry.parentPath, entry.name)),
    );
  }
  const hash = createHash('sha256');
  for (const file of files.sort())
    hash
      .update(file)
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  return hash.digest('hex');
}

async function areBuiltFrom(hash: string): Promise<boolean> {
  return existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === hash;
}

/**
 * Builds the web pages unless they are built from these very sources already. Of several starts at the same moment one builds
 * and the others wait for it: `next build` refuses a second one beside it.
 *
 * @throws {CommandFailure} with the end of the build's output
 */
export async function buildPages(say: (line: string) => void): Promise<void> {
  const hash = await hashSources();
  if (await areBuiltFrom(hash)) return;

  const lock = await takeBuildLock();
  try {
    if (!(await areBuiltFrom(hash))) await build(hash, say);
  } finally {
    await lock.release();
  }
}

async function takeBuildLock(): Promise<InstanceLock> {
  for (;;) {
    const taken = await takeInstanceLock(lockFolder, 'next build');
    if ('lock' in taken) return taken.lock;
    await delay(lockPollMs);
  }
}

async function build(hash: string, say: (line: string) => void): Promise<void> {
  say('building the web pages (once, about half a minute)');
  // A build that fails or is interrupted leaves pages that are made from nothing in particular.
  await rm(stampFile, { force: true });
  const builder = spawn(process.execPath, [join(root, 'node_modules/next/dist/bin/next'), 'build'], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  builder.stdout.on('data', (chunk) => {
    output += chunk;
  });
  builder.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const exitCode = await new Promise((resolve) => builder.once('close', resolve));
  if (exitCode !== 0) {
    throw new CommandFailure(`Cannot build the web pages: next build failed\n${output.slice(-4000)}`);
  }
  await writeFile(stampFile, hash);
}
