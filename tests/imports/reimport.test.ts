import { and, eq } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../src/context.ts';
import { blocks, importItems, lessons, organisations } from '../../src/db/schema/index.ts';
import { driveImport } from './drive-import.ts';
import { connectSchool, type ImportPlatform, startImportPlatform } from './import-platform.ts';
import { anyCourse, anyMutation, courseId, type DraftCourse, mutate, SmallSchool } from './small-school.ts';

const beginning: DraftCourse = {
  name: 'Water',
  description: '<p>About water</p>',
  sections: [
    {
      id: 1,
      name: 'First',
      lessons: [
        {
          id: 11,
          name: 'Lakes',
          published: true,
          parts: [
            { id: 111, kind: 'text', word: 'lake' },
            { id: 112, kind: 'quiz', word: 'pear' },
            { id: 113, kind: 'code_display', word: 'wash' },
          ],
        },
        { id: 12, name: 'Rivers', published: true, parts: [{ id: 121, kind: 'text', word: 'tilt' }] },
      ],
    },
  ],
};

let platform: ImportPlatform;
const school = new SmallSchool(beginning);
beforeAll(async () => {
  platform = await startImportPlatform({ idle: true, school });
});

let organisationCount = 0;

/** An organisation of its own that has connected the school. */
async function newOwner() {
  organisationCount += 1;
  const organisationId = `org_${organisationCount}`;
  await platform.database.insert(organisations).values({ id: organisationId, name: organisationId });
  const { getContext } = await import('../../src/context.ts');
  const context = getContext(organisationId);
  const connectionId = await connectSchool(context, platform.simulator.apiUrl, 'sim-key');
  const importNow = async ({
    onStructure,
    ...options
  }: {
    readonly overwriteEdits?: boolean;
    readonly onStructure?: () => void;
  } = {}) => {
    const { startImport } = await import('../../src/imports/start.ts');
    const { getReport } = await import('../../src/imports/report.ts');
    const sourceCourseId = String(courseId);
    const { importId } = await startImport(context, { connectionId, sourceCourseId, ...options });
    await driveImport(context, importId, onStructure ? { onStructure } : {});
    return { importId, ...(await getReport(context, importId)) };
  };
  return { context, importNow };
}

/** The course as its export has it. Parts of the course that are gone at the source are left out. */
async function exported(context: Context, ourCourseId: string | null) {
  const { readExport } = await import('../../src/courses/export-document.ts');
  const { document } = await readExport(context, ourCourseId ?? '');
  // Files keep the name of a use that is gone.
  const nameless = JSON.stringify(document, (key, value) =>
    key === 'file' && value ? { ...value, name: null } : key === 'files' ? null : value,
  );
  const course = JSON.parse(nameless) as {
    sections: { source: { id: string }; lessons: { source: { id: string } }[] }[];
  };
  const present = school.draft.sections.flatMap(({ id, lessons: own }) => [id, ...own.map((one) => one.id)]);
  const isPresent = ({ source }: { source: { id: string } }) => present.includes(Number(source.id));
  return {
    ...course,
    // Pictures of parts that are gone stay stored.
    assets: null,
    sections: course.sections
      .filter(isPresent)
      .map((section) => ({ ...section, lessons: section.lessons.filter(isPresent) })),
  };
}

async function titlesOf(context: Context, importId: string, kind: 'lesson' | 'block' | 'quiz') {
  const rows = await context.database.select().from(importItems).where(eq(importItems.importId, importId));
  return rows
    .filter((row) => row.kind === kind && row.reason === 'EDITED_HERE')
    .map(({ sourceId, status }) => [sourceId, status]);
}

/** Somebody writes the text about lakes anew. */
async function editLakes(context: Context): Promise<void> {
  const { id } = await blockOf(context, 'lake');
  const content = { kind: 'text', html: '<p>Our own words</p>' } as const;
  await context.database.update(blocks).set({ content }).where(eq(blocks.id, id));
}

async function blockOf(context: Context, html: string) {
  const rows = await context.database
    .select()
    .from(blocks)
    .where(eq(blocks.organisationId, context.organisationId));
  const row = rows.find(({ content }) => JSON.stringify(content).includes(html));
  if (!row) throw new Error(`No block has "${html}"`);
  return row;
}

describe('a course that is imported again', () => {
  it('is like a fresh import of it, whatever its author did meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyCourse,
        fc.array(fc.array(anyMutation, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 }),
        async (course, rounds) => {
          const kept = await newOwner();
          let freshId = 900_000;
          school.draft = course;
          await kept.importNow();
          for (const mutations of rounds) {
            for (const mutation of mutations) {
              freshId += 1;
              school.draft = mutate(school.draft, mutation, freshId);
            }
            const again = await kept.importNow();
            const fresh = await newOwner();
            const first = await fresh.importNow();

            expect(again.import.status).toBe(first.import.status);
            expect(again.issues.filter(({ code }) => code === 'EDITED_HERE')).toEqual([]);
            expect(await exported(kept.context, again.course.id)).toEqual(
              await exported(fresh.context, first.course.id),
            );
          }
        },
      ),
      { numRuns: 8 },
    );
  }, 120_000);

  it('writes nothing when nothing has changed', async () => {
    school.draft = beginning;
    const { context, importNow } = await newOwner();
    await importNow();
    const rowsOf = async () => [
      await context.database.select().from(lessons).where(eq(lessons.organisationId, context.organisationId)),
      await context.database.select().from(blocks).where(eq(blocks.organisationId, context.organisationId)),
    ];
    const before = await rowsOf();

    const again = await importNow();

    expect(await rowsOf()).toEqual(before);
    expect(again.kinds.map(({ imported, failed }) => imported + failed)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('keeps what was changed here and at the school, lists it, and updates the rest', async () => {
    school.draft = beginning;
    const { context, importNow } = await newOwner();
    const first = await importNow();
    await editLakes(context);
    await context.database
      .update(lessons)
      .set({ title: 'Our rivers' })
      .where(and(eq(lessons.title, 'Rivers'), eq(lessons.organisationId, context.organisationId)));
    const changes = [
      { do: 'change part', at: 0, word: 'bead' },
      { do: 'rename lesson', at: 1, word: 'Streams' },
      { do: 'reverse parts', at: 0 },
      { do: 'rename section', at: 0, word: 'Second' },
    ] as const;
    school.draft = changes.reduce((course, change) => mutate(course, change, 0), beginning);

    const again = await importNow();
    const course = JSON.stringify(await exported(context, first.course.id));

    expect(again.import.status).toBe('completed');
    expect(await titlesOf(context, again.importId, 'block')).toEqual([['111', 'skipped']]);
    expect(await titlesOf(context, again.importId, 'lesson')).toEqual([['12', 'skipped']]);
    expect(again.issues.filter(({ code }) => code === 'EDITED_HERE').map(({ message }) => message)).toEqual([
      expect.stringContaining('"Lakes"'),
      expect.stringContaining('"Streams"'),
    ]);
    expect(course).toContain('Our own words');
    expect(course).toContain('Our rivers');
    expect(course).toContain('Second');
    expect(await blockOf(context, 'Our own words')).toMatchObject({ position: 2 });

    const overwritten = await importNow({ overwriteEdits: true });
    const fresh = await newOwner();
    expect(overwritten.issues.filter(({ code }) => code === 'EDITED_HERE')).toEqual([]);
    expect(await exported(context, first.course.id)).toEqual(
      await exported(fresh.context, (await fresh.importNow()).course.id),
    );
  });

  it('keeps a part that the school has removed and somebody changed here, and says so', async () => {
    school.draft = beginning;
    const { context, importNow } = await newOwner();
    const first = await importNow();
    await editLakes(context);
    const twice = { do: 'drop part', at: 0 } as const;
    school.draft = mutate(mutate(beginning, twice, 0), twice, 0);

    const again = await importNow();
    const course = JSON.stringify(await exported(context, first.course.id));

    expect(course).toContain('Our own words');
    expect(course).not.toContain('pear');
    expect(again.issues.filter(({ code }) => code === 'EDITED_HERE')).toMatchObject([
      { itemKind: 'block', sourceId: '111' },
    ]);
  });
});

describe('the comparison at the end of an import', () => {
  it('tells what was added and deleted at the school while the import ran', async () => {
    school.draft = beginning;
    const { importNow } = await newOwner();

    const report = await importNow({
      onStructure() {
        school.draft = mutate(
          mutate(beginning, { do: 'drop lesson', at: 1 }, 0),
          { do: 'add lesson', at: 0 },
          19,
        );
      },
    });

    expect(report.import.status).toBe('completed');
    expect(report.issues).toMatchObject([
      { code: 'ADDED_MEANWHILE', itemKind: 'lesson', sourceId: '19' },
      { code: 'SOURCE_GONE', itemKind: 'lesson', sourceId: '12' },
    ]);
  });

  it('tells what an earlier import brought and the school has no more, and keeps it', async () => {
    school.draft = beginning;
    const { context, importNow } = await newOwner();
    await importNow();
    school.draft = mutate(beginning, { do: 'drop lesson', at: 0 }, 0);

    const again = await importNow();

    expect(again.issues).toMatchObject([
      { code: 'SOURCE_GONE', message: expect.stringContaining('"Lakes"'), sourceId: '11' },
    ]);
    expect(await blockOf(context, 'lake')).toBeDefined();
  });
});
