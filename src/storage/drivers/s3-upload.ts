import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandOutput,
  type S3Client,
  UploadPartCommand,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3';
import type { AppError } from '../../errors/app-error.ts';
import { storageFailed, toStorageError } from '../errors.ts';
import type { StorageBody } from '../types.ts';
import type { S3Target } from './s3-client.ts';
import { type S3Attempt, toS3Error } from './s3-errors.ts';

/** Limits of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const maxParts = 10_000;
const mebibyte = 1024 * 1024;

/** What is held in memory at a time is a few parts of this size; S3 takes none below 5 MiB but the last. */
const usualPartBytes = 8 * mebibyte;
const partsAtOnce = 2;

/**
 * Stores a body as one object: in one request when it is small, else in parts that become the object together. Each request
 * carries SHA-256 and MD5 of its bytes, so that a server refuses what was damaged on the way, and the answer is compared with
 * them, for servers that did not look. Own code and not `@aws-sdk/lib-storage`, which does not compare, and after a failed part
 * sends all others before it gives up.
 *
 * @returns size in bytes
 */
export async function upload(
  client: S3Client,
  target: S3Target,
  key: string,
  body: StorageBody,
): Promise<number> {
  const context: Upload = {
    client,
    target,
    attempt: `store "${key}"`,
    object: { Bucket: target.bucket, Key: key },
  };
  const { stream, partBytes } = await open(body, context.attempt);
  const parts = partsOf(stream, partBytes);
  try {
    const { value: first } = await parts.next();
    if (first === undefined || first.content.length < partBytes) {
      return await putWhole(context, first?.content ?? Buffer.alloc(0));
    }
    return await putParts(context, beginningWith(first, parts));
  } catch (error) {
    // Errors of a given stream are the giver's; those of a file that was named are ours.
    throw body instanceof Readable ? error : toStorageError(error, context.attempt);
  } finally {
    await parts.return(undefined);
    stream.destroy();
  }
}

interface Upload extends S3Attempt {
  readonly client: S3Client;
  readonly object: { readonly Bucket: string; readonly Key: string };
}

async function open(body: StorageBody, attempt: string): Promise<{ stream: Readable; partBytes: number }> {
  if (body instanceof Readable) return { stream: body, partBytes: usualPartBytes };
  try {
    const { size } = await stat(body.path);
    const needed = Math.ceil(size / maxParts / mebibyte) * mebibyte;
    const stream = createReadStream(body.path, { highWaterMark: mebibyte });
    return { stream, partBytes: Math.max(usualPartBytes, needed) };
  } catch (error) {
    throw toStorageError(error, attempt);
  }
}

interface Part {
  /** From 1. */
  readonly number: number;
  readonly content: Buffer;
}

/** Pieces of exactly `partBytes`, then the rest, which may be empty. */
async function* partsOf(stream: Readable, partBytes: number): AsyncGenerator<Part, undefined> {
  let number = 1;
  let gathered: Buffer[] = [];
  let missing = partBytes;
  for await (const chunk of stream) {
    let rest: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    while (rest.length >= missing) {
      yield { number, content: Buffer.concat([...gathered, rest.subarray(0, missing)]) };
      rest = rest.subarray(missing);
      gathered = [];
      missing = partBytes;
      number += 1;
    }
    gathered.push(rest);
    missing -= rest.length;
  }
  yield { number, content: Buffer.concat(gathered) };
  return undefined;
}

async function* beginningWith(first: Part, rest: AsyncIterable<Part>): AsyncGenerator<Part> {
  yield first;
  yield* rest;
}

async function putWhole(context: Upload, content: Buffer): Promise<number> {
  const { client, object } = context;
  const sums = sumsOf(content);
  const answer = await client
    .send(new PutObjectCommand({ ...object, Body: content, ...headersOf(sums) }))
    .catch(failing(context));
  if (hasArrived(answer, sums)) return content.length;
  return discard(context, answer.ETag);
}

async function putParts(context: Upload, parts: AsyncIterable<Part>): Promise<number> {
  const { client, object } = context;
  const { UploadId } = await client
    .send(new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'SHA256' }))
    .catch(failing(context));
  const stored: CompletedPart[] = [];
  let bytes = 0;
  // All senders take from the same parts. One that fails ends them, so that the others stop after what they are sending.
  async function send(): Promise<void> {
    for await (const { number, content } of parts) {
      if (content.length === 0) return;
      if (number > maxParts)
        throw storageFailed(context.attempt, 'the stream is too long, put a file instead');
      stored[number - 1] = await putPart(context, UploadId, { number, content });
      bytes += content.length;
    }
  }
  try {
    const ends = await Promise.allSettled(Array.from({ length: partsAtOnce }, send));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    const { ETag } = await client
      .send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts: stored } }))
      .catch(failing(context));
    return await assertSize(context, ETag, bytes);
  } catch (error) {
    // Parts of an upload that nobody ends stay, and are paid for. What cannot be reached now is left to the bucket's own rule.
    await client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => {});
    throw error;
  }
}

async function putPart(context: Upload, UploadId: string | undefined, part: Part): Promise<CompletedPart> {
  const { client, object } = context;
  const sums = sumsOf(part.content);
  const PartNumber = part.number;
  const answer = await client
    .send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body: part.content, ...headersOf(sums) }))
    .catch(failing(context));
  if (!hasArrived(answer, sums)) throw damaged(context);
  const { ETag, ChecksumSHA256 } = answer;
  return { PartNumber, ETag, ...(ChecksumSHA256 !== undefined && { ChecksumSHA256 }) };
}

/** The parts became one object of the right size; unless it is another's by now, which only its ETag tells. */
async function assertSize(context: Upload, etag: string | undefined, bytes: number): Promise<number> {
  const { client, object } = context;
  const found = await client.send(new HeadObjectCommand(object)).catch(failing(context));
  if (found.ETag !== etag || found.ContentLength === bytes) return bytes;
  return discard(context, etag);
}

/** Takes back an object that is not what was put, unless another has replaced it. */
async function discard(context: Upload, etag: string | undefined): Promise<never> {
  const { client, object } = context;
  await client.send(new DeleteObjectCommand({ ...object, IfMatch: etag })).catch(() => {});
  throw damaged(context);
}

interface Sums {
  /** Base64. */
  readonly sha256: string;
  readonly md5: Buffer;
}

function sumsOf(content: Buffer): Sums {
  return {
    sha256: createHash('sha256').update(content).digest('base64'),
    md5: createHash('md5').update(content).digest(),
  };
}

function headersOf({ sha256, md5 }: Sums): { ChecksumSHA256: string; ContentMD5: string } {
  return { ChecksumSHA256: sha256, ContentMD5: md5.toString('base64') };
}

/**
 * Compares what the server says that it has with what was sent. A server without SHA-256 says it by the ETag, which is the MD5
 * unless the object is encrypted with keys of its own
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html, ETag).
 */
function hasArrived(
  { ChecksumSHA256, ETag, ServerSideEncryption = 'AES256' }: PutObjectCommandOutput | UploadPartCommandOutput,
  { sha256, md5 }: Sums,
): boolean {
  if (ChecksumSHA256 !== undefined) return ChecksumSHA256 === sha256;
  const etag = ETag?.replaceAll('"', '').toLowerCase() ?? '';
  const isMd5 = ServerSideEncryption === 'AES256' && /^[0-9a-f]{32}$/.test(etag);
  return !isMd5 || etag === md5.toString('hex');
}

function damaged({ attempt }: Upload): AppError {
  return storageFailed(attempt, 'what has arrived is not what was sent');
}

function failing(context: S3Attempt): (error: unknown) => never {
  return (error) => {
    throw toS3Error(error, context);
  };
}
