import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { readmeCommand } from '../support/readme.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// A few runs and lessons only: whether it works, not how fast.
const quickly = [
  ['engine', ['--runs', '20', '--rounds', '1'], /"throughput": \d/],
  ['import', ['--scenarios', 'nothing', '--lessons', '3'], /"lessonsPerSecond": \d/],
] as const;

describe('npm run bench', () => {
  it.each(quickly)(
    '%s measures and writes its figures',
    { timeout: 240_000 },
    async (name, options, figure) => {
      const dataDir = await temporaryFolder();
      const file = join(dataDir, 'bench.json');

      const words = [...readmeCommand('npm run bench'), '--', name, ...options, '--json', file];
      const { exitCode, output } = await runCommand(words, { dataDir });

      expect(exitCode, output).toBe(0);
      const text = await readFile(file, 'utf8');
      expect(JSON.parse(text)).toBeTypeOf('object');
      expect(text).toMatch(figure);
    },
  );
});
