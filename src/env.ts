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
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export type Env = z.output<typeof envSchema>;

/** The names that the environment may set, for documentation and its test. */
export const envNames = Object.keys(envSchema.shape) as ReadonlyArray<keyof Env>;

/**
 * Reads and checks settings.
 *
 * @throws {AppError} `CONFIGURATION_INVALID`, naming each wrong variable (never its value: it may be a secret)
 */
export function readEnv(source: Readonly<Record<string, string | undefined>>): Env {
  // An empty variable is one that is not set, as in a copied `.env.example`.
  const set = Object.entries(source).filter(([, value]) => value !== undefined && value.trim() !== '');
  const parsed = envSchema.safeParse(Object.fromEntries(set));
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
