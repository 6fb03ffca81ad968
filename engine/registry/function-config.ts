import { z } from 'zod';
import { limits } from '../protocol/limits.ts';
import { storedFlowControl, wireFlowControl } from './flow-control-config.ts';

/** PostgreSQL stores no NUL in a text. */
const storable = z.string().refine((text) => !text.includes('\0'), 'contains a NUL character');
/** PostgreSQL indexes no long texts. */
const identifier = storable.max(limits.identifierLength);

/** A function as an SDK registers it (Inngest SDK spec 4.3.1). Fields that are not listed here are not read. */
const wireFunction = z.object({
  id: identifier.min(1),
  name: storable.optional(),
  triggers: z
    .array(
      z.object({
        event: z.string().nullish(),
        expression: z.string().nullish(),
        cron: z.string().nullish(),
        jitter: z.string().nullish(),
      }),
    )
    .nullish(),
  steps: z.object({
    step: z.object({
      runtime: z.object({ type: z.string(), url: z.string() }),
      retries: z.object({ attempts: z.number().int().nullish() }).nullish(),
    }),
  }),
  concurrency: z.unknown().optional(),
  cancel: z
    .array(z.object({ event: z.string().min(1), if: z.string().nullish(), timeout: z.string().nullish() }))
    .nullish(),
  ...wireFlowControl,
});
export type WireFunction = z.infer<typeof wireFunction>;

export const registrationRequest = z.object({
  url: storable.min(1),
  appName: identifier.optional(),
  sdk: storable.optional(),
  framework: storable.optional(),
  functions: z.array(wireFunction),
});
export type RegistrationRequest = z.infer<typeof registrationRequest>;

export const concurrencyScopes = ['fn', 'env', 'account'] as const;

const concurrencyLimit = z.object({
  limit: z.number().int().min(0),
  key: z.string().min(1).nullish(),
  scope: z.enum(concurrencyScopes).nullish(),
});
const concurrency = z.union([z.number().int().min(0), concurrencyLimit, z.array(concurrencyLimit)]);

/** A registered function in our own form, checked. This is what is stored. */
export const functionConfig = z.object({
  slug: z.string(),
  name: z.string(),
  url: z.string(),
  retries: z.number(),
  eventTriggers: z.array(z.object({ event: z.string(), expression: z.string().nullable() })),
  cronTriggers: z.array(z.object({ cron: z.string(), jitterMs: z.number().nullable() })),
  concurrency: z.array(
    z.object({ limit: z.number(), key: z.string().nullable(), scope: z.enum(concurrencyScopes) }),
  ),
  cancels: z.array(
    z.object({
      event: z.string(),
      expression: z.string().nullable(),
      /** For how long after the start of the run. */
      timeoutMs: z.number().nullable(),
      /** Or until a moment, in ms since 1970. */
      untilMs: z.number().nullable().default(null),
    }),
  ),
  ...storedFlowControl,
});
export type FunctionConfig = z.infer<typeof functionConfig>;

/** Reads the three forms of `concurrency`. Null when it has none of them. A limit of 0 means no limit. */
export function readConcurrency(value: unknown): FunctionConfig['concurrency'] | null {
  if (value === undefined || value === null) return [];
  const parsed = concurrency.safeParse(value);
  if (!parsed.success) return null;

  const list = typeof parsed.data === 'number' ? [{ limit: parsed.data }] : [parsed.data].flat();
  return list
    .filter(({ limit }) => limit > 0)
    .map((item) => ({
      limit: item.limit,
      key: ('key' in item ? item.key : null) ?? null,
      scope: ('scope' in item ? item.scope : null) ?? 'fn',
    }));
}

/** The number of retries after the first attempt. The official server allows 20 at most and lowers what is above. */
export function readRetries(attempts: number | null | undefined): number {
  return Math.max(0, Math.min(attempts ?? limits.defaultRetries, limits.retries));
}
