import { connections, imports } from '../db/schema/index.ts';
import type { ImportSummary } from './types.ts';

/** The columns of a summary, for queries that join an import with its connection. */
export const summaryColumns = {
  id: imports.id,
  status: imports.status,
  pauseReason: imports.pauseReason,
  rolledBackAt: imports.rolledBackAt,
  title: imports.title,
  sourceCourseId: imports.sourceCourseId,
  courseId: imports.courseId,
  source: imports.source,
  schoolLabel: connections.label,
  requestedAt: imports.requestedAt,
  startedAt: imports.startedAt,
  finishedAt: imports.finishedAt,
};

type SummaryRow = Omit<ImportSummary, 'requestedAt' | 'startedAt' | 'finishedAt' | 'rolledBackAt'> & {
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly rolledBackAt: Date | null;
};

/** Times as texts, for readers outside of the process. */
export function toSummary({
  requestedAt,
  startedAt,
  finishedAt,
  rolledBackAt,
  ...rest
}: SummaryRow): ImportSummary {
  return {
    ...rest,
    requestedAt: requestedAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
    rolledBackAt: rolledBackAt?.toISOString() ?? null,
  };
}
