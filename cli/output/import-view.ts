import { Listr } from 'listr2';
import type { ImportProgress, ImportReport } from '../../src/imports/types.ts';
import { formatBytes, progressBars, progressLine } from './bars.ts';

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

const maxIssuesShown = 20;

/** The report for people, as a table with what should be looked at. */
export function reportText(report: ImportReport): string {
  const header = ['', 'found', 'imported', 'unchanged', 'skipped', 'failed'];
  const rows = report.kinds.map((kind) => [
    kind.kind,
    ...[kind.found, kind.imported, kind.unchanged, kind.skipped, kind.failed].map(String),
  ]);
  const table = [header, ...rows].map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(8) : cell.padStart(10))).join(''),
  );
  const { status, durationMs } = report.import;
  const duration = durationMs === null ? '' : ` in ${(durationMs / 1000).toFixed(1)} s`;
  const issues = report.issues
    .slice(0, maxIssuesShown)
    .map((issue) => `  ${issue.severity.padEnd(8)}${issue.message}`);
  const more = report.issues.length - maxIssuesShown;

  return [
    `${report.course.title ?? `Course ${report.course.sourceId}`}: ${status}${duration}`,
    '',
    ...table,
    '',
    `${report.source.calls} calls to the school's API (${report.source.rateLimited} refused for the rate), ` +
      `${report.assets.count} assets with ${formatBytes(report.assets.bytes)} (${report.assets.deduplicated} were there already), ` +
      `${report.engine.runs} runs with ${report.engine.steps} steps`,
    ...(issues.length === 0 ? [] : ['', 'To look at:', ...issues]),
    ...(more > 0 ? [`  … and ${more} more, all in the JSON report`] : []),
    '',
  ].join('\n');
}
