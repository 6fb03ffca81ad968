import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../tests/support/database.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import type { Context } from '../context.ts';
import { type Connection, connect } from '../db/client.ts';
import { defaultOrganisationId as organisationId } from '../db/schema/index.ts';
import { createFsStorage } from '../storage/drivers/fs.ts';
import { exportCourse } from './export.ts';
import { getCourse } from './get-course.ts';
import { getLesson } from './get-lesson.ts';
import { listCourses } from './list-courses.ts';
import { openFile } from './open-file.ts';
import { placeLessons, saveCourse, saveSections } from './save-course.ts';
import { attachAsset, saveFiles } from './save-files.ts';
import { saveLesson } from './save-lesson.ts';

const sha256 = 'ab'.repeat(32);

let connection: Connection;
let context: Pick<Context, 'database' | 'organisationId' | 'storage'>;
beforeAll(async () => {
  connection = connect((await createTestDatabase()).url);
  const storage = createFsStorage({ root: await temporaryFolder() });
  context = { database: connection.db, organisationId, storage };
  await storage.put('assets/one', Readable.from(['bytes']));
});
afterAll(() => connection.close());

/** A course of two lessons; the first has a text with two files, one of which never came, and a quiz. */
async function writeCourse(name: string): Promise<string> {
  const id = (kind: string) => `${kind}_${name}`;
  await context.database.transaction(async (tx) => {
    await saveCourse(tx, {
      id: id('crs'),
      organisationId,
      title: 'A course',
      subtitle: null,
      descriptionHtml: null,
      publishedAtSource: null,
      imageFileId: null,
      authorName: null,
      authorBioHtml: null,
      authorImageFileId: null,
    });
    await saveSections(tx, [
      { id: id('sec'), organisationId, courseId: id('crs'), title: 'Begin', position: 0, published: true },
    ]);
    await placeLessons(
      tx,
      ['a', 'b'].map((letter, position) => ({
        id: id(`les${letter}`),
        organisationId,
        courseId: id('crs'),
        sectionId: id('sec'),
        title: `Lesson ${letter}`,
        position,
        published: true,
      })),
    );
    await saveFiles(
      tx,
      ['1', '2'].map((n) => ({
        id: `fil_${name}${n}`,
        organisationId,
        courseId: id('crs'),
        kind: 'image',
        name: `picture ${n}`,
      })),
    );
    await attachAsset(tx, `fil_${name}1`, {
      organisationId,
      sha256,
      bytes: 5,
      contentType: 'image/png',
      extension: 'png',
      storageKey: 'assets/one',
    });
    await saveLesson(tx, {
      organisationId,
      lessonId: id('lesa'),
      own: { title: 'First', published: true },
      presentIds: [],
      blockIds: [id('blk1'), id('blk2')],
      changedBlocks: [
        {
          id: id('blk1'),
          content: {
            kind: 'text',
            html: `<p><img data-file="fil_${name}1"><a data-file="fil_${name}2">more</a></p>`,
          },
        },
        { id: id('blk2'), content: { kind: 'quiz', quizId: id('qiz') } },
      ],
      quizIds: [id('qiz')],
      changedQuizzes: [{ id: id('qiz'), graded: true, questions: [] }],
    });
  });
  return id('crs');
}

describe('reading a course', () => {
  it('gives sections, lessons, blocks, files, quizzes and neighbours in order', async () => {
    const courseId = await writeCourse('read');

    const course = await getCourse(context, courseId);
    const lesson = await getLesson(context, 'lesa_read');

    expect(course.sections[0]?.lessons).toMatchObject([
      { title: 'First', blockCount: 2 },
      { title: 'Lesson b', blockCount: 0 },
    ]);
    expect(lesson.files.fil_read1?.asset).toMatchObject({ sha256, contentType: 'image/png' });
    expect(lesson.files.fil_read2?.asset).toBeNull();
    expect(lesson.quizzes.qiz_read).toEqual({ id: 'qiz_read', graded: true, questions: [] });
    expect(lesson).toMatchObject({ previous: null, next: { id: 'lesb_read' } });
    expect((await listCourses(context)).find(({ id }) => id === courseId)).toMatchObject({
      sectionCount: 1,
      lessonCount: 2,
      state: 'draft',
    });
  });

  it('shows nothing to another organisation', async () => {
    const courseId = await writeCourse('mine');
    const folder = await temporaryFolder();
    const other = { ...context, organisationId: 'org_other' };

    for (const read of [
      () => getCourse(other, courseId),
      () => getLesson(other, 'lesa_mine'),
      () => openFile(other, 'fil_mine1'),
      () => exportCourse(other, { courseId, outDir: join(folder, 'out') }),
    ]) {
      await expect(read()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(await listCourses(other)).toEqual([]);
  });

  it('does not open a file whose bytes never came', async () => {
    await writeCourse('gap');

    await expect(openFile(context, 'fil_gap2')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await openFile(context, 'fil_gap1')).asset.bytes).toBe(5);
  });
});

describe('exportCourse', () => {
  it('writes the same bytes for equal courses, without our ids and times', async () => {
    const folder = await temporaryFolder();
    const courses = [await writeCourse('one'), await writeCourse('two')];

    for (const courseId of courses) {
      const written = await exportCourse(context, { courseId, outDir: join(folder, courseId) });
      expect(written).toMatchObject({ lessons: 2, assets: 1, bytes: 5 });
    }

    const texts = await Promise.all(courses.map((id) => readFile(join(folder, id, 'course.json'), 'utf8')));
    expect(texts[1]).toBe(texts[0]);
    expect(texts[0]).not.toMatch(/fil_|crs_|les[ab]_|blk\d_|qiz_|\d{4}-\d\d-\d\dT/);
    expect(texts[0]).toContain(`data-file=\\"asset:${sha256}\\"`);
    expect(texts[0]).toContain('data-file=\\"asset:missing\\"');
    expect(await readFile(join(folder, courses[0] ?? '', 'assets', sha256), 'utf8')).toBe('bytes');
    expect((await readdir(folder)).sort()).toEqual([...courses].sort());
  });

  it('refuses a folder that is used, and leaves it as it is', async () => {
    const courseId = await writeCourse('used');
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'mine.txt'), 'mine');

    await expect(exportCourse(context, { courseId, outDir: folder })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(exportCourse(context, { courseId, outDir: join(folder, 'mine.txt') })).rejects.toMatchObject(
      { code: 'INPUT_INVALID' },
    );
    expect(await readdir(folder)).toEqual(['mine.txt']);
  });

  it('leaves nothing behind when the bytes of an asset are lost', async () => {
    const courseId = await writeCourse('lost');
    const folder = await temporaryFolder();
    const storage = createFsStorage({ root: await temporaryFolder() });

    const written = exportCourse({ ...context, storage }, { courseId, outDir: join(folder, 'out') });

    await expect(written).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await readdir(folder)).toEqual([]);
  });
});
