import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { testStorage } from '../contract.ts';
import { toStorageError } from '../errors.ts';
import { createFsStorage } from './fs.ts';

describe('fs storage', () => {
  testStorage(async () => createFsStorage({ root: await temporaryFolder() }));

  it('leaves nothing of a failed put on the disk', async () => {
    const root = await temporaryFolder();
    const broken = new Readable({ read: (): void => void broken.destroy(new Error('cut off')) });

    await expect(createFsStorage({ root }).put('a', broken)).rejects.toThrow('cut off');

    expect(await readdir(join(root, '.incoming'))).toEqual([]);
  });

  it('reports a root that cannot be used, and closes the given stream', async () => {
    const root = join(await temporaryFolder(), 'file');
    await writeFile(root, '');
    const body = Readable.from(['x']);

    await expect(createFsStorage({ root }).put('a', body)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      retry: 'later',
    });

    expect(body.destroyed).toBe(true);
  });

  it('calls a full disk by its name', () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' });

    expect(toStorageError(full, 'store "a"')).toMatchObject({ code: 'DISK_FULL', retry: 'later' });
  });
});
