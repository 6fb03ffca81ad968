import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestPlatform, type TestPlatform } from '../../tests/support/engine.ts';
import { defineEvent } from './define-event.ts';
import type { Job } from './job-types.ts';
import type { EndedRun } from './run-middleware.ts';

/** What the jobs below saw, by the name that each event carries. */
const seen = { ends: [] as Array<EndedRun & { readonly name: string }>, bodies: [] as string[] };
const endsOf = (name: string) => seen.ends.filter((end) => end.name === name);

const stepsAsked = defineEvent('test/steps.asked', z.object({ name: z.string() }));
const endAsked = defineEvent(
  'test/end.asked',
  z.object({ name: z.string(), endFails: z.enum(['once', 'always']) }),
);

async function defineTestJobs(): Promise<readonly Job[]> {
  const { defineJob } = await import('./define-job.ts');
  return [
    defineJob(
      {
        id: 'test-steps',
        on: stepsAsked,
        retries: 0,
        onEnd: async ({ data, runId, jobId, steps }) =>
          void seen.ends.push({ name: data.name, runId, jobId, steps }),
      },
      async ({ event, step, log, attempt, maxAttempts }) => {
        const body = (id: string) => () => {
          seen.bodies.push(id);
          log.info(`in ${id}`);
        };
        log.info('at the start');
        await step.run('first', body('first'));
        await step.sleep('nap', '1s');
        log.info('between');
        await Promise.all([step.run('left', body('left')), step.run('right', body('right'))]);
        log.info('at the end');
        return { name: event.data.name, attempt, maxAttempts };
      },
    ),
    defineJob(
      {
        id: 'test-end',
        on: endAsked,
        retries: 1,
        async onEnd({ data, ...run }) {
          seen.ends.push({ ...run, name: data.name });
          if (data.endFails === 'always' || endsOf(data.name).length === 1) throw new Error('The end fails');
        },
      },
      async ({ step }) => ({ done: await step.run('work', () => true) }),
    ),
  ];
}

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ jobs: defineTestJobs });
});

const linesOf = (runId: string) => platform.log.filter((line) => line.runId === runId);

describe('a run that is replayed', () => {
  it('runs each step once, logs each line once, and counts its steps', async () => {
    const run = await platform.run(stepsAsked.create({ name: 'steps' }));

    expect(run).toMatchObject({ status: 'Completed', output: { name: 'steps', attempt: 0, maxAttempts: 1 } });
    expect(seen.bodies.toSorted()).toEqual(['first', 'left', 'right']);
    expect(seen.ends.filter(({ name }) => name === 'steps')).toEqual([
      { name: 'steps', runId: run.run_id, jobId: 'test-steps', steps: 4 },
    ]);
    const lines = linesOf(run.run_id).filter(({ level }) => level === 'info');
    expect(lines.map(({ msg }) => msg).toSorted()).toEqual([
      'Run finished',
      'Run started',
      'at the end',
      'at the start',
      'between',
      'in first',
      'in left',
      'in right',
    ]);
    expect(lines.find(({ msg }) => msg === 'in left')).toMatchObject({ step: 'left', jobId: 'test-steps' });
    expect(lines.find(({ msg }) => msg === 'Run finished')?.durationMs).toBeGreaterThan(0);
    expect(linesOf(run.run_id).filter(({ msg }) => msg === 'Step finished')).toHaveLength(3);
  });
});

describe('onEnd', () => {
  it('that fails is called again, and the run does not suffer', async () => {
    const run = await platform.run(endAsked.create({ name: 'end-once', endFails: 'once' }));

    expect(run).toMatchObject({ status: 'Completed', output: { done: true } });
    const end = { name: 'end-once', runId: run.run_id, jobId: 'test-end', steps: 1 };
    expect(endsOf('end-once')).toEqual([end, end]);
  });

  it('that keeps failing is given up and logged, and the run does not suffer', async () => {
    const run = await platform.run(endAsked.create({ name: 'end-always', endFails: 'always' }));

    expect(run.status).toBe('Completed');
    expect(endsOf('end-always')).toHaveLength(2);
    expect(linesOf(run.run_id).filter(({ level }) => level === 'error')).toMatchObject([
      { msg: 'The end of the run could not be noted', err: { message: 'The end fails' } },
    ]);
  });
});
