import { toCsv } from '../lib/csv.ts';
import type { IssueView } from './types.ts';

const header = [
  'severity',
  'code',
  'message',
  'detail',
  'kind',
  'source id',
  'lesson at the school',
  'lesson here',
  'edit at the school',
  'resolved at',
  'resolved by',
];

/** Issues as a table for a spreadsheet; harmless there (see `toCsv`). */
export function issuesCsv(issues: readonly IssueView[]): string {
  return toCsv([
    header,
    ...issues.map(
      ({ severity, code, message, detail, itemKind, sourceId, lesson, resolvedAt, resolvedBy }) => [
        severity,
        code,
        message,
        detail,
        itemKind,
        sourceId,
        lesson?.sourceId ?? null,
        lesson?.path ?? null,
        lesson?.schoolUrl ?? null,
        resolvedAt,
        resolvedBy,
      ],
    ),
  ]);
}
