import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Env } from '../env.ts';
import { AppError } from '../errors/app-error.ts';
import { checkEncryptionKey, generateEncryptionKey, isEncryptionKey } from './secret-box.ts';

const secretsSchema = z.object({
  /** Lets a sender of events in. */
  eventKey: z.string().min(1),
  /** Signs what the engine and the app say to each other; `signkey-<environment>-<hex>` as Inngest has it. */
  signingKey: z.string().min(1),
  /** Encrypts the schools' API keys: 32 bytes, base64. */
  encryptionKey: z.string().refine(isEncryptionKey, 'must be 32 bytes in base64'),
  /** Opens the engine's pages. */
  dashboardToken: z.string().min(1),
});

export type PlatformSecrets = z.output<typeof secretsSchema>;

type SecretSettings = Pick<
  Env,
  'INNGEST_EVENT_KEY' | 'INNGEST_SIGNING_KEY' | 'ENCRYPTION_KEY' | 'ENGINE_DASHBOARD_TOKEN'
>;

const randomKeyBytes = 32;

/**
 * The platform's own secrets: those of the environment, and for the others what `secrets.json` in the data directory says,
 * which the first start writes (mode 0600). Processes that start at the same moment get the same.
 *
 * @throws {AppError} `CONFIGURATION_INVALID` when the file cannot be read or written, or holds something else
 */
export async function loadSecrets(dataDir: string, env: SecretSettings): Promise<PlatformSecrets> {
  if (env.ENCRYPTION_KEY !== undefined) checkEncryptionKey(env.ENCRYPTION_KEY);
  const path = join(dataDir, 'secrets.json');
  const stored = (await readSecrets(path)) ?? (await makeSecrets(dataDir, path));
  return {
    eventKey: env.INNGEST_EVENT_KEY ?? stored.eventKey,
    signingKey: env.INNGEST_SIGNING_KEY ?? stored.signingKey,
    encryptionKey: env.ENCRYPTION_KEY ?? stored.encryptionKey,
    dashboardToken: env.ENGINE_DASHBOARD_TOKEN ?? stored.dashboardToken,
  };
}

async function readSecrets(path: string): Promise<PlatformSecrets | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw unusable(path, 'read', `the file system answered ${errnoOf(error)}`, error);
  }
  const parsed = secretsSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;

  const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'the whole').join(', ');
  throw unusable(
    path,
    'use',
    `its content is damaged (${fields}), restore it from a backup; without it the stored school keys are lost`,
  );
}

/** Written aside and linked into place, which fails when another process was faster: then theirs is the truth. */
async function makeSecrets(dataDir: string, path: string): Promise<PlatformSecrets> {
  const draft = join(dataDir, `.secrets-${randomUUID()}.json`);
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await writeDurably(draft, `${JSON.stringify(generateSecrets(), null, 2)}\n`);
    await link(draft, path).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw unusable(path, 'write', `the file system answered ${errnoOf(error)}`, error);
  } finally {
    await rm(draft, { force: true });
  }
  const stored = await readSecrets(path);
  if (stored === null) throw unusable(path, 'read', 'it vanished while it was made');
  return stored;
}

function generateSecrets(): PlatformSecrets {
  const hex = () => randomBytes(randomKeyBytes).toString('hex');
  return {
    eventKey: `eventkey-${hex()}`,
    signingKey: `signkey-prod-${hex()}`,
    encryptionKey: generateEncryptionKey(),
    dashboardToken: hex(),
  };
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function unusable(path: string, verb: string, problem: string, cause?: unknown): AppError {
  return new AppError({
    code: 'CONFIGURATION_INVALID',
    message: `Cannot ${verb} the secrets file "${path}": ${problem}`,
    publicMessage: "The server's own secrets cannot be read; its operator has to look after them.",
    retry: 'never',
    cause,
  });
}
