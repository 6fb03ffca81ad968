import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A file with one import, and the words of the message that the linter answers with; null where it has to be content. */
const samples: ReadonlyArray<readonly [file: string, importLine: string, message: string | null]> = [
  ['src/lib/a.ts', "import { a } from '../db/client.ts';", 'lowest layer'],
  ['src/http/a.ts', "import { a } from '../jobs/log.ts';", 'lowest layer'],
  ['src/errors/a.ts', "import type { A } from '../courses/types.ts';", 'lowest layer'],
  ['src/db/schema/a.ts', "import { a } from '../../imports/states.ts';", 'no jobs and no domain'],
  ['src/storage/a.ts', "export { a } from '../jobs/outbox.ts';", 'no jobs and no domain'],
  ['src/jobs/a.ts', "import { a } from '../sources/types.ts';", 'Jobs know no domain'],
  ['src/jobs/b.ts', "import { a } from '../context.ts';", 'Jobs know no domain'],
  ['src/jobs/c.ts', "import { a } from '../registry.ts';", 'Jobs know no domain'],
  ['src/courses/a.ts', "import { a } from '../imports/start.ts';", 'know imports'],
  ['src/sources/teachable/a.ts', "export const a = import('../../imports/start.ts');", 'know imports'],
  ['src/imports/a.ts', "import { a } from '../../app/page.tsx';", 'who calls it'],
  ['src/imports/b.ts', "import { a } from '../../engine/main.ts';", 'who calls it'],
  ['src/context.ts', "import { a } from '../cli/main.ts';", 'who calls it'],
  ['engine/a.ts', "import { a } from '../src/errors/app-error.ts';", 'any Inngest app'],
  ['engine/store/a.ts', "import { a } from '../../src/lib/ids.ts';", 'any Inngest app'],
  ['simulator/a.ts', "import { a } from '../src/sources/types.ts';", "somebody else's server"],
  ['app/a.ts', "import { Inngest } from 'inngest';", 'one Inngest client'],
  ['src/imports/c.ts', "import { Inngest as Client } from 'inngest';", 'one Inngest client'],
  ['src/jobs/d.ts', "import { Inngest } from 'inngest';", 'one Inngest client'],
  ['src/jobs/client.ts', "import { Inngest } from 'inngest';", null],
  ['src/jobs/e.ts', "import { NonRetriableError } from 'inngest';", null],
  ['src/jobs/f.ts', "import { a } from '../db/client.ts';", null],
  ['src/db/schema/b.ts', "import { a } from './courses.ts';", null],
  ['src/imports/d.ts', "import { a } from '../courses/types.ts';", null],
  ['src/courses/b.test.ts', "import { a } from '../../simulator/main.ts';", null],
  ['src/registry.ts', "import { a } from './imports/jobs/finish.job.ts';", null],
  ['app/b.ts', "import { a } from '../src/registry.ts';", null],
  ['tests/contracts/a.test.ts', "import { a } from '../../engine/main.ts';", 'by their URL only'],
  ['tests/contracts/support/a.ts', "import { a } from '../../support/database.ts';", 'by their URL only'],
  ['tests/contracts/b.test.ts', "import { a } from './support/sdk-app.ts';", null],
  ['tests/contracts/server-under-test.ts', "import { a } from '../../engine/main.ts';", null],
  ['tests/engine/a.test.ts', "import { a } from '../../engine/main.ts';", null],
];

interface Finding {
  readonly category: string;
  readonly message: string;
  readonly location: { readonly path: string };
}

let findings: readonly Finding[];
beforeAll(async () => {
  const folder = await temporaryFolder();
  const config = JSON.parse(await readFile(join(root, 'biome.json'), 'utf8'));
  await writeFile(join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }));
  for (const [file, importLine] of samples) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), `${importLine}\n`);
  }
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [
    biome,
    'lint',
    '--only=style/noRestrictedImports',
    '--reporter=json',
    '--max-diagnostics=none',
    '.',
  ];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  findings = JSON.parse(stdout).diagnostics;
});

it.each(samples)('%s: %s', (file, _importLine, message) => {
  const told = findings
    .filter(
      ({ category, location }) =>
        category === 'lint/style/noRestrictedImports' && location.path.endsWith(file),
    )
    .map((finding) => finding.message);

  expect(told).toEqual(message === null ? [] : [expect.stringContaining(message)]);
});
