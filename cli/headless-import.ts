import { access, constants, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Context } from '../src/context.ts';
import { isAppError } from '../src/errors/app-error.ts';
import { reportText } from '../src/imports/report-text.ts';
import type { ImportReport } from '../src/imports/types.ts';
import { CommandFailure, exitCodes } from './failure.ts';
import { ledgerAddsUp, showProgress } from './output/import-view.ts';

export interface HeadlessImport {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** What the school is called in lists. */
  readonly label: string;
  /** Addresses of the school's own pages; see `saveConnection`. */
  readonly schoolUrls?: string;
  readonly courseId: string;
  readonly overwriteEdits?: boolean;
  readonly jsonFile: string | undefined;
  /** Ends the watching; the import itself goes on when the platform runs again. */
  readonly signal: AbortSignal;
}

/**
 * Requests an import, shows it to its end and prints the report. An import of the same course that is under way already, or
 * that a crash left under way, is followed instead of started twice.
 *
 * The environment has to be a platform's (see `Platform.processEnv`) before this is called: what it uses reads it once.
 */
export async function runHeadlessImport(options: HeadlessImport): Promise<ImportReport> {
  const [{ closeContext, getContext }, { saveConnection }, { findActiveImport, startImport }] =
    await Promise.all([
      import('../src/context.ts'),
      import('../src/accounts/connections.ts'),
      import('../src/imports/start.ts'),
    ]);
  const context = getContext();
  try {
    const connection = await saveConnection(context.database, {
      organisationId: context.organisationId,
      apiUrl: options.apiUrl,
      apiKey: options.apiKey,
      label: options.label,
      schoolUrls: options.schoolUrls ?? '',
    });
    const importId = await startImport(context, {
      connectionId: connection.id,
      sourceCourseId: options.courseId,
      overwriteEdits: options.overwriteEdits ?? false,
    }).then(
      (started) => {
        process.stderr.write(`courseport: started ${started.importId}\n`);
        return started.importId;
      },
      async (error) => {
        const activeId = isAppError(error, 'CONFLICT')
          ? await findActiveImport(context, options.courseId)
          : null;
        if (activeId === null) throw error;
        process.stderr.write(`courseport: following ${activeId}, which is under way already\n`);
        return activeId;
      },
    );

    const report = await followToEnd(context, importId, options.signal);
    if (options.jsonFile !== undefined) {
      await writeFile(options.jsonFile, `${JSON.stringify(report, null, 2)}\n`);
    }
    return report;
  } finally {
    await closeContext();
  }
}

/**
 * Shows an import until it ends or is paused, and prints its report.
 *
 * @param signal ends the watching early; the promise then rejects with its reason
 */
export async function followToEnd(
  context: Context,
  importId: string,
  signal: AbortSignal,
): Promise<ImportReport> {
  const [{ watchImport }, { getReport }] = await Promise.all([
    import('../src/imports/watch.ts'),
    import('../src/imports/report.ts'),
  ]);
  const { status, pauseReason } = await showProgress((onProgress) =>
    watchImport(context, importId, { onProgress, signal, untilPaused: true }),
  );
  const report = await getReport(context, importId);
  process.stdout.write(reportText(report));
  if (status === 'paused') {
    process.stderr.write(
      `courseport: paused; ${firstThen(importId, pauseReason)}"courseport imports resume ${importId}" goes on\n`,
    );
  }
  return report;
}

/** What a person can do first about an import that paused by itself. */
function firstThen(importId: string, pauseReason: string | null): string {
  switch (pauseReason) {
    case 'SOURCE_KEY_REJECTED':
      return `give its school a new key by "courseport imports replace-key ${importId}", then `;
    case 'SOURCE_QUOTA_EXHAUSTED':
      return `if the plan includes more calls, say so by "courseport imports monthly-calls ${importId} CALLS", then `;
    default:
      return '';
  }
}

/**
 * Asked before the work, not after it.
 *
 * @throws {CommandFailure} when no report can be written to the file
 */
export async function assertReportWritable(file: string): Promise<void> {
  await access(dirname(resolve(file)), constants.W_OK).catch(() => {
    throw new CommandFailure(
      `Cannot write the report to ${file}: its folder does not exist or is not writable`,
    );
  });
}

/** What the shell is told about an import that has ended. */
export function exitCodeOf(report: ImportReport): number {
  if (!ledgerAddsUp(report)) return exitCodes.failed;
  if (report.import.status === 'completed') return exitCodes.done;
  return report.import.status === 'partial' ? exitCodes.partial : exitCodes.failed;
}
