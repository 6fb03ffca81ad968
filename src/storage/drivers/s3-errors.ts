import { S3ServiceException } from '@aws-sdk/client-s3';
import { AppError } from '../../errors/app-error.ts';
import { diskFull, storageFailed } from '../errors.ts';
import type { S3Target } from './s3-client.ts';

/** Where and what was tried. */
export interface S3Attempt {
  readonly target: S3Target;
  /** As in `store "assets/x"`. */
  readonly attempt: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const credentialErrors = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
]);

/**
 * What a failed call means for the operator. The SDK's error is not kept as the cause: it may carry the key's id and the text
 * that was signed.
 */
export function toS3Error(error: unknown, { target, attempt }: S3Attempt): AppError {
  if (error instanceof AppError) return error;
  const status = statusOf(error);
  if (status === 507) return diskFull(attempt);
  return storageFailed(attempt, `${placeOf(target)} ${reasonOf(error, status)}`);
}

/** HTTP status of S3's answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** The code in S3's answer. An answer to HEAD has no body, so its code says no more than its status. */
export function isS3Error(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof S3ServiceException && codes.includes(error.name);
}

function reasonOf(error: unknown, status: number | undefined): string {
  const name = error instanceof Error ? error.name : 'Error';
  const code = status === undefined ? codeOf(error) : `${name}, HTTP ${status}`;
  if (credentialErrors.has(name)) {
    return `did not get valid credentials (${code}), check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or where the SDK finds its own`;
  }
  if (name === 'NoSuchBucket') return `is not there (${code}), make it or check S3_BUCKET`;
  if (status === 301 || name === 'AuthorizationHeaderMalformed') {
    return `is in another region (${code}), check S3_REGION and S3_ENDPOINT`;
  }
  if (status === 401 || status === 403) {
    return `denied access (${code}), check that the key is right and may list the bucket, and get, put and delete its objects`;
  }
  if (status === undefined) return `cannot be reached (${code}), check S3_ENDPOINT and the network`;
  return `answered ${code}`;
}

function placeOf({ bucket, endpoint }: S3Target): string {
  // Only the origin: an address may hold a password.
  return `the bucket "${bucket}"${endpoint === null ? '' : ` at ${new URL(endpoint).origin}`}`;
}

/** What the network said, as `ECONNREFUSED`. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
