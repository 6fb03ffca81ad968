import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineFacts } from '../engine/machine.ts';
import { round } from '../engine/measure.ts';
import { runBareScript } from './bare-script.ts';
import { BenchPlatform, type MeasuredImport } from './platform.ts';
import { type BenchSchool, startSchool } from './schools.ts';

const { values } = parseArgs({
  options: {
    lessons: { type: 'string', default: '100,1000,10000' },
    scenarios: { type: 'string', default: 'nothing,latency,limit,bandwidth,loopback' },
    json: { type: 'string' },
  },
});
const sizes = values.lessons.split(',').map(Number);
const wanted = values.scenarios.split(',');
/** Lessons, and assets, that the import engine works on at once for a school. */
const atOnce = 4;
/** Says that it has no limit worth mentioning, so that the budget does not pace. */
const unlimited = { rateLimit: 6_000, rateLimitHeaders: 'always' } as const;
const small = { videos: 0, fileBytes: 1_000 };
const large = { lessons: 16, videos: 0, images: 0, files: 1, fileBytes: 50_000_000 };

/** Each starts its schools, and says then how to measure them on a platform. */
const scenarios: Readonly<
  Record<string, () => Promise<{ schools: BenchSchool[]; measure(platform: BenchPlatform): Promise<object> }>>
> = {
  /** Nothing in the way: no latency, tiny files. */
  async nothing() {
    const [warmUp, ...schools] = await Promise.all(
      // Node has compiled what matters when the first figure is taken.
      [Math.min(100, ...sizes), ...sizes].map((lessons) => startSchool({ lessons, ...small }, unlimited)),
    );
    return {
      schools: [warmUp, ...schools].filter((school) => school !== undefined),
      async measure(platform) {
        if (warmUp !== undefined) await platform.importCourse(warmUp);
        const results = [];
        for (const school of schools)
          results.push({ lessons: school.lessons, ...figuresOf(await platform.importCourse(school)) });
        const base = results[0]?.msPerLesson ?? 1;
        return results.map((result) => ({ ...result, costRatio: round(result.msPerLesson / base) }));
      },
    };
  },

  /** Every call takes 150 ms. The baseline is a script that does the same without remembering anything. */
  async latency() {
    const school = await startSchool({ lessons: 200, ...small }, { ...unlimited, latencyMs: 150 });
    return {
      schools: [school],
      async measure(platform) {
        const bareMs = await runBareScript(school, atOnce);
        const measured = await platform.importCourse(school);
        return {
          lessons: 200,
          bareMs: Math.round(bareMs),
          ...figuresOf(measured),
          ratio: round(measured.durationMs / bareMs),
        };
      },
    };
  },

  /** The school allows so many calls a minute. The baseline is what no client can beat: calls ÷ rate. */
  async limit() {
    const perMinute = 600;
    const faults = { rateLimit: perMinute, rateLimitHeaders: 'always' } as const;
    const modes = ['fixed', 'sliding'] as const;
    const schools = await Promise.all(
      modes.map((rateLimitMode) =>
        startSchool({ lessons: perMinute * 2, ...small }, { ...faults, rateLimitMode }),
      ),
    );
    return {
      schools,
      async measure(platform) {
        const results = [];
        for (const [index, school] of schools.entries()) {
          const measured = await platform.importCourse(school);
          const { calls, rateLimited } = measured.report.source;
          const boundMs = (calls / perMinute) * 60_000;
          results.push({
            mode: modes[index],
            calls,
            rateLimited,
            boundMs,
            durationMs: measured.durationMs,
            ratio: round(measured.durationMs / boundMs),
          });
        }
        return results;
      },
    };
  },

  /** Few lessons with large files, from a slow host. The baseline is the script above, which only writes them to disk. */
  async bandwidth() {
    const school = await startSchool(large, {
      ...unlimited,
      assetSlow: 'always',
      assetBytesPerSecond: 5_000_000,
    });
    return measureFiles(school);
  },

  /** The same from a host that is as fast as this machine: what hashing, checking and storing cost. */
  async loopback() {
    return measureFiles(await startSchool(large, unlimited));
  },
};

function measureFiles(school: BenchSchool) {
  return {
    schools: [school],
    async measure(platform: BenchPlatform) {
      const bareMs = await runBareScript(school, atOnce);
      const measured = await platform.importCourse(school);
      const { bytes } = measured.report.assets;
      return {
        bytes,
        bareMs: Math.round(bareMs),
        bareMegabytesPerSecond: Math.round(bytes / bareMs / 1_000),
        ...figuresOf(measured),
        megabytesPerSecond: Math.round(bytes / measured.durationMs / 1_000),
        ratio: round(bareMs / measured.durationMs),
      };
    },
  };
}

function figuresOf({ durationMs, report, memory, cpuMs }: MeasuredImport) {
  const lessons = report.kinds.find(({ kind }) => kind === 'lesson')?.found ?? 0;
  return {
    durationMs,
    lessonsPerSecond: round((lessons / durationMs) * 1_000),
    msPerLesson: round(durationMs / lessons),
    cpuMsPerLesson: { engine: round(cpuMs.engine / lessons), worker: round(cpuMs.worker / lessons) },
    memory,
  };
}

const dataDir = await mkdtemp(join(tmpdir(), 'courseport-bench-import-'));
const machine = machineFacts();
const started = [];
const report: Record<string, unknown> = { bench: 'import', at: new Date().toISOString(), machine };
try {
  for (const name of wanted) {
    const scenario = await scenarios[name]?.();
    if (scenario === undefined)
      throw new Error(`Cannot measure "${name}": choose of ${Object.keys(scenarios).join(', ')}`);
    started.push({ name, ...scenario });
  }
  const platform = await BenchPlatform.start(
    join(dataDir, 'data'),
    started.flatMap(({ schools }) => schools),
  );
  try {
    for (const { name, measure } of started) report[name] = await measure(platform);
  } finally {
    await platform.stop();
  }
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (values.json) await writeFile(values.json, text);
  process.stdout.write(text);
} finally {
  for (const { schools } of started) await Promise.all(schools.map((school) => school.process.stop()));
  await rm(dataDir, { recursive: true, force: true });
}
process.exit(0);
