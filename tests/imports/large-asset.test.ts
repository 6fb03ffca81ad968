import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { eq } from 'drizzle-orm';
import { beforeAll, expect, it } from 'vitest';
import { fillerBody } from '../../simulator/school/asset.ts';
import { solidPng } from '../../simulator/school/solid-png.ts';
import { assets } from '../../src/db/schema/index.ts';
import { type ImportPlatform, kindOf, startImportPlatform } from './import-platform.ts';
import { courseId, SmallSchool } from './small-school.ts';

const body = fillerBody(solidPng(2, 0x336699, 'large'), 40 * 1024 * 1024, 1);

/** Its one image needs three parts. */
class LargeSchool extends SmallSchool {
  override findAsset() {
    return { status: 200 as const, contentType: 'image/png', body };
  }
}

let platform: ImportPlatform;
beforeAll(async () => {
  const image = { id: 31, kind: 'image', word: 'large' } as const;
  const lesson = { id: 21, name: 'One', published: true, parts: [image] };
  const sections = [{ id: 11, name: 'All', lessons: [lesson] }];
  const school = new LargeSchool({ name: 'Large', description: '', sections });
  platform = await startImportPlatform({ school });
});

it('a large asset comes in parts, each a step of its run, and one more step stores it', async () => {
  const report = await platform.importCourse(String(courseId));

  expect(report.import.status).toBe('completed');
  expect(kindOf(report, 'asset')).toMatchObject({ found: 1, imported: 1 });
  const asked = platform.simulator.calls.filter(({ path }) => path === '/large');
  expect(asked.map(({ status }) => status)).toEqual([206, 206, 206]);
  const sha256 = createHash('sha256').update(body.slice(0, body.sizeBytes)).digest('hex');
  expect(await platform.database.select().from(assets).where(eq(assets.sha256, sha256))).toHaveLength(1);
  expect(await readdir(platform.context.tmpDir)).toEqual([]);
});
