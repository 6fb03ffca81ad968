import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { and, eq } from 'drizzle-orm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { importItems } from '../../src/db/schema/index.ts';
import type { ImportReport } from '../../src/imports/types.ts';
import { courses, exportTo, type ImportPlatform, kindOf, startImportPlatform } from './import-platform.ts';

const maxBytes = 2_000_000;
/** The audio file of the sample course. */
const bell = 'path:9b1c5f0a7d3e4c2b8a6f5e4d3c2b1a09';

let platform: ImportPlatform;
beforeAll(async () => {
  platform = await startImportPlatform({ env: { ASSET_MAX_BYTES: String(maxBytes) } });
});
afterEach(async () => {
  await platform.reset();
  // Each test begins without files, as a first import does.
  const { courses: table, sourceLinks, assets } = await import('../../src/db/schema/index.ts');
  await platform.database.delete(table);
  await platform.database.delete(sourceLinks);
  await platform.database.delete(assets);
});

/** Reasons of the assets that failed. */
async function failures(report: ImportReport): Promise<Array<string | null>> {
  const items = await platform.database
    .select()
    .from(importItems)
    .where(
      and(
        eq(importItems.importId, report.import.id),
        eq(importItems.kind, 'asset'),
        eq(importItems.status, 'failed'),
      ),
    );
  return items.map(({ reason }) => reason);
}

async function expectNothingLeftOver(): Promise<void> {
  expect(await readdir(platform.context.tmpDir).catch(() => [])).toEqual([]);
}

describe('an asset that cannot be had', () => {
  it.each([
    ['is forbidden', { assetForbidden: bell }, 'ASSET_FORBIDDEN'],
    ['is gone', { assetMissing: bell }, 'ASSET_GONE'],
    ['is a web page', { assetHtml: bell }, 'ASSET_TYPE_WRONG'],
    ['never ends', { assetEndless: bell }, 'ASSET_TOO_LARGE'],
    ['is cut off each time', { assetCut: bell, assetNoRanges: bell }, 'ASSET_CUT_OFF'],
    ['is on a host that is down', { assetError: bell }, 'ASSET_UNAVAILABLE'],
    ['is on a host that hangs up', { assetReset: bell }, 'CONNECTION_FAILED'],
    [
      'leads into a private network',
      { assetRedirect: bell, assetRedirectTarget: 'http://10.0.0.1/a' },
      'HOST_NOT_ALLOWED',
    ],
  ] as const)('because it %s fails alone, with its reason and an issue', async (_what, faults, code) => {
    platform.simulator.faults.set(faults);

    const report = await platform.importCourse(courses.sample);

    expect(report.import.status).toBe('partial');
    expect(kindOf(report, 'asset')).toMatchObject({ found: 17, imported: 16, failed: 1 });
    expect(await failures(report)).toEqual([code]);
    expect(report.issues).toContainEqual(
      expect.objectContaining({
        severity: 'error',
        code,
        itemKind: 'asset',
        message: expect.stringMatching(/\.$/),
      }),
    );
    await expectNothingLeftOver();
  });

  it.each([
    ['breaks off once', { assetCut: 'first:1' }],
    ['is unavailable at first', { assetError: 'first:1' }],
    ['has a wrong Content-Type', { assetWrongType: 'always' }],
    ['is somewhere else', { assetRedirect: 'first:1' }],
  ] as const)('at once but %s arrives all the same', async (_what, faults) => {
    platform.simulator.faults.set(faults);

    const report = await platform.importCourse(courses.sample);

    expect(await failures(report)).toEqual([]);
    expect(report.import.status).toBe('completed');
  });
});

describe('a video', () => {
  it('comes as a stream when no upload is handed out', async () => {
    platform.simulator.faults.set({ assetForbidden: 'path:.mp4|.mkv|.wmv' });

    const report = await platform.importCourse(courses.sample);

    expect(report.import.status).toBe('completed');
  });

  it('whose address expires before it is used is told, and comes with the next import', async () => {
    platform.simulator.faults.set({ videoTokenTtlMs: 0 });
    const first = await platform.importCourse(courses.sample);
    const failed = await failures(first);
    platform.simulator.reset();

    const second = await platform.importCourse(courses.sample);

    expect(failed.length).toBeGreaterThan(0);
    expect(new Set(failed)).toEqual(new Set(['VIDEO_URL_EXPIRED']));
    expect(second.import.status).toBe('completed');
    expect(kindOf(second, 'asset')).toMatchObject({
      imported: failed.length,
      unchanged: 17 - failed.length,
    });
    await expectNothingLeftOver();
  });

  it('in pieces comes whole, with poster and subtitles, though each token opens five of them', async () => {
    const { getCourse } = await import('../../src/courses/get-course.ts');
    const { getLesson } = await import('../../src/courses/get-lesson.ts');
    const { openFile } = await import('../../src/courses/open-file.ts');
    platform.simulator.faults.set({ videoTokenSegments: 5 });

    const report = await platform.importCourse(courses.edgeCases);

    const course = await getCourse(platform.context, report.course.id ?? '');
    const summary = course.sections
      .flatMap(({ lessons }) => lessons)
      .find(({ title }) => title === 'A film in pieces');
    const { blocks, files } = await getLesson(platform.context, summary?.id ?? '');
    const video = Object.values(files).find(({ kind }) => kind === 'video');
    expect(blocks.map(({ content }) => content)).toEqual([{ kind: 'video', fileId: video?.id }]);
    expect(video).toMatchObject({
      name: 'studio.mp4',
      asset: { contentType: 'video/mp4', width: 640, height: 360 },
      tracks: [
        { language: 'de', label: 'Deutsch' },
        { language: 'en', label: 'English' },
      ],
    });
    expect(Math.abs((video?.asset?.durationMs ?? 0) - 12_000)).toBeLessThan(100);
    expect(files[video?.posterFileId ?? '']?.asset).toMatchObject({ contentType: 'image/jpeg' });

    const english = await openFile(platform.context, video?.tracks[1]?.fileId ?? '');
    expect(await text(await english.stream())).toBe(
      [
        'WEBVTT',
        '',
        '00:00:00.500 --> 00:00:01.500',
        'Wet the whole sheet.',
        '',
        '00:00:03.500 --> 00:00:04.500',
        'Let the colour run.',
        '',
        '00:00:09.000 --> 00:00:10.000',
        'Once more, from the start.',
        '',
      ].join('\n'),
    );
    const exported = await readFile(
      join(await exportTo(platform.context, report.course.id ?? ''), 'course.json'),
      'utf8',
    );
    expect(exported).toContain('"label": "Deutsch"');
    expect(exported).toContain('"poster": {');
  });

  it('that is not ready at the source is something to do, and nothing is retried', async () => {
    platform.simulator.faults.set({ videoNotReady: 'always' });

    const report = await platform.importCourse(courses.sample);

    expect(report.import.status).toBe('partial');
    expect(report.issues).toContainEqual(
      expect.objectContaining({ severity: 'todo', code: 'VIDEO_NOT_READY', itemKind: 'asset' }),
    );
    const [item] = await platform.database
      .select()
      .from(importItems)
      .where(eq(importItems.reason, 'VIDEO_NOT_READY'));
    expect(item?.attempts).toBe(1);
  });
});

describe('the course of edge cases', () => {
  it('arrives as far as it can, harmless, and tells what is missing', async () => {
    const { getCourse } = await import('../../src/courses/get-course.ts');
    const { getLesson } = await import('../../src/courses/get-lesson.ts');

    const report = await platform.importCourse(courses.edgeCases);

    expect(report.import.status).toBe('partial');
    for (const { found, imported, unchanged, skipped, failed } of report.kinds) {
      expect(imported + unchanged + skipped + failed).toBe(found);
    }
    expect(kindOf(report, 'lesson')).toMatchObject({ found: 13, imported: 13 });
    expect(kindOf(report, 'block').failed).toBe(0);
    // An address without scheme is taken as https, which the simulated hosts do not speak.
    expect(new Set(await failures(report))).toEqual(
      new Set(['ASSET_EMPTY', 'CONNECTION_FAILED', 'ASSET_GONE', 'HOST_NOT_ALLOWED', 'VIDEO_NOT_READY']),
    );

    const course = await getCourse(platform.context, report.course.id ?? '');
    const summaries = course.sections.flatMap(({ lessons }) => lessons);
    const lessons = await Promise.all(summaries.map(({ id }) => getLesson(platform.context, id)));
    const html = lessons.flatMap(({ blocks }) =>
      blocks.flatMap(({ content }) => (content.kind === 'text' ? [content.html] : [])),
    );
    expect(html.join('')).not.toMatch(
      /<(script|svg|math|iframe|form|object|embed|base|meta|style)|\son\w+=|javascript:|srcdoc/i,
    );
    expect(summaries.every(({ title }) => title.length > 0 && title === title.trim())).toBe(true);
    expect(
      lessons.flatMap(({ files }) => Object.values(files)).every(({ name }) => !/[\\/]/.test(name)),
    ).toBe(true);
    expect(course.sections.map(({ title }) => title).indexOf('Modul 10')).toBe(0);
  });
});
