import { sql } from 'drizzle-orm';
import { integer, jsonb, pgTable, text, timestamp, unique } from 'drizzle-orm/pg-core';
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

/**
 * A school's API allowance, shared by every job that calls it. Written with each call, so that one row holds all that a decision
 * needs.
 */
export const budgets = pgTable('budgets', {
  connectionId: text('connection_id')
    .primaryKey()
    .references(() => connections.id, { onDelete: 'cascade' }),
  organisationId: organisationId(),
  /** Calls a minute that the source allows, as it said last; null until it has. */
  ratePerMinute: integer('rate_per_minute'),
  /** When the next call may start if calls are spread evenly; lies in the past while there is allowance to spare. */
  nextCallAt: timestamp('next_call_at', { withTimezone: true, precision: 6 }).notNull().defaultNow(),
  /** Set by a 429: nobody calls before then. */
  blockedUntil: instant('blocked_until'),
  /** Who asked for turns lately, by import: see `Turns` of the source. */
  askers: jsonb('askers').$type<Record<string, BudgetAsker>>().notNull().default({}),
  /** Calls in each calendar month (UTC), by `2026-11`. */
  callsByMonth: jsonb('calls_by_month').$type<Record<string, number>>().notNull().default({}),
  /** Calls that the school's plan includes a month; null when nobody has said. */
  monthlyQuota: integer('monthly_quota'),
  /** Set when the source says that the month's allowance is used up: it is not asked again before then. */
  exhaustedUntil: instant('exhausted_until'),
  /** Refusals in a row that named no time, one for each pause. */
  silentRefusals: integer('silent_refusals').notNull().default(0),
  updatedAt: updatedAt(),
});

/** What is known of an import, or of the pages, that asks for calls. Times are in ms since 1970. */
export interface BudgetAsker {
  readonly askedAtMs: number;
  /** When its next turn is due, if all askers have the same pace. */
  readonly dueAtMs: number;
  /** The turns that its jobs were promised and will come back for, in order. */
  readonly promisedAtMs: readonly number[];
}
