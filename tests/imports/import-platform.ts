import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Faults, type School, type Simulator, startSimulator } from '../../simulator/main.ts';
import type { Context } from '../../src/context.ts';
import type { ImportProgress, ImportReport } from '../../src/imports/types.ts';
import { startTestPlatform, type TestPlatform } from '../support/engine.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait.ts';

export const courses = { sample: '510001', edgeCases: '510002', empty: '510003' } as const;

export interface ImportPlatform extends TestPlatform {
  readonly simulator: Simulator;
  readonly context: Context;
  readonly connectionId: string;
  readonly dataDir: string;
  /** School and budget as they were at the start. */
  reset(): Promise<void>;
  start(sourceCourseId: string): Promise<string>;
  /** Follows an import to its end and gives its report, with every run of it. */
  finish(importId: string): Promise<ImportReport>;
  /** Starts an import and follows it to its end. */
  importCourse(sourceCourseId: string): Promise<ImportReport>;
}

/** A school without limits, which says so, so that the budget does not pace the tests. */
export const quickSchool: Partial<Faults> = { rateLimit: 6_000, rateLimitHeaders: 'always' };

/**
 * The whole import engine on real neighbours: simulated school, embedded engine, worker, database, storage. Once per file, and
 * the file may import of `src/` only types, or dynamically after this (see `startTestPlatform`).
 */
export async function startImportPlatform(
  options: {
    readonly school?: School;
    readonly env?: Readonly<Record<string, string>>;
    /** Nobody works: the test calls the stages itself. */
    readonly idle?: boolean;
  } = {},
): Promise<ImportPlatform> {
  const simulator = await startSimulator({
    port: 0,
    faults: quickSchool,
    ...(options.school ? { school: options.school } : {}),
  });
  afterAll(() => simulator.stop());
  const dataDir = await temporaryFolder();
  const platform = await startTestPlatform({
    jobs: async () =>
      options.idle
        ? [(await import('../../src/jobs/outbox.job.ts')).sweepOutboxJob]
        : (await import('../../src/registry.ts')).jobs,
    env: { DATA_DIR: dataDir, ALLOWED_PRIVATE_HOSTS: simulator.allowedHosts.join(','), ...options.env },
  });

  const { getContext, closeContext } = await import('../../src/context.ts');
  const { startImport } = await import('../../src/imports/start.ts');
  const context = getContext();
  afterAll(closeContext);
  const connectionId = await connectSchool(context, simulator.apiUrl, 'sim-key');
  const start = async (sourceCourseId: string) =>
    (await startImport(context, { connectionId, sourceCourseId })).importId;
  const finish = async (importId: string) => {
    await followImport(context, importId);
    return settledReport(context, importId);
  };
  async function reset(): Promise<void> {
    simulator.reset();
    const { budgets } = await import('../../src/db/schema/index.ts');
    await context.database.delete(budgets);
  }
  return {
    ...platform,
    reset,
    simulator,
    context,
    connectionId,
    dataDir,
    start,
    finish,
    importCourse: async (sourceCourseId) => finish(await start(sourceCourseId)),
  };
}

/** Connects a simulated school. */
export async function connectSchool(
  context: Context,
  apiUrl: string,
  apiKey: string,
  schoolUrls = '',
): Promise<string> {
  const { saveConnection } = await import('../../src/accounts/connections.ts');
  const { organisationId, database } = context;
  const { id } = await saveConnection(database, {
    organisationId,
    apiUrl,
    apiKey,
    label: 'Test school',
    schoolUrls,
  });
  return id;
}

/** Watches an import until it is final. */
export async function followImport(context: Context, importId: string): Promise<ImportProgress> {
  const { watchImport } = await import('../../src/imports/watch.ts');
  return watchImport(context, importId, { pollMs: 50, signal: AbortSignal.timeout(60_000) });
}

/** The report once the last runs have told that they ended, which may be a moment after the import did. */
async function settledReport(context: Context, importId: string): Promise<ImportReport> {
  const { getReport } = await import('../../src/imports/report.ts');
  return waitFor(
    async () => {
      const report = await getReport(context, importId);
      const jobs = report.kinds
        .filter(({ kind }) => kind === 'course' || kind === 'lesson' || kind === 'asset')
        .reduce((sum, { found }) => sum + found, 0);
      const failed = report.import.status === 'failed' || report.import.status === 'cancelled';
      return failed || report.engine.runs >= jobs + 1 ? report : null;
    },
    { what: 'the runs of the import to end' },
  );
}

/** What a report counts for one kind. */
export function kindOf(report: ImportReport, kind: ImportReport['kinds'][number]['kind']) {
  const counts = report.kinds.find((entry) => entry.kind === kind);
  if (!counts) throw new Error(`The report has no kind "${kind}"`);
  return counts;
}

/** Exports a course into a folder of its own. */
export async function exportTo(context: Context, courseId: string): Promise<string> {
  const { exportCourse } = await import('../../src/courses/export.ts');
  const folder = join(await temporaryFolder(), 'export');
  await exportCourse(context, { courseId, outDir: folder });
  return folder;
}
