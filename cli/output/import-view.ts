import { Listr } from 'listr2';
import type { ImportProgress, ImportReport } from '../../src/imports/types.ts';
import { progressBars, progressLine } from './bars.ts';

type Follow = (onProgress: (progress: ImportProgress) => void) => Promise<ImportProgress>;

/**
 * Shows an import until it ends: bars that redraw on a terminal, a line for each change elsewhere. Goes to standard error;
 * standard output is for results.
 */
export async function showProgress(follow: Follow): Promise<ImportProgress> {
  if (!process.stderr.isTTY || !process.stdout.isTTY) return showLines(follow);

  let last: ImportProgress | undefined;
  await new Listr(
    [
      {
        title: 'Reading the course',
        task: async (_context, task) => {
          last = await follow((progress) => {
            task.title = `Importing ${progress.title ?? 'the course'}`;
            task.output = progressBars(progress);
          });
          task.title = `${last.title ?? 'The course'}: ${last.status}`;
        },
        rendererOptions: { outputBar: Number.POSITIVE_INFINITY, persistentOutput: true },
      },
    ],
    { rendererOptions: { removeEmptyLines: false } },
  ).run();
  if (last === undefined) throw new Error('The import ended without a last look at it');
  return last;
}

async function showLines(follow: Follow): Promise<ImportProgress> {
  let shown = '';
  return follow((progress) => {
    const line = progressLine(progress);
    if (line !== shown) process.stderr.write(`${line}\n`);
    shown = line;
  });
}

/** True when every kind of the report adds up. */
export function ledgerAddsUp(report: ImportReport): boolean {
  return (
    report.kinds.length > 0 &&
    report.kinds.every((kind) => kind.found === kind.imported + kind.unchanged + kind.skipped + kind.failed)
  );
}
