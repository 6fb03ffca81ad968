import { z } from 'zod';
import { AppError } from './errors/app-error.ts';

const optionalText = z.string().trim().optional();

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

/**
 * Everything that can be set from outside, with its default. The README and `.env.example` list the same names; a test
 * compares them.
 */
const envSchema = z.object({
  /** A PostgreSQL to use instead of the embedded one. */
  DATABASE_URL: optionalText.pipe(
    z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  ),
  /** Where the embedded database, the files and the generated secrets live. */
  DATA_DIR: z.string().trim().min(1).default('.data'),
  /** Port of the web pages and of `/api/inngest`; 0 asks for a free one. */
  PORT: port(3000),
  /** Port of the embedded engine; 0 asks for a free one. */
  ENGINE_PORT: port(8288),
  /** An engine elsewhere (self-hosted Inngest); the embedded one is then not started. */
  INNGEST_BASE_URL: optionalText.pipe(httpUrl.optional()),
  INNGEST_EVENT_KEY: optionalText,
  INNGEST_SIGNING_KEY: optionalText,
  INNGEST_SIGNING_KEY_FALLBACK: optionalText,
  /** Opens the embedded engine's own pages. */
  ENGINE_DASHBOARD_TOKEN: optionalText,
  /** Address of the embedded engine's own pages, for the link to them; set by the supervisor. */
  ENGINE_PAGES_URL: optionalText.pipe(httpUrl.optional()),
  /** 32 bytes in base64: encrypts the schools' API keys. */
  ENCRYPTION_KEY: optionalText,
  TEACHABLE_API_URL: z
    .string()
    .trim()
    .default('https://developers.teachable.com/v1')
    .pipe(httpUrl)
    .transform((url) => url.replace(/\/+$/, '')),
  TEACHABLE_API_KEY: optionalText,
  /** `host:port` entries, comma-separated, that outgoing requests may reach although they are private. */
  ALLOWED_PRIVATE_HOSTS: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    ),
  /** The largest asset that is downloaded, in bytes. */
  ASSET_MAX_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(20 * 1024 ** 3),
  /** Keeps files in this bucket instead of in `DATA_DIR/storage`. */
  S3_BUCKET: optionalText,
  /** As Amazon calls it; other servers say what they want here, often `us-east-1` or `auto`. */
  S3_REGION: optionalText,
  /** Address of a server that is not Amazon's. */
  S3_ENDPOINT: optionalText.pipe(httpUrl.optional()),
  /** True for servers that have buckets in the path, not in the host name. */
  S3_FORCE_PATH_STYLE: z.stringbool({ error: 'must be true or false' }).default(false),
  /** Without a key the SDK looks for one: environment, profile files, role of the machine. */
  S3_ACCESS_KEY_ID: optionalText,
  S3_SECRET_ACCESS_KEY: optionalText,
  /** How files in the bucket reach a browser: sent on to the bucket with a signed address, or read and passed on by us. */
  S3_DELIVERY: z.enum(['redirect', 'stream']).default('redirect'),
  /** Sends e-mails when an import has ended, or cannot go on without somebody. */
  SMTP_URL: optionalText.pipe(
    z.url({ protocol: /^smtps?$/, error: 'must be a smtp:// or smtps:// URL' }).optional(),
  ),
  MAIL_FROM: optionalText,
  /** Addresses, comma-separated. */
  MAIL_TO: optionalText,
  /** Where people open the pages, for links in e-mails. */
  PUBLIC_URL: optionalText.pipe(httpUrl.optional()),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export type Env = z.output<typeof envSchema>;

/** The names that the environment may set, for documentation and its test. */
export const envNames = Object.keys(envSchema.shape) as ReadonlyArray<keyof Env>;

/** Settings that mean nothing without others: a half of them is a mistake that should not wait for the first file. */
const needs: Readonly<Partial<Record<keyof Env, readonly (keyof Env)[]>>> = {
  S3_BUCKET: ['S3_REGION'],
  S3_REGION: ['S3_BUCKET'],
  S3_ENDPOINT: ['S3_BUCKET'],
  S3_ACCESS_KEY_ID: ['S3_BUCKET', 'S3_SECRET_ACCESS_KEY'],
  S3_SECRET_ACCESS_KEY: ['S3_BUCKET', 'S3_ACCESS_KEY_ID'],
  SMTP_URL: ['MAIL_FROM', 'MAIL_TO'],
  MAIL_FROM: ['SMTP_URL'],
  MAIL_TO: ['SMTP_URL'],
};

const wholeEnvSchema = envSchema.superRefine((env, { addIssue }) => {
  for (const name of envNames) {
    if (env[name] !== undefined) continue;
    const users = envNames.filter((other) => env[other] !== undefined && needs[other]?.includes(name));
    if (users.length === 0) continue;
    addIssue({ code: 'custom', path: [name], message: `is missing, but needed with ${users.join(' and ')}` });
  }
});

/**
 * Reads and checks settings.
 *
 * @throws {AppError} `CONFIGURATION_INVALID`, naming each wrong variable (never its value: it may be a secret)
 */
export function readEnv(source: Readonly<Record<string, string | undefined>>): Env {
  // An empty variable is one that is not set, as in a copied `.env.example`.
  const set = Object.entries(source).filter(([, value]) => value !== undefined && value.trim() !== '');
  const parsed = wholeEnvSchema.safeParse(Object.fromEntries(set));
  if (parsed.success) return parsed.data;

  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new AppError({
    code: 'CONFIGURATION_INVALID',
    message: `Cannot read the configuration from the environment: ${problems}`,
    publicMessage: 'The server is configured wrongly; its operator has to correct the environment variables.',
    retry: 'never',
  });
}

let known: Env | undefined;

/** The process's settings, read from `process.env` at the first call and kept. */
export function getEnv(): Env {
  known ??= readEnv(process.env);
  return known;
}
