import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/** Who owns courses, imports and assets. Until people can sign up there is one, made by the first migration. */
export const organisations = pgTable('organisations', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3, mode: 'date' })
    .notNull()
    .defaultNow(),
});

/** The one organisation there is until people can sign up. The migrations make it. */
export const defaultOrganisationId = 'org_default';
