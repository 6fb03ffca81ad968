import type { ImportProgress, KindCounts } from '../../src/imports/types.ts';
import { formatBytes } from '../../src/lib/format-bytes.ts';

const barWidth = 24;

/** A bar of blocks for `done` of `total`; empty for nothing to do. */
export function bar(done: number, total: number, width = barWidth): string {
  const filled = total === 0 ? 0 : Math.round((Math.min(done, total) / total) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

const plurals: Readonly<Record<KindCounts['kind'], string>> = {
  course: 'course',
  section: 'sections',
  lesson: 'lessons',
  block: 'blocks',
  quiz: 'quizzes',
  asset: 'assets',
};

function doneOf(counts: KindCounts): number {
  return counts.imported + counts.unchanged + counts.skipped + counts.failed;
}

/** One line for each kind, for a terminal that can redraw. */
export function progressBars(progress: ImportProgress): string {
  const lines = progress.kinds.map((counts) => {
    const done = doneOf(counts);
    const failed = counts.failed === 0 ? '' : `, ${counts.failed} failed`;
    const size = counts.kind === 'asset' && progress.bytes > 0 ? `  ${formatBytes(progress.bytes)}` : '';
    return `${plurals[counts.kind].padEnd(9)} ${bar(done, counts.found)} ${done}/${counts.found}${failed}${size}`;
  });
  if (progress.waitingUntil !== null)
    lines.push(`waiting for the school's API until ${progress.waitingUntil}`);
  return lines.join('\n');
}

/** The same in one line, for logs. */
export function progressLine(progress: ImportProgress): string {
  const kinds = progress.kinds.map((counts) => {
    const failed = counts.failed === 0 ? '' : ` (${counts.failed} failed)`;
    return `${plurals[counts.kind]} ${doneOf(counts)}/${counts.found}${failed}`;
  });
  const waiting =
    progress.waitingUntil === null ? '' : `, waiting for the school's API until ${progress.waitingUntil}`;
  return `${progress.status}: ${kinds.join(', ')}${waiting}`;
}
