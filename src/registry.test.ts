import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Job } from './jobs/job-types.ts';
import { jobs } from './registry.ts';

type ModuleExports = Readonly<Record<string, unknown>>;

describe('the registry', () => {
  it('lists every job of every *.job.ts file, each once and under an id of its own', async () => {
    const modules = await importJobFiles(fileURLToPath(new URL('.', import.meta.url)));

    expect(Object.keys(modules).length).toBeGreaterThan(0);
    expect(findProblems(modules, jobs)).toEqual([]);
  });

  it('names each function after its job', () => {
    for (const job of jobs) {
      expect(job.functions.map((fn) => fn.id())).toEqual(
        [job.id, `${job.id}-failure`].slice(0, job.functions.length),
      );
    }
  });
});

describe('the check itself', () => {
  const one: Job = { id: 'one', functions: [] };
  const two: Job = { id: 'two', functions: [] };

  it('is content with a complete list', () => {
    expect(findProblems({ 'one.job.ts': { one, limit: 5 }, 'two.job.ts': { two } }, [one, two])).toEqual([]);
  });

  it('finds a job that is not registered', () => {
    expect(findProblems({ 'one.job.ts': { one }, 'two.job.ts': { two } }, [one])).toEqual([
      'two.job.ts: job "two" is not in src/registry.ts, add it there',
    ]);
  });

  it('finds two jobs with one id', () => {
    const double: Job = { id: 'one', functions: [] };

    expect(findProblems({ 'one.job.ts': { one }, 'double.job.ts': { double } }, [one, double])).toEqual([
      'job id "one" is used 2 times, give each job its own',
    ]);
  });

  it('finds a job file without a job, and a registered job without a file', () => {
    expect(findProblems({ 'one.job.ts': { one: () => one } }, [one])).toEqual([
      'one.job.ts: exports no job, export what defineJob returns',
      'job "one" is in src/registry.ts and in no *.job.ts file, move it into one',
    ]);
  });
});

async function importJobFiles(root: string): Promise<Record<string, ModuleExports>> {
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.job.ts'));
  const modules = files.map(async (file): Promise<[string, ModuleExports]> => {
    return [file, await import(pathToFileURL(join(root, file)).href)];
  });
  return Object.fromEntries(await Promise.all(modules));
}

function findProblems(
  modules: Readonly<Record<string, ModuleExports>>,
  registered: readonly Job[],
): string[] {
  const exported = Object.entries(modules).map(([file, values]) => ({
    file,
    jobs: Object.values(values).filter(isJob),
  }));
  const all = exported.flatMap((module) => module.jobs);
  const ids = registered.map((job) => job.id);
  return [
    ...exported
      .filter((module) => module.jobs.length === 0)
      .map(({ file }) => `${file}: exports no job, export what defineJob returns`),
    ...exported.flatMap(({ file, jobs }) =>
      jobs
        .filter((job) => !registered.includes(job))
        .map((job) => `${file}: job "${job.id}" is not in src/registry.ts, add it there`),
    ),
    ...registered
      .filter((job) => !all.includes(job))
      .map((job) => `job "${job.id}" is in src/registry.ts and in no *.job.ts file, move it into one`),
    ...[...new Set(ids)]
      .filter((id) => ids.indexOf(id) !== ids.lastIndexOf(id))
      .map(
        (id) =>
          `job id "${id}" is used ${ids.filter((other) => other === id).length} times, give each job its own`,
      ),
  ];
}

function isJob(value: unknown): value is Job {
  return typeof value === 'object' && value !== null && 'id' in value && 'functions' in value;
}
