import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import S3rver from '@20minutes/s3rver';
import type { S3Target } from '../../src/storage/drivers/s3-client.ts';
import { onScopeEnd } from './scope.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface S3Server {
  /** A new, empty bucket, with the right key. */
  createBucket(): Promise<S3Target>;
  /** Ids of the uploads in parts that are neither complete nor aborted. */
  openUploads(target: S3Target): Promise<string[]>;
  /** Changes what arrives from now on before it is stored, as a broken disk would; null stops that. */
  damage(change: ((content: Buffer) => Buffer) | null): void;
  /** Has that many requests answered "try again later". */
  overload(requests: number): void;
  /** Objects and parts that were stored so far. */
  stored(): number;
  /** Methods and paths of the requests so far. */
  readonly requests: readonly string[];
}

/** A real S3 server on a free port of 127.0.0.1, with signatures that are checked, until the test or file ends. */
export async function startS3Server(): Promise<S3Server> {
  const directory = await temporaryFolder();
  const server = new S3rver({ address: '127.0.0.1', port: 0, directory, silent: true });
  const requests: string[] = [];
  let overloaded = 0;
  let stored = 0;
  let change: ((content: Buffer) => Buffer) | null = null;
  const uploadsOf = (bucket: string) => join(directory, bucket, '._S3rver_uploads');

  // What S3 does and this server leaves out: objects are replaced at once,
  const { store } = server;
  const putContent = store.putContent.bind(store);
  store.putContent = async (path, content) => {
    const incoming = `${path}.${randomUUID()}`;
    const sums = await putContent(
      incoming,
      change ? Readable.from([change(await buffer(content))]) : content,
    );
    await rename(incoming, path);
    stored += 1;
    return sums;
  };
  // a range may end with the first byte, and an empty object has none,
  const getObject = store.getObject.bind(store);
  store.getObject = async (bucket, key, { start, end }) => {
    const object = await getObject(bucket, key, {
      ...(start !== undefined && { start }),
      // It takes 0 for nothing, but not an object.
      ...(end !== undefined && { end: Object(end) }),
    });
    if (object?.range && object.size === 0) {
      object.content?.destroy();
      object.content = null;
    }
    return object;
  };
  // and uploads in parts can be aborted.
  server.middleware.unshift(async (context, next) => {
    requests.push(`${context.method} ${context.path}`);
    if (overloaded > 0) {
      overloaded -= 1;
      context.status = 503;
      return;
    }
    const { uploadId } = context.query;
    if (context.method !== 'DELETE' || uploadId === undefined) return next();
    const [, bucket = ''] = context.path.split('/');
    await rm(join(uploadsOf(bucket), uploadId), { recursive: true, force: true });
    context.status = 204;
  });

  const { port } = await server.run();
  onScopeEnd(async () => {
    server.httpServer.closeAllConnections();
    await server.close();
  });
  return {
    requests,
    stored: () => stored,
    damage: (next) => {
      change = next;
    },
    overload: (next) => {
      overloaded = next;
    },
    async createBucket() {
      const bucket = `bucket-${randomUUID()}`;
      await store.putBucket(bucket);
      return {
        bucket,
        region: 'us-east-1',
        endpoint: `http://127.0.0.1:${port}`,
        forcePathStyle: true,
        credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
      };
    },
    openUploads: ({ bucket }) => readdir(uploadsOf(bucket)).catch(() => []),
  };
}
