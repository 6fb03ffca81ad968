import { join, resolve } from 'node:path';
import type { Env } from '../env.ts';
import { createFsStorage } from './drivers/fs.ts';
import type { S3Target } from './drivers/s3-client.ts';
import type { Storage } from './types.ts';

type StorageEnv = Pick<
  Env,
  | 'DATA_DIR'
  | 'S3_BUCKET'
  | 'S3_REGION'
  | 'S3_ENDPOINT'
  | 'S3_FORCE_PATH_STYLE'
  | 'S3_ACCESS_KEY_ID'
  | 'S3_SECRET_ACCESS_KEY'
  | 'S3_DELIVERY'
>;

/** The storage that the settings name: a bucket, or else a folder of `DATA_DIR`. */
export function openStorage(env: StorageEnv): Storage {
  const target = targetOf(env);
  if (target) return openBucket(target, env.S3_DELIVERY);
  return createFsStorage({ root: join(resolve(env.DATA_DIR), 'storage') });
}

/** Scheme, host and port to which browsers are sent on for files; null when files come from the platform itself. */
export async function deliveryOrigin(env: StorageEnv): Promise<string | null> {
  const target = targetOf(env);
  if (!target || env.S3_DELIVERY === 'stream') return null;
  const { objectOrigin } = await import('./drivers/s3-client.ts');
  return objectOrigin(target);
}

/** Loads the driver at the first use: its SDK would make every start slower, also where there is no bucket. */
function openBucket(target: S3Target, delivery: Env['S3_DELIVERY']): Storage {
  let opened: Promise<Required<Storage>> | undefined;
  function open(): Promise<Required<Storage>> {
    opened ??= import('./drivers/s3.ts').then(({ createS3Storage }) => createS3Storage(target));
    return opened;
  }
  return {
    put: async (key, body) => (await open()).put(key, body),
    stat: async (key) => (await open()).stat(key),
    has: async (key) => (await open()).has(key),
    read: async (key, options) => (await open()).read(key, options),
    delete: async (key) => (await open()).delete(key),
    ...(delivery === 'redirect' && {
      presign: async (key, headers) => (await open()).presign(key, headers),
    }),
  };
}

function targetOf(env: StorageEnv): S3Target | null {
  const { S3_BUCKET: bucket, S3_REGION: region, S3_ACCESS_KEY_ID: accessKeyId } = env;
  if (bucket === undefined || region === undefined) return null;
  return {
    bucket,
    region,
    endpoint: env.S3_ENDPOINT ?? null,
    forcePathStyle: env.S3_FORCE_PATH_STYLE,
    credentials:
      accessKeyId === undefined ? null : { accessKeyId, secretAccessKey: env.S3_SECRET_ACCESS_KEY ?? '' },
  };
}
