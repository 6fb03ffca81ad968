import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { startS3Server } from '../../tests/support/s3-server.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { readEnv } from '../env.ts';
import { deliveryOrigin, openStorage } from './open-storage.ts';

it('keeps files in the data directory when no bucket is set', async () => {
  const env = readEnv({ DATA_DIR: await temporaryFolder() });
  const storage = openStorage(env);

  await storage.put('a/b', Readable.from([Buffer.from('here')]));

  expect(await readFile(join(env.DATA_DIR, 'storage', 'a', 'b'), 'utf8')).toBe('here');
  expect(storage.presign).toBeUndefined();
  expect(await deliveryOrigin(env)).toBeNull();
});

it.each(['redirect', 'stream'] as const)(
  'keeps files in the bucket that is set, with delivery by %s',
  async (delivery) => {
    const target = await (await startS3Server()).createBucket();
    const env = readEnv({
      S3_BUCKET: target.bucket,
      S3_REGION: target.region,
      S3_ENDPOINT: target.endpoint ?? '',
      S3_FORCE_PATH_STYLE: 'true',
      S3_ACCESS_KEY_ID: target.credentials?.accessKeyId,
      S3_SECRET_ACCESS_KEY: target.credentials?.secretAccessKey,
      S3_DELIVERY: delivery,
    });
    const storage = openStorage(env);

    await storage.put('a/b', Readable.from([Buffer.from('there')]));

    expect(await text(await storage.read('a/b', { range: { start: 1, end: 3 } }))).toBe('her');
    expect(storage.presign !== undefined).toBe(delivery === 'redirect');
    expect(await deliveryOrigin(env)).toBe(delivery === 'redirect' ? target.endpoint : null);
  },
);
