import { createHash } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { and, eq } from 'drizzle-orm';
import { NextRequest } from 'next/server';
import { beforeAll, expect, it } from 'vitest';
import { bytesBody } from '../../simulator/school/asset.ts';
import { assets, files, imageVariants, organisations } from '../../src/db/schema/index.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { exportTo, type ImportPlatform, startImportPlatform } from './import-platform.ts';
import { SmallSchool, courseId as sourceCourseId } from './small-school.ts';

// The whole import engine with its files in a bucket.

class DrawingSchool extends SmallSchool {
  override findAsset(location: string) {
    if (!location.endsWith('/drawing')) return super.findAsset(location);
    const drawing =
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 0h9" onclick="x()"/></svg>';
    return { status: 200 as const, contentType: 'image/svg+xml', body: bytesBody(Buffer.from(drawing)) };
  }
}

const school = new DrawingSchool({
  name: 'Pictures',
  description: 'One lesson.',
  sections: [
    {
      id: 1,
      name: 'All',
      lessons: [
        {
          id: 11,
          name: 'Three pictures',
          published: true,
          parts: [
            { id: 111, kind: 'image', word: 'hive' },
            { id: 112, kind: 'image', word: 'meadow' },
            { id: 113, kind: 'image', word: 'drawing' },
          ],
        },
      ],
    },
  ],
});

let server: S3Server;
let endpoint: string;
let platform: ImportPlatform;
let courseId: string;
beforeAll(async () => {
  server = await startS3Server();
  const target = await server.createBucket();
  endpoint = target.endpoint ?? '';
  platform = await startImportPlatform({
    school,
    env: {
      S3_BUCKET: target.bucket,
      S3_REGION: target.region,
      S3_ENDPOINT: endpoint,
      S3_FORCE_PATH_STYLE: String(target.forcePathStyle),
      S3_ACCESS_KEY_ID: target.credentials?.accessKeyId ?? '',
      S3_SECRET_ACCESS_KEY: target.credentials?.secretAccessKey ?? '',
    },
  });
  courseId = (await platform.importCourse(String(sourceCourseId))).course.id ?? '';
});

it('exports an imported course, whole, and keeps nothing of it on the disk', async () => {
  const folder = join(await exportTo(platform.context, courseId), 'assets');

  const names = await readdir(folder);
  expect(names).toHaveLength(3);
  for (const name of names) {
    const sha256 = createHash('sha256').update(await readFile(join(folder, name)));
    expect(sha256.digest('hex')).toBe(name);
  }
  await expect(access(join(platform.dataDir, 'storage'))).rejects.toThrow('ENOENT');
});

it('sends a viewer on to the bytes, and answers HEAD itself', async () => {
  const { GET, HEAD } = await import('../../app/files/[id]/route.ts');
  const picture = await findPicture();
  const request = new Request(`http://127.0.0.1/files/${picture.id}`);
  const params = Promise.resolve({ id: picture.id });

  const head = await HEAD(new Request(request, { method: 'HEAD' }), { params });
  const sentOn = await GET(request, { params });
  const response = await fetch(sentOn.headers.get('location') ?? '', { headers: { range: 'bytes=0-9' } });

  expect(head.status).toBe(200);
  expect(head.headers.get('content-length')).toBe(String(picture.bytes));
  expect(sentOn.status).toBe(307);
  expect(response.headers.get('content-range')).toBe(`bytes 0-9/${picture.bytes}`);
  expect(response.headers.get('content-type')).toBe('image/png');
  expect(response.headers.get('content-disposition')).toMatch(/^inline; filename=/);
});

it('sends a viewer of a drawing on to its cleaned form', async () => {
  const { GET } = await import('../../app/files/[id]/route.ts');
  const [drawing] = await platform.database
    .select({ id: files.id, sha256: imageVariants.sha256 })
    .from(imageVariants)
    .innerJoin(files, eq(files.assetId, imageVariants.assetId));
  const { id, sha256 } = drawing ?? { id: '', sha256: '' };

  const sentOn = await GET(new Request(`http://127.0.0.1/files/${id}?variant=${sha256}`), {
    params: Promise.resolve({ id }),
  });
  const response = await fetch(sentOn.headers.get('location') ?? '');

  expect(sentOn.status).toBe(307);
  expect(response.headers.get('content-type')).toBe('image/svg+xml');
  expect(response.headers.get('content-disposition')).toBe('inline; filename="drawing.svg"');
  expect(await response.text()).toContain('<path d="M0 0h9"/>');
});

it('sends nobody on to a file that he may not see', async () => {
  const { GET } = await import('../../app/files/[id]/route.ts');
  const { id } = await findPicture();
  await platform.database.insert(organisations).values({ id: 'org_other', name: 'Other' });
  await platform.database.update(files).set({ organisationId: 'org_other' }).where(eq(files.id, id));

  const response = await GET(new Request(`http://127.0.0.1/files/${id}`), {
    params: Promise.resolve({ id }),
  });

  expect(response.status).toBe(404);
  expect(response.headers.get('location')).toBeNull();
});

it('lets pages show pictures, videos and documents of the bucket, and run nothing of it', async () => {
  const { proxy } = await import('../../proxy.ts');

  const response = await proxy(new NextRequest('http://127.0.0.1/', { headers: { host: '127.0.0.1' } }));

  const policy = response.headers.get('content-security-policy')?.split('; ') ?? [];
  const allowing = policy.filter((directive) => directive.split(' ').includes(endpoint));
  expect(allowing.map((directive) => directive.split(' ')[0])).toEqual(['img-src', 'media-src', 'frame-src']);
});

it('keeps keys in the database, no addresses, and logs none', async () => {
  const rows = await platform.database.select().from(assets);

  for (const { storageKey, sha256, organisationId } of rows) {
    expect(storageKey).toBe(`assets/${organisationId}/${sha256}`);
  }
  expect(JSON.stringify(platform.log)).not.toMatch(/X-Amz-|S3RVER/);
});

async function findPicture() {
  const [picture] = await platform.database
    .select({ id: files.id, bytes: assets.bytes })
    .from(files)
    .innerJoin(assets, eq(assets.id, files.assetId))
    .where(
      and(eq(files.organisationId, platform.context.organisationId), eq(assets.contentType, 'image/png')),
    )
    .limit(1);
  if (!picture) throw new Error('The course has no picture');
  return picture;
}
