import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes that are gathered for one write: network chunks are small, and each write is a trip to another thread. */
const writeBytes = 1024 * 1024;

/**
 * A file that grows while its SHA-256 is computed, so that nobody has to read it again. One write is under way while
 * the next is gathered; a write that fails is told by the next call.
 */
export class PartialFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #hash = createHash('sha256');
  #bytes = 0;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Makes the folder when it is not there. */
  static async create(folder: string): Promise<PartialFile> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${randomUUID()}.part`);
    return new PartialFile(path, await open(path, 'wx'));
  }

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

  /** Forgets what has come so far. */
  async restart(): Promise<void> {
    await this.#writing;
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#gathered = [];
    this.#gatheredBytes = 0;
  }

  /** Closes the file and returns its SHA-256 in lower-case hex. */
  async finish(): Promise<string> {
    await this.#flush();
    await this.#writing;
    await this.#handle.close();
    return this.#hash.digest('hex');
  }

  /** Closes and deletes the file, in whatever state it is. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#handle.close();
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
