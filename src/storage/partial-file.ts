import { createHash, type Hash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A stretch of a file and the SHA-256 of its bytes, in lower-case hex. */
export interface Piece {
  readonly startByte: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Bytes that are gathered for one write: network chunks are small, and each write is a trip to another thread. */
const writeBytes = 1024 * 1024;

/**
 * A file that grows while the SHA-256 of what is appended is computed, so that nobody has to read it again. One write is
 * under way while the next is gathered; a write that fails is told by the next call.
 */
export class PartialFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #hash = createHash('sha256');
  #startByte: number;
  #bytes: number;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle, startByte = 0) {
    this.path = path;
    this.#handle = handle;
    this.#startByte = startByte;
    this.#bytes = startByte;
  }

  /** Makes the folder when it is not there. */
  static async create(folder: string): Promise<PartialFile> {
    return PartialFile.begin(join(folder, `${randomUUID()}.part`));
  }

  /** An empty file under a name of the caller's, whatever was there. Makes the folder when it is not there. */
  static async begin(path: string): Promise<PartialFile> {
    await mkdir(dirname(path), { recursive: true });
    // Not emptied: a storage may have linked it.
    await rm(path, { force: true });
    return new PartialFile(path, await open(path, 'wx'));
  }

  /**
   * The file as it was when its last piece was complete; what came later is dropped.
   *
   * @returns null when it is not there, is shorter, or its last piece has other bytes
   */
  static async continue(path: string, last: Piece): Promise<PartialFile | null> {
    const handle = await openThere(path, 'r+');
    if (!handle) return null;
    try {
      if (await holds(handle, last)) {
        const endByte = last.startByte + last.bytes;
        await handle.truncate(endByte);
        return new PartialFile(path, handle, endByte);
      }
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return null;
  }

  /** Where the bytes begin that the hash is about: 0, or where the file was continued. */
  get startByte(): number {
    return this.#startByte;
  }

  /** Length of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The chunk must not change afterwards. */
  async append(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.length;
    if (this.#gatheredBytes >= writeBytes) await this.#flush();
  }

  /** Forgets all that the file holds. */
  async restart(): Promise<void> {
    await this.#writing;
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#startByte = 0;
    this.#bytes = 0;
    this.#gathered = [];
    this.#gatheredBytes = 0;
  }

  /** Closes the file and returns the SHA-256, in lower-case hex, of what was appended. */
  async finish(): Promise<string> {
    await this.#flush();
    await this.#writing;
    await this.#handle.close();
    return this.#hash.digest('hex');
  }

  /** As `finish`, and what was appended survives a loss of power. */
  async finishPiece(): Promise<Piece> {
    await this.#flush();
    await this.#writing;
    await this.#handle.datasync();
    const startByte = this.#startByte;
    return { startByte, bytes: this.#bytes - startByte, sha256: await this.finish() };
  }

  /** Closes the file, in whatever state it is, and leaves it there. */
  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#handle.close();
  }

  /** Closes and deletes the file, in whatever state it is. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const content = Buffer.concat(this.#gathered);
    const position = this.#bytes - content.length;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#writing = this.#write(content, position);
    this.#writing.catch(() => {});
  }

  async #write(content: Uint8Array, position: number): Promise<void> {
    for (let written = 0; written < content.length; ) {
      const rest = content.length - written;
      const { bytesWritten } = await this.#handle.write(content, written, rest, position + written);
      written += bytesWritten;
    }
  }
}

/**
 * Reads a file that was made of pieces once more.
 *
 * @param pieces one behind the other, from 0
 * @returns the SHA-256 of them all, in lower-case hex; null when the file is not there, one of them has other bytes, or the
 * file does not end with the last
 */
export async function hashPieces(path: string, pieces: readonly Piece[]): Promise<string | null> {
  const whole = createHash('sha256');
  const handle = await openThere(path, 'r');
  if (!handle) return null;
  try {
    for (const piece of pieces) if (!(await holds(handle, piece, whole))) return null;
    const endByte = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
    return (await handle.stat()).size === endByte ? whole.digest('hex') : null;
  } finally {
    await handle.close();
  }
}

/** Null when it is not there. */
function openThere(path: string, flags: string): Promise<FileHandle | null> {
  return open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

async function holds(handle: FileHandle, piece: Piece, whole?: Hash): Promise<boolean> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(Math.min(writeBytes, piece.bytes));
  for (let done = 0; done < piece.bytes; ) {
    const wanted = Math.min(buffer.length, piece.bytes - done);
    const { bytesRead } = await handle.read(buffer, 0, wanted, piece.startByte + done);
    if (bytesRead === 0) return false;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    whole?.update(chunk);
    done += bytesRead;
  }
  return hash.digest('hex') === piece.sha256;
}
