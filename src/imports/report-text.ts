import { formatBytes } from '../lib/format-bytes.ts';
import type { ImportReport } from './types.ts';

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
    ...(more > 0 ? [`  … and ${more} more, all on its page and in the JSON report`] : []),
    '',
  ].join('\n');
}
