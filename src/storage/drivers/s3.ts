import { PassThrough, Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { notStored } from '../errors.ts';
import { assertStorageKey } from '../keys.ts';
import { assertRange } from '../range.ts';
import type { Storage } from '../types.ts';
import { createS3Client, type S3Target } from './s3-client.ts';
import { isS3Error, type S3Attempt, statusOf, toS3Error } from './s3-errors.ts';
import { upload } from './s3-upload.ts';

/** An address holds between this and a quarter of it longer: it is the same for a while, so that browsers can keep the bytes. */
const presignedSeconds = 60 * 60;
const sameAddressSeconds = presignedSeconds / 4;

/** Objects of a bucket of Amazon S3, or of a server that speaks its protocol. Keys are the objects' names as they are. */
export function createS3Storage(target: S3Target): Required<Storage> {
  const client = createS3Client(target);
  const objectOf = (key: string) => {
    assertStorageKey(key);
    return { Bucket: target.bucket, Key: key };
  };

  return {
    async put(key, body) {
      assertStorageKey(key);
      return { bytes: await upload(client, target, key, body) };
    },

    async stat(key) {
      const object = objectOf(key);
      try {
        const { ContentLength = 0 } = await client.send(new HeadObjectCommand(object));
        return { bytes: ContentLength };
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw toS3Error(error, { target, attempt: `look up "${key}"` });
      }
    },

    async has(key) {
      return (await this.stat(key)) !== null;
    },

    async read(key, { range } = {}) {
      if (range) assertRange(range);
      const object = objectOf(key);
      const attempt = { target, attempt: `read "${key}"` };
      const Range = range && `bytes=${range.start}-${range.end ?? ''}`;
      try {
        const { Body } = await client.send(new GetObjectCommand({ ...object, Range }));
        // On Node.js it is what `node:http` received.
        return withS3Errors(Body as Readable, attempt);
      } catch (error) {
        if (isS3Error(error, 'NoSuchKey', 'NotFound')) throw notStored(key);
        if (statusOf(error) === 416) return Readable.from([]);
        throw toS3Error(error, attempt);
      }
    },

    async delete(key) {
      const object = objectOf(key);
      try {
        await client.send(new DeleteObjectCommand(object));
      } catch (error) {
        throw toS3Error(error, { target, attempt: `delete "${key}"` });
      }
    },

    async presign(key, { contentType, contentDisposition }) {
      const command = new GetObjectCommand({
        ...objectOf(key),
        ResponseContentType: contentType,
        ResponseContentDisposition: contentDisposition,
        ResponseCacheControl: `private, max-age=${presignedSeconds}`,
      });
      const sinceRoundMs = Date.now() % (sameAddressSeconds * 1000);
      try {
        return await getSignedUrl(client, command, {
          expiresIn: presignedSeconds + sameAddressSeconds,
          signingDate: new Date(Date.now() - sinceRoundMs),
        });
      } catch (error) {
        throw toS3Error(error, { target, attempt: `make an address for "${key}"` });
      }
    },
  };
}

/** What breaks while bytes are on their way is told like what breaks before. */
function withS3Errors(received: Readable, attempt: S3Attempt): Readable {
  const stream = new PassThrough();
  received.once('error', (error) => stream.destroy(toS3Error(error, attempt)));
  stream.once('close', () => received.destroy());
  return received.pipe(stream);
}
