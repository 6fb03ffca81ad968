import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveHttp } from '../../../tests/support/http-server.ts';
import { ownPort } from '../../../tests/support/own-port.ts';
import { startS3Server } from '../../../tests/support/s3-server.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { testStorage } from '../contract.ts';
import { createS3Storage } from './s3.ts';
import { objectOrigin, type S3Target } from './s3-client.ts';

const server = await startS3Server();
const mebibyte = 1024 * 1024;

describe('s3 storage', () => {
  testStorage(async () => createS3Storage(await server.createBucket()));

  it('puts a large file in parts, which become one object', async () => {
    const target = await server.createBucket();
    const content = randomBytes(17 * mebibyte);
    const path = join(await temporaryFolder(), 'video');
    await writeFile(path, content);
    const storage = createS3Storage(target);

    expect(await storage.put('assets/x', { path })).toEqual({ bytes: content.length });

    expect((await buffer(await storage.read('assets/x'))).equals(content)).toBe(true);
    expect(await server.openUploads(target)).toEqual([]);
    const puts = server.requests.filter((entry) => entry === `PUT /${target.bucket}/assets/x`);
    expect(puts).toHaveLength(3);
  });

  it('leaves nothing of an upload whose stream breaks after some parts', async () => {
    const target = await server.createBucket();
    const failure = new Error('cut off');
    const body = Readable.from(
      (async function* () {
        for (let sent = 0; sent < 17; sent += 1) yield Buffer.alloc(mebibyte, sent);
        throw failure;
      })(),
    );
    const storage = createS3Storage(target);

    await expect(storage.put('x', body)).rejects.toBe(failure);

    expect(await storage.has('x')).toBe(false);
    expect(await server.openUploads(target)).toEqual([]);
    expect(body.destroyed).toBe(true);
  });

  it('holds a few parts of a large object at a time, never all of it', async () => {
    const storage = createS3Storage(await server.createBucket());
    const storedBefore = server.stored();
    let mostMebibytes = 0;
    const body = Readable.from(
      (function* () {
        for (let read = 1; read <= 48; read += 1) {
          mostMebibytes = Math.max(mostMebibytes, read - 8 * (server.stored() - storedBefore));
          yield Buffer.alloc(mebibyte, read);
        }
      })(),
      { highWaterMark: 1 },
    );

    expect(await storage.put('x', body)).toEqual({ bytes: 48 * mebibyte });

    // Two parts under way, one that is gathered, and some that the server has but does not count yet.
    expect(mostMebibytes).toBeLessThanOrEqual(32);
  });

  it.each([
    { what: 'a small object', bytes: 3 },
    { what: 'a part', bytes: 9 * mebibyte },
  ])('notices that $what did not arrive as it was sent, and keeps nothing of it', async ({ bytes }) => {
    const target = await server.createBucket();
    const storage = createS3Storage(target);
    server.damage((content) => Buffer.concat([Buffer.from('!'), content.subarray(1)]));
    onTestFinished(() => server.damage(null));

    await expect(storage.put('x', Readable.from([Buffer.alloc(bytes)]))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: 'Cannot store "x": what has arrived is not what was sent',
      retry: 'later',
    });

    expect(await storage.has('x')).toBe(false);
    expect(await server.openUploads(target)).toEqual([]);
  });

  it('tries again what an overloaded server refused', async () => {
    const storage = createS3Storage(await server.createBucket());
    server.overload(2);

    await storage.put('x', Readable.from([Buffer.from('at last')]));

    expect(await text(await storage.read('x'))).toBe('at last');
  });

  it('says that reading broke off', async () => {
    const port = await serveHttp((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half', () => response.destroy());
    });
    const target = { ...(await server.createBucket()), endpoint: `http://127.0.0.1:${port}` };

    const stream = await createS3Storage(target).read('x');

    await expect(buffer(stream)).rejects.toMatchObject({ code: 'STORAGE_FAILED', retry: 'later' });
  });

  const secret = 'a-secret-that-nobody-may-read';
  it.each<{ what: string; change: () => Promise<Partial<S3Target>>; message: RegExp }>([
    {
      what: 'a wrong secret',
      change: async () => ({ credentials: { accessKeyId: 'S3RVER', secretAccessKey: secret } }),
      message: /valid credentials \(SignatureDoesNotMatch, HTTP 403\), check S3_ACCESS_KEY_ID/,
    },
    {
      what: 'an unknown key',
      change: async () => ({ credentials: { accessKeyId: secret, secretAccessKey: secret } }),
      message: /valid credentials \(InvalidAccessKeyId, HTTP 403\), check S3_ACCESS_KEY_ID/,
    },
    {
      what: 'a bucket that is not there',
      change: async () => ({ bucket: 'nowhere' }),
      message:
        /the bucket "nowhere" at \S+ is not there \(NoSuchBucket, HTTP 404\), make it or check S3_BUCKET/,
    },
    {
      what: 'a server that cannot be reached',
      change: async () => ({ endpoint: `http://127.0.0.1:${await ownPort()}` }),
      message: /cannot be reached \(ECONNREFUSED\), check S3_ENDPOINT/,
    },
    {
      what: 'a key without the right',
      change: async () => {
        const port = await serveHttp((_request, response) => {
          response.writeHead(403, { 'content-type': 'application/xml' });
          response.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
        });
        return { endpoint: `http://127.0.0.1:${port}` };
      },
      message: /denied access \(AccessDenied, HTTP 403\)/,
    },
  ])('tells of $what, and no secret', async ({ change, message }) => {
    const storage = createS3Storage({ ...(await server.createBucket()), ...(await change()) });

    const failures = await Promise.all([
      storage.put('x', Readable.from([Buffer.from('x')])).catch((error: unknown) => error),
      storage.read('x').catch((error: unknown) => error),
      storage.delete('x').catch((error: unknown) => error),
    ]);

    const told = { code: 'STORAGE_FAILED', retry: 'later', message: expect.stringMatching(message) };
    expect(failures).toMatchObject([told, told, told]);
    expect(inspect(failures, { depth: 9, showHidden: true })).not.toContain(secret);
  });

  it('gives an address at which anyone reads that one object for a while', async () => {
    const target = await server.createBucket();
    const storage = createS3Storage(target);
    await storage.put('assets/x', Readable.from([Buffer.from('0123456789')]));

    const url = await storage.presign('assets/x', {
      contentType: 'video/mp4',
      contentDisposition: 'inline; filename="a talk.mp4"',
    });
    const response = await fetch(url, { headers: { range: 'bytes=2-4' } });

    expect(response.status).toBe(206);
    expect(await response.text()).toBe('234');
    expect(response.headers.get('content-type')).toBe('video/mp4');
    expect(response.headers.get('content-disposition')).toBe('inline; filename="a talk.mp4"');
    expect((await fetch(url.replace('assets/x', 'assets/y'))).status).toBe(403);
    expect(new URL(url).origin).toBe(objectOrigin(target));
  });

  it.each([
    { endpoint: null, forcePathStyle: false, origin: 'https://courses.s3.eu-west-1.amazonaws.com' },
    { endpoint: 'https://s3.example.com', forcePathStyle: false, origin: 'https://courses.s3.example.com' },
    { endpoint: 'https://s3.example.com:9000', forcePathStyle: true, origin: 'https://s3.example.com:9000' },
  ])('knows that objects are at $origin', ({ origin, ...way }) => {
    expect(objectOrigin({ bucket: 'courses', region: 'eu-west-1', credentials: null, ...way })).toBe(origin);
  });
});
