import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { AppError } from '../errors/app-error.ts';
import type { Storage } from './types.ts';

/** Registers what every driver must do. A driver's test calls it and adds what is its own. */
export function testStorage(create: () => Promise<Storage>): void {
  it('gives back what was put, as a whole and in ranges', async () => {
    const storage = await create();

    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3_000 }),
        fc.nat(3_100),
        fc.option(fc.nat(3_100), { nil: undefined }),
        async (bytes, start, length) => {
          const stored = await storage.put('a/b', streamOf(bytes));
          const range = length === undefined ? { start } : { start, end: start + length };
          const expectedEnd = length === undefined ? bytes.length : start + length + 1;

          expect(stored).toEqual({ bytes: bytes.length });
          expect(await storage.stat('a/b')).toEqual({ bytes: bytes.length });
          expect(new Uint8Array(await buffer(await storage.read('a/b')))).toEqual(bytes);
          expect(new Uint8Array(await buffer(await storage.read('a/b', { range })))).toEqual(
            bytes.slice(start, expectedEnd),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it('puts a file and leaves the original where it is', async () => {
    const storage = await create();
    const path = join(await temporaryFolder(), 'original');
    await writeFile(path, 'from a file');

    expect(await storage.put('assets/org_1/x', { path })).toEqual({ bytes: 11 });

    await storage.put('assets/org_1/x', streamOf('replaced'));
    expect(await text(await storage.read('assets/org_1/x'))).toBe('replaced');
    expect(await storage.put('copy', { path })).toEqual({ bytes: 11 });
  });

  it('keeps the old object when a new one fails half-way', async () => {
    const storage = await create();
    const failure = new Error('cut off');
    await storage.put('lesson', streamOf('old'));
    const cut = Readable.from(
      (async function* () {
        yield Buffer.from('new but');
        throw failure;
      })(),
    );

    await expect(storage.put('lesson', cut)).rejects.toBe(failure);

    expect(await text(await storage.read('lesson'))).toBe('old');
  });

  it('shows a reader the old or the new object, never a mixture', async () => {
    const storage = await create();
    const old = Buffer.alloc(300_000, 'o');
    await storage.put('x', streamOf(old));

    const reader = await storage.read('x');
    await storage.put('x', streamOf(Buffer.alloc(300_000, 'n')));

    expect((await buffer(reader)).equals(old)).toBe(true);
    expect((await text(await storage.read('x'))).startsWith('nnn')).toBe(true);
  });

  it('stores under one key twice at the same time without harm', async () => {
    const storage = await create();

    await Promise.all(['aaaa', 'bbbb', 'cccc'].map((content) => storage.put('same', streamOf(content))));

    expect(await text(await storage.read('same'))).toMatch(/^(aaaa|bbbb|cccc)$/);
  });

  it('says what is not there', async () => {
    const storage = await create();
    await storage.put('a/b', streamOf('x'));

    for (const key of ['missing', 'a', 'a/b/c']) {
      expect(await storage.stat(key)).toBeNull();
      expect(await storage.has(key)).toBe(false);
      await expect(storage.read(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('deletes, also twice', async () => {
    const storage = await create();
    await storage.put('a/b', streamOf('x'));

    await storage.delete('a/b');
    await storage.delete('a/b');

    expect(await storage.has('a/b')).toBe(false);
  });

  it.each([
    '',
    '/',
    '../x',
    'a/../b',
    '/etc/passwd',
    'a//b',
    'a/',
    '.hidden',
    'a/.b',
    'a\\b',
    'a b',
    'ü',
    'a\0',
    'x'.repeat(600),
  ])('refuses the key %j', async (key) => {
    const storage = await create();
    const refusal = { code: 'INPUT_INVALID', retry: 'never' };

    await expect(storage.put(key, streamOf('x'))).rejects.toMatchObject(refusal);
    await expect(storage.read(key)).rejects.toMatchObject(refusal);
    await expect(storage.stat(key)).rejects.toMatchObject(refusal);
    await expect(storage.delete(key)).rejects.toMatchObject(refusal);
  });

  it.each([{ start: -1 }, { start: 1.5 }, { start: 5, end: 4 }])('refuses the range %j', async (range) => {
    const storage = await create();
    await storage.put('x', streamOf('0123456789'));

    await expect(storage.read('x', { range })).rejects.toBeInstanceOf(AppError);
  });
}

/** A stream of the given bytes, in several chunks. */
function streamOf(content: string | Uint8Array): Readable {
  const bytes = Buffer.from(content);
  const middle = Math.floor(bytes.length / 2);
  return Readable.from([bytes.subarray(0, middle), bytes.subarray(middle)]);
}
