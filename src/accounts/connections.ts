import { and, asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Database, Transaction } from '../db/client.ts';
import { isUniqueViolation } from '../db/errors.ts';
import { connections, type SourcePlatform } from '../db/schema/index.ts';
import { getEnv } from '../env.ts';
import { AppError } from '../errors/app-error.ts';
import { newId } from '../lib/ids.ts';
import type { Secret } from './secret.ts';
import { createSecretBox, type SecretBox } from './secret-box.ts';
import { loadSecrets } from './secrets.ts';

/** A connection as pages may show it: without its key. */
export interface ConnectionSummary {
  readonly id: string;
  readonly source: SourcePlatform;
  readonly label: string;
  readonly apiUrl: string;
  /** Origins of the school's own pages, its main one first; empty while nobody has told any. */
  readonly schoolUrls: readonly string[];
  readonly createdAt: Date;
}

const source: SourcePlatform = 'teachable';

/** It becomes a header's value: visible ASCII (RFC 9110 §5.5), nothing around it. */
const apiKeySchema = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{1,1000}$/, 'must be the key alone, without spaces');

const accessSchema = z.object({
  organisationId: z.string().min(1),
  apiUrl: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .refine((url) => !/[?#@]/.test(url), 'must be an address without query, fragment or credentials')
    .transform((url) => url.replace(/\/+$/, '')),
  label: z.string().trim().min(1, 'must not be empty').max(200, 'must have at most 200 characters'),
  apiKey: apiKeySchema,
});

/** What owners type: one or several addresses of their school, with or without `https://`. */
const schoolUrlsSchema = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
  .pipe(
    z
      .array(
        z
          .string()
          .transform((part) => (/^[a-z]+:/i.test(part) ? part : `https://${part}`))
          .pipe(z.url({ protocol: /^https?$/, error: 'must be web addresses' }))
          .transform((url) => new URL(url).origin),
      )
      .max(10, 'must be at most 10 addresses'),
  )
  .transform((urls) => [...new Set(urls)]);

/** Whether a text is what `NewConnection.schoolUrls` takes. */
export function areSchoolUrls(text: string): boolean {
  return schoolUrlsSchema.safeParse(text).success;
}

const newConnectionSchema = accessSchema.extend({
  /** Addresses of the school's pages, the main one first, separated by blanks or commas; empty leaves what is known. */
  schoolUrls: schoolUrlsSchema.default([]),
});

export type NewConnection = z.input<typeof newConnectionSchema>;

/**
 * Keeps access to a school, its key encrypted. The same key for the same address again gives the connection that is there,
 * with the new label.
 *
 * @throws {AppError} `INPUT_INVALID`, naming the wrong fields, never their values
 */
export async function saveConnection(
  database: Database | Transaction,
  input: NewConnection,
): Promise<{ readonly id: string }> {
  const { organisationId, apiUrl, label, apiKey, schoolUrls } = parseInput(input);
  const box = await getSecretBox();
  const id = newId('connection');
  const [saved] = await database
    .insert(connections)
    .values({
      id,
      organisationId,
      source,
      label,
      apiUrl,
      schoolUrls,
      encryptedKey: box.seal(apiKey, id),
      keyFingerprint: box.fingerprint(organisationId, source, apiUrl, apiKey),
    })
    .onConflictDoUpdate({
      target: [
        connections.organisationId,
        connections.source,
        connections.apiUrl,
        connections.keyFingerprint,
      ],
      set: { label, ...(schoolUrls.length > 0 && { schoolUrls }), updatedAt: new Date() },
    })
    .returning({ id: connections.id });
  return { id: saved?.id ?? id };
}

/**
 * Gives a connection a new key in the place of its old one. Whether the school accepts it is for the caller to have found out.
 *
 * @returns the connection that has the key from now on: another one, when the key was saved for the same address before
 * @throws {AppError} `NOT_FOUND` when the organisation has no such connection; `INPUT_INVALID`, never with the key
 */
export async function replaceConnectionKey(
  database: Database,
  input: { readonly organisationId: string; readonly connectionId: string; readonly apiKey: string },
): Promise<{ readonly id: string }> {
  const { organisationId, connectionId } = input;
  const apiKey = parseApiKey(input.apiKey);
  const { apiUrl } = await openConnection(database, { organisationId, connectionId });
  const box = await getSecretBox();
  const keyFingerprint = box.fingerprint(organisationId, source, apiUrl, apiKey);
  try {
    await database
      .update(connections)
      .set({ encryptedKey: box.seal(apiKey, connectionId), keyFingerprint })
      .where(and(eq(connections.id, connectionId), eq(connections.organisationId, organisationId)));
    return { id: connectionId };
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const [holder] = await database
      .select({ id: connections.id })
      .from(connections)
      .where(
        and(
          eq(connections.organisationId, organisationId),
          eq(connections.source, source),
          eq(connections.apiUrl, apiUrl),
          eq(connections.keyFingerprint, keyFingerprint),
        ),
      );
    if (!holder) throw error;
    return holder;
  }
}

/**
 * A key as it is sent, without what was pasted around it.
 *
 * @throws {AppError} `INPUT_INVALID`, never with the key
 */
export function parseApiKey(text: string): string {
  const parsed = z.object({ apiKey: apiKeySchema }).safeParse({ apiKey: text });
  if (parsed.success) return parsed.data.apiKey;
  throw inputInvalid(parsed.error);
}

/** An organisation's connections, oldest first. */
export async function listConnections(
  database: Database | Transaction,
  { organisationId }: { readonly organisationId: string },
): Promise<readonly ConnectionSummary[]> {
  return database
    .select({
      id: connections.id,
      source: connections.source,
      label: connections.label,
      apiUrl: connections.apiUrl,
      schoolUrls: connections.schoolUrls,
      createdAt: connections.createdAt,
    })
    .from(connections)
    .where(eq(connections.organisationId, organisationId))
    .orderBy(asc(connections.createdAt), asc(connections.id));
}

/**
 * Notes the addresses of a school's pages; empty leaves what is known.
 *
 * @param input.schoolUrls see `NewConnection`
 * @throws {AppError} `INPUT_INVALID`
 */
export async function saveSchoolUrls(
  database: Database | Transaction,
  input: { readonly organisationId: string; readonly connectionId: string; readonly schoolUrls: string },
): Promise<void> {
  const parsed = schoolUrlsSchema.safeParse(input.schoolUrls);
  if (!parsed.success) throw inputInvalid(parsed.error);
  if (parsed.data.length === 0) return;
  await database
    .update(connections)
    .set({ schoolUrls: parsed.data })
    .where(and(eq(connections.id, input.connectionId), eq(connections.organisationId, input.organisationId)));
}

/** The addresses of a school's pages (see `ConnectionSummary`). */
export async function findSchoolUrls(
  database: Database | Transaction,
  connectionId: string,
): Promise<readonly string[]> {
  const [found] = await database
    .select({ schoolUrls: connections.schoolUrls })
    .from(connections)
    .where(eq(connections.id, connectionId));
  return found?.schoolUrls ?? [];
}

/**
 * What it takes to call a school's API. The key shows itself only by `reveal()`.
 *
 * @throws {AppError} `NOT_FOUND` when the organisation has no such connection; `CONFIGURATION_INVALID` when its key was
 * encrypted with another encryption key
 */
export async function openConnection(
  database: Database | Transaction,
  { organisationId, connectionId }: { readonly organisationId: string; readonly connectionId: string },
): Promise<{ readonly apiUrl: string; readonly apiKey: Secret }> {
  const [found] = await database
    .select({ apiUrl: connections.apiUrl, encryptedKey: connections.encryptedKey })
    .from(connections)
    .where(and(eq(connections.id, connectionId), eq(connections.organisationId, organisationId)));
  if (!found) throw notFound(connectionId);

  const box = await getSecretBox();
  return { apiUrl: found.apiUrl, apiKey: box.open(found.encryptedKey, connectionId) };
}

let processBox: Promise<SecretBox> | undefined;

/** The box of the process's encryption key: the environment's, else that of the data directory. */
function getSecretBox(): Promise<SecretBox> {
  processBox ??= openSecretBox();
  processBox.catch(() => {
    processBox = undefined;
  });
  return processBox;
}

async function openSecretBox(): Promise<SecretBox> {
  const env = getEnv();
  return createSecretBox(env.ENCRYPTION_KEY ?? (await loadSecrets(env.DATA_DIR, env)).encryptionKey);
}

function parseInput(input: NewConnection) {
  const parsed = newConnectionSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw inputInvalid(parsed.error);
}

function inputInvalid(error: z.ZodError): AppError {
  const problems = error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`.trim()).join('; ');
  return new AppError({
    code: 'INPUT_INVALID',
    message: `Cannot save the connection: ${problems}`,
    publicMessage: `The school could not be connected: ${problems}.`,
    retry: 'never',
  });
}

function notFound(connectionId: string): AppError {
  return new AppError({
    code: 'NOT_FOUND',
    message: `Cannot open connection "${connectionId}": the organisation has no such connection`,
    publicMessage: 'This school is not connected any more. Connect it again.',
    retry: 'never',
  });
}
