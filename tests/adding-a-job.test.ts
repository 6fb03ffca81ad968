import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = await readFile(join(root, 'docs/adding-a-job.md'), 'utf8');
const files = readCodeBlocks(page);
const copy = await copyHouse(files);
afterAll(() => rm(copy, { recursive: true, force: true }));

describe('the page docs/adding-a-job.md', () => {
  it('names a file in each of its code blocks, tests among them', () => {
    expect(page.match(/^```ts$/gm)).toHaveLength(files.length);
    expect(files.map(({ path }) => path)).toEqual([
      'src/announcements/events.ts',
      'src/announcements/publish-course.ts',
      'src/announcements/announce-course.job.ts',
      'src/announcements/count-lessons.ts',
      'src/announcements/announce-course.test.ts',
    ]);
  });

  it('has code that compiles and that the linter is content with', () => {
    const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', copy], {
      cwd: copy,
      encoding: 'utf8',
    });
    const biome = spawnSync(
      process.execPath,
      [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'check', 'src/announcements'],
      { cwd: copy, encoding: 'utf8' },
    );

    expect(tsc.stdout.split('\n').filter((line) => line.startsWith('src/announcements/'))).toEqual([]);
    expect(`${biome.status} ${biome.stderr}`).toMatch(/^0 /);
  }, 240_000);
});

describe('the example of docs/adding-a-job.md', async () => {
  // Its tests become tests of this file.
  await import(pathToFileURL(join(copy, 'src/announcements/announce-course.test.ts')).href);
});

/** The TypeScript blocks of a page, each with the path that its first line names. */
function readCodeBlocks(markdown: string): ReadonlyArray<{ readonly path: string; readonly code: string }> {
  return [...markdown.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, path = '', code = '']) => ({
    path,
    code,
  }));
}

/** A folder in which the example's files stand beside the house's own, as they would in `src/`. */
async function copyHouse(example: ReturnType<typeof readCodeBlocks>): Promise<string> {
  await mkdir(join(root, '.data'), { recursive: true });
  const folder = await mkdtemp(join(root, '.data/adding-a-job-'));
  await mkdir(join(folder, 'src'));
  for (const entry of ['tests', 'engine']) await symlink(join(root, entry), join(folder, entry));
  for (const entry of await readdir(join(root, 'src'))) {
    await symlink(join(root, 'src', entry), join(folder, 'src', entry));
  }
  for (const { path, code } of example) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), code);
  }
  const config = {
    extends: '../../tsconfig.json',
    include: ['src/announcements/**/*.ts', 'tests/support/global-setup.ts'],
    exclude: [],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const biome = JSON.parse(await readFile(join(root, 'biome.json'), 'utf8'));
  await writeFile(join(folder, 'biome.json'), JSON.stringify({ ...biome, vcs: { enabled: false } }));
  return folder;
}
