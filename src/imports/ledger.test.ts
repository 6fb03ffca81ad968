import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../tests/support/database.ts';
import { type Connection, connect } from '../db/client.ts';
import { connections, defaultOrganisationId, importItems, imports } from '../db/schema/index.ts';
import type { CreatedEvent } from '../jobs/define-event.ts';
import { newId } from '../lib/ids.ts';
import { closeStage } from './close-stage.ts';
import { countKinds } from './count-kinds.ts';
import { beginItem, type NewItem, postponeItem, recordItems, type SettledStatus } from './ledger.ts';
import { unlessObsolete } from './obsolete.ts';
import { changeStatus } from './states.ts';
import { verifyLedger } from './verify-ledger.ts';

let connection: Connection;
beforeAll(async () => {
  const { url } = await createTestDatabase();
  connection = connect(url);
  await connection.db.insert(connections).values({
    id: 'con_1',
    organisationId: defaultOrganisationId,
    source: 'teachable',
    label: 'A school',
    apiUrl: 'https://school.example/v1',
    encryptedKey: 'sealed',
    keyFingerprint: 'print',
  });
});
afterAll(() => connection.close());

let courses = 0;

async function startImport(items: readonly Pick<NewItem, 'kind' | 'sourceId'>[]) {
  courses += 1;
  const key = { organisationId: defaultOrganisationId, importId: newId('import') };
  await connection.db.insert(imports).values({
    id: key.importId,
    organisationId: key.organisationId,
    connectionId: 'con_1',
    source: 'teachable',
    sourceCourseId: String(courses),
    status: 'running',
  });
  await connection.db.transaction((tx) => recordItems(tx, key, items.map(toItem)));
  return key;
}

function toItem({ kind, sourceId }: Pick<NewItem, 'kind' | 'sourceId'>, position: number): NewItem {
  return { id: newId('item'), kind, sourceId, parentId: null, title: sourceId, position, status: 'pending' };
}

type Key = Awaited<ReturnType<typeof startImport>>;

async function itemIds({ importId }: Key): Promise<string[]> {
  const rows = await connection.db.select().from(importItems).where(eq(importItems.importId, importId));
  return rows.map(({ id }) => id);
}

/** Settles an item as a stage does; gives the names of the events that followed, or null when it came to nothing. */
async function settle(
  key: Key,
  itemId: string,
  status: SettledStatus,
  nextLessons = 0,
): Promise<string[] | null> {
  const events: CreatedEvent[] = [];
  return unlessObsolete(async () => {
    await connection.db.transaction((tx) =>
      closeStage(tx, (...emitted) => events.push(...emitted), key, {
        itemId,
        settlement: { status },
        nextLessons,
        count: { calls: 1, rateLimited: 0 },
      }),
    );
    return events.map(({ name }) => name);
  });
}

describe('the ledger', () => {
  it('tells that all is settled exactly once, whatever happens at the same time and twice', async () => {
    const statuses = fc.constantFrom(
      'imported',
      'unchanged',
      'skipped',
      'failed',
    ) satisfies fc.Arbitrary<SettledStatus>;
    await fc.assert(
      fc.asyncProperty(fc.array(statuses, { minLength: 1, maxLength: 8 }), async (outcomes) => {
        const key = await startImport(
          outcomes.map((_, index) => ({ kind: 'asset', sourceId: String(index) })),
        );
        const ids = await itemIds(key);

        const answers = await Promise.all(
          [...ids, ...ids].map((id, index) => settle(key, id, outcomes[index % outcomes.length] ?? 'failed')),
        );

        const events = answers.flatMap((names) => names ?? []);
        expect(events).toEqual(['import/items.settled']);
        expect(answers.filter((names) => names !== null)).toHaveLength(ids.length);
        const { kinds } = await countKinds(connection.db, key.importId);
        const counts = kinds.find(({ kind }) => kind === 'asset');
        for (const status of ['imported', 'unchanged', 'skipped', 'failed'] as const) {
          expect(counts?.[status]).toBe(outcomes.filter((outcome) => outcome === status).length);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('records an item once, however often it is found', async () => {
    const key = await startImport([{ kind: 'asset', sourceId: 'a' }]);
    const again = [
      { kind: 'asset', sourceId: 'a' },
      { kind: 'asset', sourceId: 'b' },
      { kind: 'lesson', sourceId: 'a' },
    ] as const;

    const added = await connection.db.transaction((tx) => recordItems(tx, key, again.map(toItem)));

    expect(added).toHaveLength(1);
    expect(await itemIds(key)).toHaveLength(3);
  });

  it('asks for as many lessons as come home, in the order of the course, and for none twice', async () => {
    const key = await startImport(['a', 'b', 'c'].map((sourceId) => ({ kind: 'lesson', sourceId })));
    const [first, second, third] = await itemIds(key);

    expect(await settle(key, first ?? '', 'imported', 2)).toEqual([
      'import/lesson.process',
      'import/lesson.process',
    ]);
    expect(await settle(key, second ?? '', 'imported', 1)).toEqual([]);
    expect(await settle(key, third ?? '', 'imported', 1)).toEqual(['import/items.settled']);
  });

  it('writes nothing for an import that is not running', async () => {
    const key = await startImport([{ kind: 'asset', sourceId: 'a' }]);
    const [id] = await itemIds(key);
    await changeStatus(connection.db, key, 'cancelled');

    expect(await beginItem(connection.db, key, id ?? '')).toBeNull();
    expect(await settle(key, id ?? '', 'imported')).toBeNull();
    const [item] = await connection.db
      .select()
      .from(importItems)
      .where(eq(importItems.id, id ?? ''));
    expect(item).toMatchObject({ status: 'pending', attempts: 0 });
  });

  it('shows an item to its own organisation only', async () => {
    const key = await startImport([{ kind: 'asset', sourceId: 'a' }]);
    const [id] = await itemIds(key);

    expect(await beginItem(connection.db, { ...key, organisationId: 'org_other' }, id ?? '')).toBeNull();
    expect(await settle({ ...key, organisationId: 'org_other' }, id ?? '', 'imported')).toBeNull();
  });

  it('counts attempts, and none for waiting', async () => {
    const key = await startImport([{ kind: 'asset', sourceId: 'a' }]);
    const [id = ''] = await itemIds(key);

    await beginItem(connection.db, key, id);
    await postponeItem(connection.db, key, id);
    await beginItem(connection.db, key, id);
    const begun = await beginItem(connection.db, key, id);

    expect(begun?.item).toMatchObject({ status: 'running', attempts: 2 });
  });

  it('does not add up while an item is open, or when what it says is here is not', async () => {
    const key = await startImport([
      { kind: 'asset', sourceId: 'a' },
      { kind: 'lesson', sourceId: 'b' },
    ]);
    const [first = ''] = await itemIds(key);
    await settle(key, first, 'imported');

    const mismatches = await verifyLedger(connection.db, key.importId);

    expect(mismatches.map(({ kind }) => kind).sort()).toEqual(['asset', 'lesson']);
  });
});
