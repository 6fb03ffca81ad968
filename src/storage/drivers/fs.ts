import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, link, mkdir, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isSystemError, notStored, toStorageError } from '../errors.ts';
import { assertStorageKey } from '../keys.ts';
import { assertRange } from '../range.ts';
import type { ByteRange, Storage, StorageBody } from '../types.ts';

/** Objects arrive here and move into place when they are whole. No key begins with a dot, so none collides. */
const incomingFolder = '.incoming';

/** Files below a folder. A put is on the disk (fsync of file and folder) when it resolves. */
export function createFsStorage(options: { readonly root: string }): Storage {
  const root = resolve(options.root);

  function pathOf(key: string): string {
    assertStorageKey(key);
    return join(root, key);
  }

  return {
    async put(key, body) {
      const path = pathOf(key);
      const incoming = join(root, incomingFolder, randomUUID());
      try {
        await mkdir(dirname(incoming), { recursive: true });
        await mkdir(dirname(path), { recursive: true });
        await receive(body, incoming);
        const bytes = await flush(incoming);
        await rename(incoming, path);
        await flush(dirname(path));
        return { bytes };
      } catch (error) {
        if (body instanceof Readable) body.destroy();
        throw toStorageError(error, `store "${key}"`);
      } finally {
        // What prevented the put may prevent this too, and is the error to tell.
        await rm(incoming, { force: true }).catch(() => {});
      }
    },

    async stat(key) {
      const path = pathOf(key);
      try {
        const found = await stat(path);
        return found.isFile() ? { bytes: found.size } : null;
      } catch (error) {
        if (isMissing(error)) return null;
        throw toStorageError(error, `look up "${key}"`);
      }
    },

    async has(key) {
      return (await this.stat(key)) !== null;
    },

    async read(key, { range } = {}) {
      if (range) assertRange(range);
      const path = pathOf(key);
      const stream = await openFile(path, range).catch((error: unknown) => {
        if (isMissing(error)) return null;
        throw toStorageError(error, `read "${key}"`);
      });
      if (!stream) throw notStored(key);
      return stream;
    },

    async delete(key) {
      const path = pathOf(key);
      try {
        await unlink(path);
      } catch (error) {
        if (!isMissing(error)) throw toStorageError(error, `delete "${key}"`);
      }
    },
  };
}

async function receive(body: StorageBody, path: string): Promise<void> {
  if (!(body instanceof Readable)) {
    // Bytes that are on the same disk already need no second copy; on another disk a link fails.
    await link(body.path, path).catch(() => copyFile(body.path, path));
    return;
  }
  const file = createWriteStream(path, { flags: 'wx' });
  const closed = new Promise<void>((resolve) => file.once('close', () => resolve()));
  try {
    await pipeline(body, file);
  } finally {
    // A body that fails at once does so before the file is made: whoever cleans up has to come after that.
    await closed;
  }
}

/** Waits until file or folder is on the disk and returns its size in bytes. */
async function flush(path: string): Promise<number> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** Null for a folder; throws when there is nothing. */
async function openFile(path: string, range: ByteRange | undefined): Promise<Readable | null> {
  const handle = await open(path, 'r');
  const found = await handle.stat();
  const start = range?.start ?? 0;
  if (found.isFile() && start < found.size) {
    return handle.createReadStream({ start, end: range?.end ?? Number.POSITIVE_INFINITY });
  }
  await handle.close();
  return found.isFile() ? Readable.from([]) : null;
}

/** True when there is no file with that name; a folder in its place is none either. */
function isMissing(error: unknown): boolean {
  return isSystemError(error) && ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code ?? '');
}
