import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import packaged from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/**
 * A headless Chromium that came with npm, its libraries included: nothing is downloaded and nothing has to be installed. It
 * plays H.264 and AAC. `CHROMIUM_PATH` names another one to use instead.
 */
export async function openBrowser(): Promise<Browser> {
  const own = process.env.CHROMIUM_PATH;
  return chromium.launch({
    ...(own ? { executablePath: own } : await unpackChromium()),
    headless: true,
    // Containers have neither user namespaces nor much shared memory. Every protection of pages against each other stays on.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required'],
  });
}

interface Unpacked {
  readonly executablePath: string;
  readonly env: Record<string, string>;
}

/**
 * Unpacks the browser once per machine and version. Test files run at the same time: each that finds none unpacks its own copy
 * aside, and the first to finish puts it in place.
 */
async function unpackChromium(): Promise<Unpacked> {
  const folder = join(tmpdir(), `courseport-chromium-${packagedVersion()}-${process.getuid?.() ?? 'user'}`);
  if (!existsSync(folder)) {
    const aside = await mkdtemp(join(tmpdir(), 'courseport-unpacking-'));
    await withEnvironment(unpackInto(aside), () => packaged.executablePath());
    await writeFile(join(aside, 'fonts.conf'), fontSettings(folder));
    await rename(aside, folder).catch(() => rm(aside, { recursive: true }));
  }
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      ...definedEnvironment(),
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      ...(existsSync('/etc/fonts') ? {} : { FONTCONFIG_FILE: join(folder, 'fonts.conf') }),
    },
  };
}

function packagedVersion(): string {
  const require = createRequire(import.meta.url);
  const root = dirname(dirname(dirname(require.resolve('@sparticuz/chromium'))));
  const { version }: { version: string } = require(join(root, 'package.json'));
  return version;
}

/** The package unpacks into the system's temporary folder, and its shared libraries only where it believes to be on Amazon Linux. */
function unpackInto(folder: string): Readonly<Record<string, string>> {
  return { TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' };
}

async function withEnvironment<T>(
  settings: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, settings);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(settings)) {
      const value = before[name];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** For machines without any fonts of their own. */
function fontSettings(folder: string): string {
  return `<?xml version="1.0"?><fontconfig><dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'fonts-cache')}</cachedir></fontconfig>\n`;
}
