import type { Readable } from 'node:stream';

/** Part of a stored object, in bytes, both ends included as in HTTP. An end past the last byte means the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface StoredObject {
  readonly bytes: number;
}

/** What a browser is told about an object that it gets straight from the storage. */
export interface DeliveryHeaders {
  readonly contentType: string;
  /** A whole `Content-Disposition` value (RFC 6266). */
  readonly contentDisposition: string;
}

/** What is put: a stream, or a file that nobody changes any more (a driver may link it instead of copying). */
export type StorageBody = Readable | { readonly path: string };

/**
 * Where bytes live. Keys are checked by `assertStorageKey`. Every driver passes the suite in `contract.ts`.
 *
 * All verbs throw AppError `INPUT_INVALID` for a bad key, `DISK_FULL` when there is no room, `STORAGE_FAILED` when the
 * storage itself fails. Errors of a given stream pass unchanged.
 */
export interface Storage {
  /** Stores the whole body under the key, or nothing: a reader sees the old object or the new one, never a part. */
  put(key: string, body: StorageBody): Promise<StoredObject>;
  /** Null when there is no such object. */
  stat(key: string): Promise<StoredObject | null>;
  has(key: string): Promise<boolean>;
  /** @throws AppError `NOT_FOUND`. A range that begins after the last byte reads as empty. */
  read(key: string, options?: { readonly range?: ByteRange | undefined }): Promise<Readable>;
  /** Deleting what is not there is fine. */
  delete(key: string): Promise<void>;
  /**
   * An address at which whoever knows it gets the object, in ranges too, for about an hour. It is a secret: not for logs,
   * errors or the database. A storage without this has its objects delivered through `read`.
   */
  presign?(key: string, headers: DeliveryHeaders): Promise<string>;
}
