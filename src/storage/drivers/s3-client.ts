import { S3Client } from '@aws-sdk/client-s3';

/** A bucket and the way to it. */
export interface S3Target {
  readonly bucket: string;
  readonly region: string;
  /** Of a server that is not Amazon's; null for Amazon's own. */
  readonly endpoint: string | null;
  /** Bucket in the path (`https://host/bucket`) instead of in the host name. */
  readonly forcePathStyle: boolean;
  /** Null for the SDK's own search: environment, profile files, role of the machine. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
}

/** Times that a call is tried; the SDK waits longer each time and repeats only what is transient. */
const maxAttempts = 4;
const connectionTimeoutMs = 10_000;
/** Without a byte in either direction. A viewer who pauses longer asks for the rest when he goes on. */
const idleTimeoutMs = 120_000;
/** Each viewer of a streamed file holds a connection. */
const maxSockets = 500;

export function createS3Client({ region, endpoint, forcePathStyle, credentials }: S3Target): S3Client {
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint !== null && { endpoint }),
    ...(credentials && { credentials }),
    maxAttempts,
    // Uploads bring their own checksums; those that the SDK would add to everything else, other servers do not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      socketTimeout: idleTimeoutMs,
      httpAgent: { maxSockets },
      httpsAgent: { maxSockets },
    },
  });
}

/** Scheme, host and port that the bucket's objects have for a browser. */
export function objectOrigin(target: S3Target): string {
  const { url } = createS3Client(target).config.endpointProvider({
    Bucket: target.bucket,
    Region: target.region,
    ForcePathStyle: target.forcePathStyle,
    ...(target.endpoint !== null && { Endpoint: target.endpoint }),
  });
  return url.origin;
}
