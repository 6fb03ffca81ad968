import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { createFsStorage } from '../storage/drivers/fs.ts';
import { storeAsset } from './store.ts';

async function setUp() {
  const tmpDir = await temporaryFolder();
  const storage = createFsStorage({ root: await temporaryFolder() });
  let count = 0;
  const store = async (organisationId: string, content: string) => {
    const path = join(tmpDir, String(count++));
    await writeFile(path, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return await storeAsset(storage, organisationId, { path, bytes: Buffer.byteLength(content), sha256 });
  };
  return { store, storage, tmpDir };
}

describe('storeAsset', () => {
  it('stores the same bytes once for an organisation and takes the file over', async () => {
    const { store, storage, tmpDir } = await setUp();

    const first = await store('org_1', 'logo');
    const second = await store('org_1', 'logo');

    expect(first.deduplicated).toBe(false);
    expect(second).toEqual({ storageKey: first.storageKey, deduplicated: true });
    expect(first.storageKey).toMatch(/^assets\/org_1\/[0-9a-f]{64}$/);
    expect(await text(await storage.read(first.storageKey))).toBe('logo');
    expect(await readdir(tmpDir)).toEqual([]);
  });

  it('keeps other bytes and other organisations apart', async () => {
    const { store } = await setUp();

    const stored = [
      await store('org_1', 'logo'),
      await store('org_1', 'other'),
      await store('org_2', 'logo'),
    ];

    expect(new Set(stored.map(({ storageKey }) => storageKey)).size).toBe(3);
    expect(stored.some(({ deduplicated }) => deduplicated)).toBe(false);
  });

  it('replaces an object of the wrong size', async () => {
    const { store, storage } = await setUp();
    const { storageKey } = await store('org_1', 'logo');
    const damaged = join(await temporaryFolder(), 'damaged');
    await writeFile(damaged, 'lo');
    await storage.put(storageKey, { path: damaged });

    expect(await store('org_1', 'logo')).toEqual({ storageKey, deduplicated: false });
    expect(await text(await storage.read(storageKey))).toBe('logo');
  });
});
