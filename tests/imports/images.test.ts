import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eq } from 'drizzle-orm';
import { beforeAll, expect, it } from 'vitest';
import { bytesBody } from '../../simulator/school/asset.ts';
import { solidPng } from '../../simulator/school/solid-png.ts';
import { files, imageVariants, importItems } from '../../src/db/schema/index.ts';
import { exportTo, type ImportPlatform, kindOf, startImportPlatform } from './import-platform.ts';
import { courseId, SmallSchool } from './small-school.ts';

const photograph = await readFile('simulator/content/media/washes.jpg');
const drawing =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 0h9" onclick="x()"/></svg>';

/** What the school hands out in place of each image. */
const images: Readonly<Record<string, string | Uint8Array>> = {
  photograph,
  drawing,
  page: '<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><p>Sign in</p></foreignObject></svg>',
  broken: solidPng(2, 0x336699, '').subarray(0, 20),
  cutOff: photograph.subarray(0, 25_000),
};

class ImageSchool extends SmallSchool {
  override findAsset(location: string) {
    const content = images[location.split('/').at(-1) ?? ''];
    if (content === undefined) return undefined;
    return { status: 200 as const, contentType: 'image/png', body: bytesBody(Buffer.from(content)) };
  }
}

const parts = Object.keys(images).map((word, id) => ({ id: 900_001 + id, kind: 'image' as const, word }));
const lesson = { id: 800_002, name: 'Images', published: true, parts };
const sections = [{ id: 800_001, name: 'A section', lessons: [lesson] }];

let platform: ImportPlatform;
beforeAll(async () => {
  platform = await startImportPlatform({
    school: new ImageSchool({ name: 'Images', description: '', sections }),
  });
});

/** Formats and widths of an image's variants, by the name of the file. */
async function variantsByName(course: string): Promise<Record<string, string[]>> {
  const { getCourse } = await import('../../src/courses/get-course.ts');
  const { getLesson } = await import('../../src/courses/get-lesson.ts');
  const lessonId = (await getCourse(platform.context, course)).sections[0]?.lessons[0]?.id ?? '';
  const { files } = await getLesson(platform.context, lessonId);
  return Object.fromEntries(
    Object.values(files).map(({ name, variants }) => [
      name.split('.')[0],
      variants.map(({ format, width }) => `${format} ${width}`),
    ]),
  );
}

it('brings images whose variants fail, makes them with the next import, and refuses what nobody could see', async () => {
  const blocked = join(platform.dataDir, 'storage', 'variants');
  await mkdir(join(platform.dataDir, 'storage'), { recursive: true });
  await writeFile(blocked, 'a file where a folder should be');

  const first = await platform.importCourse(String(courseId));
  const withoutVariants = await variantsByName(first.course.id ?? '');
  await rm(blocked);
  const second = await platform.importCourse(String(courseId));
  const withVariants = await variantsByName(second.course.id ?? '');

  expect(kindOf(first, 'asset')).toMatchObject({ found: 5, imported: 3, failed: 2 });
  expect(withoutVariants).toMatchObject({ photograph: [], drawing: [], cutOff: [] });
  expect(kindOf(second, 'asset')).toMatchObject({ found: 5, unchanged: 3, failed: 2 });
  expect(withVariants).toMatchObject({
    photograph: ['avif 480', 'webp 480', 'avif 1080', 'webp 1080'],
    drawing: ['svg 40'],
    cutOff: [],
  });
  const failed = await platform.database
    .select({ title: importItems.title, reason: importItems.reason })
    .from(importItems)
    .where(eq(importItems.status, 'failed'));
  expect(new Set(failed.map(({ reason }) => reason))).toEqual(new Set(['ASSET_TYPE_WRONG']));
  expect(second.issues.map(({ message }) => message)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('nothing is left of it without what could run'),
      expect.stringContaining('begin like image/png but cannot be read'),
    ]),
  );
  expect(second.issues).toHaveLength(2);

  const { openVariant } = await import('../../src/courses/image-variants.ts');
  const [row] = await platform.database
    .select({ fileId: files.id, sha256: imageVariants.sha256 })
    .from(imageVariants)
    .innerJoin(files, eq(files.assetId, imageVariants.assetId))
    .where(eq(imageVariants.format, 'svg'));
  const opened = await openVariant(platform.context, row?.fileId ?? '', row?.sha256 ?? '');
  expect(opened).toMatchObject({ name: 'drawing.svg', contentType: 'image/svg+xml' });
  expect(await text(await opened.read())).not.toContain('onclick');
  const elsewhere = { ...platform.context, organisationId: 'org_other' };
  await expect(openVariant(elsewhere, row?.fileId ?? '', row?.sha256 ?? '')).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });

  const folder = await exportTo(platform.context, second.course.id ?? '');
  expect(await readdir(join(folder, 'assets'))).toHaveLength(3);
  expect(await readFile(join(folder, 'course.json'), 'utf8')).not.toContain('variant');
});
