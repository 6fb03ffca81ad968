import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { readmeCommand } from '../support/readme.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('npm run bench measures the engine against the null engine and writes the ratios', {
  timeout: 180_000,
}, async () => {
  const dataDir = await temporaryFolder();
  const file = join(dataDir, 'bench.json');

  // A few runs only: whether it works, not how fast.
  const words = [...readmeCommand('npm run bench'), '--', '--runs', '20', '--rounds', '1', '--json', file];
  const { exitCode, output } = await runCommand(words, { dataDir });

  expect(exitCode, output).toBe(0);
  const text = await readFile(file, 'utf8');
  expect(JSON.parse(text)).toBeTypeOf('object');
  expect(text).toMatch(/"throughput": \d/);
});
