import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, instant } from './columns.ts';

/** Events that follow from a committed change and are on their way to the engine. */
export const outbox = pgTable(
  'outbox',
  {
    /** Also the event's id, so that the engine drops a repeat. */
    id: text('id').primaryKey(),
    /** Whose event it is; null for the platform's own. */
    organisationId: text('organisation_id'),
    name: text('name').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    createdAt: createdAt(),
    publishedAt: instant('published_at'),
    attempts: integer('attempts').notNull().default(0),
    lastError: text('last_error'),
  },
  (table) => [index('outbox_unpublished').on(table.createdAt).where(sql`published_at is null`)],
);
