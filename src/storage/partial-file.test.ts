import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { PartialFile } from './partial-file.ts';

describe('PartialFile', () => {
  it('holds what was appended since the last restart, with its hash', async () => {
    const folder = await temporaryFolder();
    const sizes = fc.array(fc.nat(700_000), { maxLength: 6 });

    await fc.assert(
      fc.asyncProperty(sizes, sizes, fc.boolean(), async (before, after, restarts) => {
        const file = await PartialFile.create(folder);
        const kept: Buffer[] = [];
        const append = async (size: number, index: number) => {
          const chunk = Buffer.alloc(size, index + 1);
          kept.push(chunk);
          await file.append(chunk);
        };
        for (const [index, size] of before.entries()) await append(size, index);
        if (restarts) {
          await file.restart();
          kept.length = 0;
        }
        for (const [index, size] of after.entries()) await append(size, index + 100);

        const sha256 = await file.finish();
        const expected = Buffer.concat(kept);
        expect((await readFile(file.path)).equals(expected)).toBe(true);
        expect(file.bytes).toBe(expected.length);
        expect(sha256).toBe(createHash('sha256').update(expected).digest('hex'));
        await file.discard();
      }),
      { numRuns: 25 },
    );

    expect(await readdir(folder)).toEqual([]);
  });
});
