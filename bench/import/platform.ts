import { setTimeout as delay } from 'node:timers/promises';
import { allowPrivateHosts, privateHostsOf } from '../../cli/local-hosts.ts';
import { type Platform, startPlatform } from '../../cli/supervisor/platform.ts';
import { organisations } from '../../src/db/schema/index.ts';
import { readEnv } from '../../src/env.ts';
import type { ImportReport } from '../../src/imports/types.ts';
import { newId } from '../../src/lib/ids.ts';
import { usageOf } from '../engine/processes.ts';
import { apiKey, type BenchSchool, courseId } from './schools.ts';

export interface MeasuredImport {
  readonly durationMs: number;
  readonly report: ImportReport;
  /** Resident memory of the processes: before the import, and the most of it meanwhile. */
  readonly memory: Readonly<
    Record<'engine' | 'worker', { readonly idleBytes: number; readonly peakBytes: number }>
  >;
  /** CPU time that the processes took. */
  readonly cpuMs: Readonly<Record<'engine' | 'worker', number>>;
}

/** A platform as `courseport import` starts it: PostgreSQL, engine and worker in processes of their own. */
export class BenchPlatform {
  readonly #platform: Platform;

  private constructor(platform: Platform) {
    this.#platform = platform;
  }

  static async start(dataDir: string, schools: readonly BenchSchool[]): Promise<BenchPlatform> {
    const hosts = schools.flatMap(({ apiUrl }) => privateHostsOf(apiUrl));
    const platform = await startPlatform({
      command: 'npm run bench',
      env: { ...readEnv({}), DATA_DIR: dataDir },
      host: 'worker',
      ports: { host: 0, engine: 0 },
      portFallback: true,
      extraEnv: { ALLOWED_PRIVATE_HOSTS: allowPrivateHosts([], hosts), LOG_LEVEL: 'warn' },
      logToFiles: true,
      onGivenUp: (message) => process.stderr.write(`${message}\n`),
    });
    Object.assign(process.env, platform.processEnv);
    return new BenchPlatform(platform);
  }

  async stop(): Promise<void> {
    const { closeContext } = await import('../../src/context.ts');
    await closeContext();
    await this.#platform.stop();
  }

  async importCourse(school: BenchSchool): Promise<MeasuredImport> {
    const [{ getContext }, { saveConnection }, { startImport }, { watchImport }, { getReport }] =
      await Promise.all([
        import('../../src/context.ts'),
        import('../../src/accounts/connections.ts'),
        import('../../src/imports/start.ts'),
        import('../../src/imports/watch.ts'),
        import('../../src/imports/report.ts'),
      ]);
    // Generated schools have the same ids: each belongs to an organisation of its own.
    const organisationId = newId('organisation');
    const context = getContext(organisationId);
    const { database } = context;
    await database.insert(organisations).values({ id: organisationId, name: school.apiUrl });
    const { id: connectionId } = await saveConnection(database, {
      organisationId,
      apiUrl: school.apiUrl,
      apiKey,
      label: 'bench',
    });
    const memory = await this.#watchMemory();
    const cpuBefore = await this.#cpuMs();
    const { importId } = await startImport(context, { connectionId, sourceCourseId: courseId });
    await watchImport(context, importId, { pollMs: 500 });
    const report = await getReport(context, importId);
    if (report.import.status !== 'completed')
      throw new Error(
        `The import of ${school.apiUrl} is ${report.import.status}: ${JSON.stringify(report.issues.slice(0, 3))}`,
      );
    const cpuAfter = await this.#cpuMs();
    const cpuMs = {
      engine: cpuAfter.engine - cpuBefore.engine,
      worker: cpuAfter.worker - cpuBefore.worker,
    };
    return { durationMs: report.import.durationMs ?? 0, report, memory: memory.stop(), cpuMs };
  }

  get #pids() {
    return { engine: this.#platform.pids.engine ?? null, worker: this.#platform.pids.host ?? null };
  }

  async #cpuMs() {
    const pids = this.#pids;
    return {
      engine: (await usageOf(pids.engine))?.cpuMs ?? 0,
      worker: (await usageOf(pids.worker))?.cpuMs ?? 0,
    };
  }

  async #watchMemory() {
    const pids = this.#pids;
    const read = async () => ({
      engine: (await usageOf(pids.engine))?.residentBytes ?? 0,
      worker: (await usageOf(pids.worker))?.residentBytes ?? 0,
    });
    const idle = await read();
    const peak = { ...idle };
    const done = new AbortController();
    void (async () => {
      while (!done.signal.aborted) {
        const now = await read();
        peak.engine = Math.max(peak.engine, now.engine);
        peak.worker = Math.max(peak.worker, now.worker);
        await delay(200, undefined, { signal: done.signal }).catch(() => undefined);
      }
    })();
    return {
      stop: () => {
        done.abort();
        return {
          engine: { idleBytes: idle.engine, peakBytes: peak.engine },
          worker: { idleBytes: idle.worker, peakBytes: peak.worker },
        };
      },
    };
  }
}
