import { and, asc, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database, Transaction } from '../db/client.ts';
import { outbox } from '../db/schema/index.ts';
import { newId } from '../lib/ids.ts';
import type { CreatedEvent } from './define-event.ts';
import { getLog } from './log.ts';
import { mapError } from './map-error.ts';
import { publishEvents } from './publish.ts';

/** Notes events to be sent once the transaction has been committed. */
export type Emit = (...events: readonly CreatedEvent[]) => void;

export interface Sweep {
  /** Events that were sent. */
  readonly published: number;
  /** Events that could not be sent; a later sweep tries them again. */
  readonly failed: number;
}

type OutboxEvent = CreatedEvent & { readonly id: string };

/** PostgreSQL takes at most 65,535 parameters a statement. */
const rowsPerStatement = 1_000;

/**
 * Runs work in one transaction and writes the events it emits with it: both are kept, or neither. After the commit the events
 * are sent at once, with their row's id as the event's id. What cannot be sent then is left to the sweep and does not concern
 * the caller.
 *
 * An event made with an id of its own is written once, however often the work is repeated.
 *
 * @returns what the work returned
 * @throws whatever the work or the commit threw; nothing is sent then
 */
export async function withOutbox<T>(
  database: Database,
  work: (transaction: Transaction, emit: Emit) => Promise<T>,
): Promise<T> {
  const events: OutboxEvent[] = [];
  const emit: Emit = (...emitted) => {
    for (const event of emitted) events.push({ ...event, id: event.id ?? newId('outbox') });
  };
  const result = await database.transaction(async (transaction) => {
    const value = await work(transaction, emit);
    await insertEvents(transaction, events);
    return value;
  });
  await publishCommitted(database, events);
  return result;
}

/**
 * Sends events that were committed but, because of a crash or an unreachable engine, not sent. Several processes may sweep at
 * once: each takes rows that no other has.
 *
 * @param options.olderThanMs leaves younger events to the process that wrote them
 * @param options.limit the most events of one sweep
 */
export async function sweepOutbox(
  database: Database,
  options: { readonly olderThanMs: number; readonly limit: number },
): Promise<Sweep> {
  return database.transaction(async (transaction) => {
    const events = await transaction
      .select({ id: outbox.id, name: outbox.name, data: outbox.data })
      .from(outbox)
      .where(sql`${outbox.publishedAt} is null and ${outbox.createdAt} <= ${ago(options.olderThanMs)}`)
      // One that keeps being refused must not stand in the way of the others.
      .orderBy(asc(outbox.attempts), asc(outbox.createdAt), asc(outbox.id))
      .limit(options.limit)
      .for('update', { skipLocked: true });
    return publishRows(transaction, events);
  });
}

/**
 * Takes back events that were not sent yet. One that somebody is sending at this moment is left alone.
 *
 * @param match fields that the events' payloads have to have
 */
export async function withdrawEvents(
  transaction: Transaction,
  match: Readonly<Record<string, string>>,
): Promise<void> {
  const unsent = transaction
    .select({ id: outbox.id })
    .from(outbox)
    .where(and(isNull(outbox.publishedAt), sql`${outbox.data} @> ${JSON.stringify(match)}::jsonb`))
    .for('update', { skipLocked: true });
  await transaction.delete(outbox).where(inArray(outbox.id, unsent));
}

/** Forgets events that were sent longer ago than that. Returns how many. */
export async function pruneOutbox(
  database: Database,
  options: { readonly olderThanMs: number },
): Promise<number> {
  const deleted = await database.delete(outbox).where(lt(outbox.publishedAt, ago(options.olderThanMs)));
  return deleted.rowCount ?? 0;
}

async function insertEvents(transaction: Transaction, events: readonly OutboxEvent[]): Promise<void> {
  const rows = events.map(({ id, name, data }) => ({ id, name, data, ...ownerSchema.parse(data) }));
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    const part = rows.slice(start, start + rowsPerStatement);
    await transaction.insert(outbox).values(part).onConflictDoNothing();
  }
}

const ownerSchema = z.object({ organisationId: z.string().nullable().catch(null) });

/** The change is committed: whatever goes wrong from here on is the sweep's business. */
async function publishCommitted(database: Database, events: readonly OutboxEvent[]): Promise<void> {
  try {
    await publishRows(database, events);
  } catch (error) {
    getLog().warn({ err: mapError(error), events: events.length }, 'Events could not be marked as sent');
  }
}

async function publishRows(database: Database | Transaction, events: readonly OutboxEvent[]): Promise<Sweep> {
  let published = 0;
  let failed = 0;
  for await (const outcome of publishEvents(events)) {
    published += outcome.sent.length;
    failed += outcome.failed.length;
    await note(database, outcome.sent, { publishedAt: sql`now()`, lastError: null });
    await note(database, outcome.failed, { lastError: outcome.error });
    if (outcome.error === null) continue;
    const fields = { code: 'ENGINE_UNAVAILABLE', events: outcome.failed.length, reason: outcome.error };
    getLog().warn(fields, 'Events could not be sent and are tried again');
  }
  return { published, failed };
}

async function note(
  database: Database | Transaction,
  events: readonly OutboxEvent[],
  change: { readonly publishedAt?: ReturnType<typeof sql>; readonly lastError: string | null },
): Promise<void> {
  const [only] = events;
  if (only === undefined) return;
  await database
    .update(outbox)
    .set({ ...change, attempts: sql`${outbox.attempts} + 1` })
    .where(
      events.length === 1
        ? eq(outbox.id, only.id)
        : inArray(
            outbox.id,
            events.map(({ id }) => id),
          ),
    );
}

/** By the database's clock, which wrote the times that are compared with it. */
function ago(ms: number) {
  return sql<Date>`now() - ${ms / 1_000} * interval '1 second'`;
}
