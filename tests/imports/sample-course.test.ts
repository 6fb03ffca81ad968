import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { eq, isNull } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LessonView } from '../../src/courses/types.ts';
import type { BlockContent } from '../../src/db/schema/courses.ts';
import type { ImportReport } from '../../src/imports/types.ts';
import { courses, exportTo, type ImportPlatform, kindOf, startImportPlatform } from './import-platform.ts';

/** Addresses of the old school's files and player, at their stand-ins. */
const oldHosts = /teachablecdn|filepicker|cloudfront|filestack|hotmart|\.localhost:/;

let platform: ImportPlatform;
let first: ImportReport;
beforeAll(async () => {
  platform = await startImportPlatform();
  first = await platform.importCourse(courses.sample);
});

async function readLessons(): Promise<LessonView[]> {
  const { getCourse } = await import('../../src/courses/get-course.ts');
  const { getLesson } = await import('../../src/courses/get-lesson.ts');
  const course = await getCourse(platform.context, first.course.id ?? '');
  const ids = course.sections.flatMap(({ lessons }) => lessons.map(({ id }) => id));
  return Promise.all(ids.map((id) => getLesson(platform.context, id)));
}

async function readBlocks(): Promise<BlockContent[]> {
  return (await readLessons()).flatMap(({ blocks }) => blocks.map(({ content }) => content));
}

async function openFile(fileId: string) {
  const { openFile: open } = await import('../../src/courses/open-file.ts');
  return open(platform.context, fileId);
}

describe('the first import of the sample course', () => {
  it('adds up for each kind and is completed', () => {
    for (const { found, imported, unchanged, skipped, failed } of first.kinds) {
      expect(imported + unchanged + skipped + failed).toBe(found);
      expect({ unchanged, failed }).toEqual({ unchanged: 0, failed: 0 });
    }
    expect(first.import).toMatchObject({ status: 'completed' });
    expect(kindOf(first, 'lesson').imported).toBe(13);
  });

  it('counts every call of the school and every run', () => {
    const api = platform.simulator.calls.filter(({ host }) => host === 'api');

    expect(first.source).toEqual({ calls: api.length, rateLimited: 0 });
    expect(first.engine.runs).toBe(1 + kindOf(first, 'lesson').found + kindOf(first, 'asset').found + 1);
    expect(first.engine.steps).toBeGreaterThanOrEqual(first.engine.runs);
  });

  it('brings sections and lessons in the order of the source, as a draft with their publish states', async () => {
    const { getCourse } = await import('../../src/courses/get-course.ts');

    const course = await getCourse(platform.context, first.course.id ?? '');

    const original = platform.simulator.school.findCourse(510001);
    const inOrder = [...(original?.lecture_sections ?? [])].sort(
      (left, right) => (left.position ?? 0) - (right.position ?? 0),
    );
    expect(course.state).toBe('draft');
    expect(course.sections.map(({ title, published }) => ({ title, published }))).toEqual(
      inOrder.map(({ name, is_published }) => ({ title: name?.trim(), published: is_published })),
    );
    expect(course.sections.map(({ lessons }) => lessons.length)).toEqual(
      inOrder.map(({ lectures }) => lectures.length),
    );
    const lessons = course.sections.flatMap((section) => section.lessons);
    expect(lessons.some(({ published }) => !published)).toBe(true);
    expect(lessons.every(({ title }) => !/^Lesson \d+$/.test(title))).toBe(true);
  });

  it('brings the image, the author and the description of the course', async () => {
    const { getCourse } = await import('../../src/courses/get-course.ts');

    const course = await getCourse(platform.context, first.course.id ?? '');

    expect(course.image?.asset?.contentType).toBe('image/jpeg');
    expect(course.author).toMatchObject({ name: 'Ada Fennimore' });
    expect(course.author?.image?.asset?.width).toBeGreaterThan(0);
    expect(course.descriptionHtml).toContain('<li>flat, graded, wet in wet</li>');
  });

  it('brings every kind of block', async () => {
    const kinds = new Set((await readBlocks()).map(({ kind }) => kind));

    expect([...kinds].sort()).toEqual(
      ['audio', 'code', 'embed', 'file', 'image', 'pdf', 'quiz', 'text', 'unsupported', 'video'].sort(),
    );
  });

  it('has the bytes of every file, of the type that the lesson needs', async () => {
    const lessons = await readLessons();

    for (const { blocks, files } of lessons) {
      for (const file of Object.values(files)) expect(file.asset, file.name).not.toBeNull();
      for (const { content } of blocks) {
        if (content.kind === 'video')
          expect(files[content.fileId]?.asset).toMatchObject({ contentType: 'video/mp4' });
        if (content.kind === 'pdf') {
          expect(files[content.fileId]?.asset).toMatchObject({ contentType: 'application/pdf' });
        }
      }
    }
    const videos = lessons.flatMap(({ blocks, files }) =>
      blocks.flatMap(({ content }) => (content.kind === 'video' ? [files[content.fileId]] : [])),
    );
    expect(videos.length).toBeGreaterThanOrEqual(5);
    for (const video of videos) {
      expect(video?.name).toMatch(/\.mp4$/);
      expect(video?.asset?.durationMs).toBeGreaterThan(1_000);
      expect(video?.asset?.width).toBeGreaterThan(0);
    }
  });

  it('delivers a file whole and in part', async () => {
    const audio = (await readBlocks()).find(({ kind }) => kind === 'audio');
    const opened = await openFile(audio && 'fileId' in audio ? audio.fileId : '');

    const whole = await buffer(await opened.stream());
    const part = await buffer(await opened.stream({ start: 10, end: 19 }));

    expect(whole.length).toBe(opened.asset.bytes);
    expect(part.equals(whole.subarray(10, 20))).toBe(true);
  });

  it('leaves nothing in a text that points at the old school', async () => {
    const texts = (await readBlocks()).flatMap((content) => (content.kind === 'text' ? [content.html] : []));

    expect(texts.join('')).toContain('data-file="fil_');
    for (const html of texts) expect(html).not.toMatch(oldHosts);
  });

  it('turns frames inside of a text, and widgets, into embeds in their place', async () => {
    const embeds = (await readBlocks()).flatMap((content) => (content.kind === 'embed' ? [content] : []));

    expect(embeds.map(({ provider }) => provider)).toContain('YouTube');
    expect(embeds.some(({ frameUrl }) => frameUrl === null)).toBe(true);
  });

  it('keeps what it does not understand, and says so', async () => {
    const kept = (await readBlocks()).flatMap((content) => (content.kind === 'unsupported' ? [content] : []));

    expect(kept.map(({ sourceKind }) => sourceKind)).toContain('open_response_question');
    expect(kindOf(first, 'block').skipped).toBe(kept.length);
    expect(first.issues.map(({ code }) => code)).toContain('KIND_UNSUPPORTED');
  });

  it('stores the same bytes once', async () => {
    const { assets, files } = await import('../../src/db/schema/index.ts');
    const stored = await platform.database.$count(assets);
    const ofItems = await platform.database
      .selectDistinct({ id: files.assetId })
      .from(files)
      .where(isNull(files.ofFileId));

    expect(first.assets.count).toBe(kindOf(first, 'asset').imported);
    expect(stored).toBe(ofItems.length);
    expect(stored).toBeLessThan(first.assets.count);
    // More when a video's poster is here before the item of the same image.
    expect(first.assets.deduplicated).toBeGreaterThanOrEqual(first.assets.count - stored);
  });

  it('sends events that carry ids alone', async () => {
    const { outbox } = await import('../../src/db/schema/index.ts');

    const events = await platform.database.select().from(outbox);

    expect(new Set(events.map(({ name }) => name))).toEqual(
      new Set([
        'import/course.requested',
        'import/lesson.process',
        'import/asset.download',
        'import/items.settled',
        'import/course.finished',
      ]),
    );
    expect(events.filter(({ name }) => name === 'import/items.settled')).toHaveLength(1);
    for (const value of events.flatMap(({ data }) => Object.values(data))) {
      expect(value).toMatch(/^(org|imp|con|itm)_[0-9A-Za-z]+$/);
    }
  });

  it('tells no secret in logs, events and issues', async () => {
    const { importIssues, outbox } = await import('../../src/db/schema/index.ts');
    const told = JSON.stringify([
      platform.log,
      await platform.database.select().from(outbox),
      await platform.database.select().from(importIssues),
      first,
    ]);

    expect(platform.log.length).toBeGreaterThan(50);
    expect(told).not.toContain('sim-key');
    expect(told).not.toMatch(/hdnts|hmac=|token=|[?&](Signature|Policy|X-Amz-\w+)=/);
    expect(told).not.toMatch(/https?:[^"\s]*\?[^"\s]/);
  });
});

describe('what readers see of the import', () => {
  it('is its progress, with everything done', async () => {
    const { getProgress } = await import('../../src/imports/progress.ts');

    const progress = await getProgress(platform.context, first.import.id);

    expect(progress).toMatchObject({
      status: 'completed',
      title: 'Watercolour for Beginners',
      schoolLabel: 'Test school',
      courseId: first.course.id,
      waitingUntil: null,
      bytes: first.assets.bytes,
    });
    expect(progress.done).toBe(progress.found);
    expect(progress.issues.todo + progress.issues.warning + progress.issues.error).toBe(first.issues.length);
  });

  it('is a list of items by kind and status, page by page', async () => {
    const { listItems } = await import('../../src/imports/items.ts');
    const importId = first.import.id;

    const lessons = await listItems(platform.context, { importId, kind: 'lesson' });
    const secondPage = await listItems(platform.context, { importId, kind: 'lesson', limit: 5, offset: 5 });
    const skipped = await listItems(platform.context, { importId, status: 'skipped' });
    const all = await listItems(platform.context, { importId, limit: 500 });

    expect(lessons.total).toBe(13);
    expect(lessons.items.map(({ title }) => title)).toEqual((await readLessons()).map(({ title }) => title));
    expect(secondPage.items).toEqual(lessons.items.slice(5, 10));
    expect(skipped.items.every(({ reason }) => reason === 'UNSUPPORTED')).toBe(true);
    expect(all.items.map(({ kind }) => kind)[0]).toBe('course');
    expect(all.items).toHaveLength(all.total);
  });

  it('is nothing to another organisation', async () => {
    const { getProgress } = await import('../../src/imports/progress.ts');
    const { getReport } = await import('../../src/imports/report.ts');
    const { listImports } = await import('../../src/imports/list.ts');
    const { listItems } = await import('../../src/imports/items.ts');
    const { listIssues } = await import('../../src/imports/issues.ts');
    const other = { ...platform.context, organisationId: 'org_other' };
    const importId = first.import.id;

    await expect(getProgress(other, importId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(getReport(other, importId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await listImports(other)).toEqual([]);
    expect(await listItems(other, { importId })).toEqual({ items: [], total: 0 });
    expect(await listIssues(other, { importId })).toEqual({ issues: [], total: 0 });
    expect((await listImports(platform.context)).map(({ id }) => id)).toEqual([importId]);
  });
});

describe('the second import of the same course', () => {
  it('changes nothing, duplicates nothing and downloads nothing', async () => {
    const before = await dumpCourse();
    const callsBefore = platform.simulator.calls.length;

    const second = await platform.importCourse(courses.sample);

    expect(second.import.status).toBe('completed');
    expect(second.course.id).toBe(first.course.id);
    for (const kind of ['course', 'section', 'lesson', 'block', 'quiz', 'asset'] as const) {
      const { found, imported, unchanged, skipped } = kindOf(second, kind);
      expect({ kind, found, imported }).toEqual({ kind, found: kindOf(first, kind).found, imported: 0 });
      expect(unchanged + skipped).toBe(found);
    }
    expect(await dumpCourse()).toBe(before);
    const calls = platform.simulator.calls.slice(callsBefore);
    expect(calls.filter(({ host }) => host !== 'api')).toEqual([]);
    // The course at the start, to write it and to compare it; its 13 lessons.
    expect(calls).toHaveLength(16);
  });

  it('brings what changed at the source, and only that', async () => {
    platform.simulator.school.editLecture(930001, { name: 'A new name' });

    const third = await platform.importCourse(courses.sample);

    expect(kindOf(third, 'lesson')).toMatchObject({ imported: 1, unchanged: 12 });
    expect(kindOf(third, 'block').imported).toBe(0);
    expect((await readLessons()).map(({ title }) => title)).toContain('A new name');
  });

  it('removes a block that its lesson does not have any more, and moves the others', async () => {
    const lecture = platform.simulator.school.findLecture(510001, 930001);
    const attachments = lecture?.attachments.slice(1) ?? [];
    platform.simulator.school.editLecture(930001, { attachments });

    const fourth = await platform.importCourse(courses.sample);

    const lesson = (await readLessons()).find(({ title }) => title === 'A new name');
    expect(lesson?.blocks.map(({ position }) => position)).toEqual(lesson?.blocks.map((_, index) => index));
    expect(lesson?.blocks.some(({ content }) => content.kind === 'video')).toBe(false);
    expect(fourth.import.status).toBe('completed');
  });

  it('makes again what somebody deleted here', async () => {
    const { courses: table } = await import('../../src/db/schema/index.ts');
    await platform.database.delete(table).where(eq(table.id, first.course.id ?? ''));

    const again = await platform.importCourse(courses.sample);

    expect(again.import.status).toBe('completed');
    expect(again.course.id).toBe(first.course.id);
    expect(kindOf(again, 'lesson').imported).toBe(13);
    expect(kindOf(again, 'asset').failed).toBe(0);
    expect(
      (await readLessons()).flatMap(({ files }) => Object.values(files)).every(({ asset }) => asset),
    ).toBe(true);
  });
});

/** Everything that makes up the course, with ids and times. */
async function dumpCourse(): Promise<string> {
  const tables = await import('../../src/db/schema/index.ts');
  const { courses: c, sections, lessons, blocks, quizzes, files, assets, sourceLinks } = tables;
  const rows = [];
  for (const table of [c, sections, lessons, blocks, quizzes, files, assets, sourceLinks]) {
    rows.push((await platform.database.select().from(table)).map((row) => JSON.stringify(row)).sort());
  }
  return JSON.stringify(rows);
}

describe('the export of an imported course', () => {
  it('is the same, byte for byte, whenever it is written', async () => {
    const [one, two] = [
      await exportTo(platform.context, first.course.id ?? ''),
      await exportTo(platform.context, first.course.id ?? ''),
    ];

    const text = await readFile(join(one, 'course.json'), 'utf8');
    expect(await readFile(join(two, 'course.json'), 'utf8')).toBe(text);
    expect(text).not.toMatch(/"(crs|sec|les|blk|qiz|fil|ast)_|fil_/);
  });
});
