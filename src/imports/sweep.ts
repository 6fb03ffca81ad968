import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { imports } from '../db/schema/index.ts';
import { withOutbox } from '../jobs/outbox.ts';
import { putBackOpenItems, requestOpenItems } from './open-items.ts';

/**
 * How long an import may show no sign of life. The engine's longest pause between two attempts is five minutes, a source may ask
 * for two, and a download shows itself every half minute.
 */
export const silentAfterMs = 15 * 60_000;

/** Imports of one look. */
const importsAtOnce = 100;

/**
 * Finds imports that have something to do and that nobody works on, because the engine lost its runs, and asks for their open
 * items again. Not while another import of the school shows life: this one may be waiting for its turn.
 *
 * Repeating it asks again only after the same silence, and a run that shows up after all finds its item settled.
 *
 * @returns how many imports were silent, and how many events that made
 */
export async function sweepImports(
  { database, log }: Pick<Context, 'database' | 'log'>,
  options: { readonly silentMs: number } = { silentMs: silentAfterMs },
): Promise<{ readonly silent: number; readonly requested: number }> {
  const silentSince = sql`now() - ${options.silentMs} * interval '1 millisecond'`;
  // An import's row is written whenever an item of it is settled, an item's whenever work on it begins.
  const { rows } = await database.execute<{ id: string; organisation_id: string }>(sql`
    select id, organisation_id from imports as silent
    where status in ('pending', 'running') and updated_at < ${silentSince}
      and not exists (select 1 from budgets where budgets.connection_id = silent.connection_id and blocked_until > ${silentSince})
      and not exists (
        select 1 from imports as other where other.connection_id = silent.connection_id and other.status in ('pending', 'running')
          and (other.updated_at > ${silentSince} or exists (
            select 1 from import_items where import_items.import_id = other.id and import_items.status = 'running'
              and import_items.updated_at > ${silentSince})))
    order by requested_at limit ${importsAtOnce}`);

  let requested = 0;
  for (const { id: importId, organisation_id: organisationId } of rows) {
    const key = { organisationId, importId };
    const events = await withOutbox(database, async (tx, emit) => {
      // Takes the row, unless another sweep was faster or the import has woken up.
      const [row] = await tx
        .update(imports)
        .set({ updatedAt: sql`now()` })
        .where(
          and(
            eq(imports.id, importId),
            inArray(imports.status, ['pending', 'running']),
            sql`${imports.updatedAt} < ${silentSince}`,
          ),
        )
        .returning();
      if (!row) return 0;
      await putBackOpenItems(tx, key);
      return requestOpenItems(tx, emit, row);
    });
    log.warn(
      { importId, organisationId, events },
      'An import was silent and its open items are asked for again',
    );
    requested += events;
  }
  return { silent: rows.length, requested };
}
