import { sql } from 'drizzle-orm';
import { integer, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { createdAt, instant, organisationId, updatedAt } from './columns.ts';

/** The platforms that courses can come from. */
export const sourcePlatforms = ['teachable'] as const;
export type SourcePlatform = (typeof sourcePlatforms)[number];

/** Our access to a school: where its API is, and its key, encrypted. */
export const connections = pgTable(
  'connections',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    source: text('source', { enum: sourcePlatforms }).notNull(),
    /** What the owner calls the school. */
    label: text('label').notNull(),
    apiUrl: text('api_url').notNull(),
    /** Where students and owner open the school, as its owner told; the first is its main address. Origins. */
    schoolUrls: text('school_urls').array().notNull().default(sql`'{}'::text[]`),
    /** AES-256-GCM: version, nonce, tag and ciphertext, base64. Never leaves the server. */
    encryptedKey: text('encrypted_key').notNull(),
    /** HMAC of the key, to find the connection again without decrypting any. */
    keyFingerprint: text('key_fingerprint').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [unique().on(table.organisationId, table.source, table.apiUrl, table.keyFingerprint)],
);

/** A school's API allowance, shared by every job that calls it. */
export const budgets = pgTable('budgets', {
  connectionId: text('connection_id')
    .primaryKey()
    .references(() => connections.id, { onDelete: 'cascade' }),
  organisationId: organisationId(),
  ratePerMinute: integer('rate_per_minute').notNull(),
  /** When the next call may start if calls are spread evenly; lies in the past while there is allowance to spare. */
  nextCallAt: instant('next_call_at').notNull().defaultNow(),
  /** Set by a 429: nobody calls before then. */
  blockedUntil: instant('blocked_until'),
  updatedAt: updatedAt(),
});
