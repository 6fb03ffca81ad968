import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestPlatform, type TestPlatform } from '../../tests/support/engine.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { AppError, type Retry } from '../errors/app-error.ts';
import { defineEvent } from './define-event.ts';
import type { ErrorFacts } from './error-facts.ts';
import type { FailureContext, Job } from './job-types.ts';

/** What the jobs below saw, by the name that each event carries. */
const seen = {
  attempts: [] as Attempt[],
  failures: [] as Failure[],
  ends: [] as End[],
};
interface Attempt {
  readonly name: string;
  readonly attempt: number;
}
interface Failure {
  readonly name: string;
  readonly runId: string;
  readonly eventId: string;
  readonly error: ErrorFacts;
}
interface End {
  readonly name: string;
  readonly runId: string;
  readonly jobId: string;
  readonly steps: number;
}

const named = z.object({
  name: z.string(),
  importId: z.string().optional(),
  organisationId: z.string().optional(),
});
const flakyTried = defineEvent(
  'test/flaky.tried',
  named.extend({ where: z.enum(['step', 'handler', 'caught']) }),
);
const waitAsked = defineEvent('test/wait.asked', named);
const waitCancelled = defineEvent('test/wait.cancelled', z.object({ name: z.string() }));

const retries: Record<string, Retry> = { never: 'never', later: 'later' };

/** Fails with the error that the event's name asks for: "never-…", "later-…"; others fail unexpectedly. */
function fail(name: string, attempt: number): never {
  seen.attempts.push({ name, attempt });
  const retry = retries[name.split('-')[0] ?? ''];
  if (retry === undefined)
    throw new TypeError(`Unexpected, with https://cdn.example.com/x?token=s3cr3t-${name}`);
  throw new AppError({
    code: 'SOURCE_UNAVAILABLE',
    message: `Cannot read "${name}": the API answered 503`,
    publicMessage: 'Teachable is not reachable.',
    retry,
  });
}

async function defineTestJobs(): Promise<readonly Job[]> {
  const { defineJob } = await import('./define-job.ts');
  const onFailure = async ({
    data,
    error,
    runId,
    event,
    step,
  }: FailureContext<{ readonly name: string }>) => {
    await step.run(
      'settle',
      () => void seen.failures.push({ name: data.name, runId, eventId: event.id, error }),
    );
  };
  return [
    defineJob(
      {
        id: 'test-flaky',
        on: flakyTried,
        retries: 2,
        resource: ({ name }) => ({ type: 'lesson', id: name }),
        onFailure,
        onEnd: async ({ data, runId, jobId, steps }) =>
          void seen.ends.push({ name: data.name, runId, jobId, steps }),
      },
      async ({ event, step, attempt }) => {
        const { name, where } = event.data;
        if (where === 'handler') fail(name, attempt);
        await step.run('prepare', () => 'ready');
        const reading = step.run('read', () => fail(name, attempt));
        if (where === 'step') await reading;
        return { caught: await reading.then(() => false).catch(() => true) };
      },
    ),
    defineJob(
      {
        id: 'test-wait',
        on: waitAsked,
        retries: 0,
        onFailure,
        cancelOn: [{ event: waitCancelled, match: 'data.name' }],
      },
      async ({ step }) => {
        await step.sleep('long', '1h');
        return undefined;
      },
    ),
  ];
}

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ jobs: defineTestJobs, retryIntervalMs: 20 });
});

const attemptsOf = (name: string) => seen.attempts.filter((attempt) => attempt.name === name);
const linesOf = (runId: string) => platform.log.filter((line) => line.runId === runId);
const failureOf = (name: string) =>
  waitFor(() => seen.failures.find((failure) => failure.name === name), { what: `the failure of ${name}` });

describe.each(['step', 'handler'] as const)('an error in a %s', (where) => {
  it('that never heals is not tried again', async () => {
    const name = `never-${where}`;

    const run = await platform.run(flakyTried.create({ name, where }));

    expect(run.status).toBe('Failed');
    expect(attemptsOf(name).map(({ attempt }) => attempt)).toEqual([0]);
  });

  it('that may heal later is tried as often as the job says', async () => {
    const name = `later-${where}`;

    const run = await platform.run(flakyTried.create({ name, where }));

    expect(run.status).toBe('Failed');
    expect(attemptsOf(name).map(({ attempt }) => attempt)).toEqual([0, 1, 2]);
  });

  it('that nobody expected is tried again, and its secrets stay here', async () => {
    const name = `unknown-${where}`;

    const run = await platform.run(flakyTried.create({ name, where }));

    expect(attemptsOf(name)).toHaveLength(3);
    expect((await failureOf(name)).error).toMatchObject({ code: 'UNEXPECTED', name: 'TypeError' });
    expect(JSON.stringify(run.output)).not.toContain('s3cr3t');
  });

  it('reaches onFailure with its code, both messages, the run and the original event', async () => {
    const name = `later-told-${where}`;

    const eventId = await platform.send(flakyTried.create({ name, where }));
    const [run] = await platform.waitForRuns(eventId);

    expect(await failureOf(name)).toEqual({
      name,
      eventId,
      runId: run?.run_id,
      error: {
        code: 'SOURCE_UNAVAILABLE',
        name: expect.any(String),
        message: `Cannot read "${name}": the API answered 503`,
        publicMessage: 'Teachable is not reachable.',
      },
    });
  });

  it('is logged once, at the level of what follows', async () => {
    const name = `later-logged-${where}`;

    const event = flakyTried.create({ name, where, importId: 'imp_1', organisationId: 'org_1' });
    const eventId = await platform.send(event);
    const [run] = await platform.waitForRuns(eventId);
    const lines = linesOf(run?.run_id ?? '').filter(({ err }) => err !== undefined);

    const common = {
      time: expect.stringMatching(/Z$/),
      eventId,
      eventName: 'test/flaky.tried',
      runId: run?.run_id,
      jobId: 'test-flaky',
      resourceType: 'lesson',
      resourceId: name,
      importId: 'imp_1',
      organisationId: 'org_1',
      code: 'SOURCE_UNAVAILABLE',
      ...(where === 'step' ? { step: 'read', durationMs: expect.any(Number) } : {}),
    };
    expect(lines).toMatchObject([
      { ...common, level: 'warn', attempt: 0 },
      { ...common, level: 'warn', attempt: 1 },
      { ...common, level: 'error', attempt: 2 },
    ]);
  });

  it('ends the run for onEnd', async () => {
    const name = `never-ended-${where}`;

    const run = await platform.run(flakyTried.create({ name, where }));

    const steps = where === 'step' ? 2 : 0;
    expect(seen.ends.filter((end) => end.name === name)).toEqual([
      { name, runId: run.run_id, jobId: 'test-flaky', steps },
    ]);
  });
});

it('lets a handler catch the error of a step', async () => {
  const name = 'never-caught';

  const run = await platform.run(flakyTried.create({ name, where: 'caught' }));

  expect(run).toMatchObject({ status: 'Completed', output: { caught: true } });
  expect(seen.failures.some((failure) => failure.name === name)).toBe(false);
});

describe('a wrong payload from outside', () => {
  it.each([
    [
      'a wrong type',
      { name: 5, where: 'step' },
      'data.name: Invalid input: expected string, received number',
    ],
    ['a missing field', { name: 'x-missing' }, 'data.where'],
    ['an unknown field', { name: 'x-unknown', where: 'step', url: 'https://x' }, 'data.url: no such field'],
  ])('is refused before the handler, for good, with the field’s path: %s', async (_what, data, path) => {
    const before = seen.attempts.length;

    const [run] = await platform.waitForRuns(await platform.sendForeign({ name: 'test/flaky.tried', data }));

    expect(run?.status).toBe('Failed');
    expect(JSON.stringify(run?.output)).toContain(path);
    expect(seen.attempts).toHaveLength(before);
    expect(linesOf(run?.run_id ?? '').filter(({ err }) => err)).toMatchObject([
      { level: 'error', code: 'EVENT_INVALID', attempt: 0 },
    ]);
  });
});

describe('cancelOn', () => {
  it('cancels the runs whose field matches, without onFailure', async () => {
    const cancelled = await platform.send(waitAsked.create({ name: 'cancelled' }));
    const other = await platform.send(waitAsked.create({ name: 'other' }));
    await waitFor(
      () =>
        platform.log.filter(({ jobId, msg }) => jobId === 'test-wait' && msg === 'Run started').length === 2,
      {
        what: 'both runs to start',
      },
    );

    await platform.send(waitCancelled.create({ name: 'cancelled' }));

    expect(await platform.waitForRuns(cancelled)).toMatchObject([{ status: 'Cancelled' }]);
    const { data } = await (await platform.get(`/v1/events/${other}/runs`)).json();
    expect(data).toMatchObject([{ status: 'Running' }]);
    expect(seen.failures.some(({ name }) => name === 'cancelled')).toBe(false);
  });
});

describe('defineJob', () => {
  it('refuses an id of another form', async () => {
    const { defineJob } = await import('./define-job.ts');

    for (const id of ['ImportLesson', 'import lesson', 'import_lesson', '-import', '']) {
      expect(() => defineJob({ id, on: waitAsked, retries: 0 }, async () => undefined)).toThrow('kebab-case');
    }
  });

  it('does not compile with fields that the payload does not have', async () => {
    const { defineJob } = await import('./define-job.ts');
    const handler = async () => undefined;
    const base = { id: 'test-types', on: waitAsked, retries: 0 } as const;

    // @ts-expect-error the payload has no lessonId
    defineJob(base, async ({ event }) => ({ id: event.data.lessonId }));
    // @ts-expect-error nor has what a resource is made of
    defineJob({ ...base, resource: ({ lessonId }) => ({ type: 'lesson', id: lessonId }) }, handler);
    // @ts-expect-error nor what a limit is keyed by
    defineJob({ ...base, concurrency: { limit: 1, key: 'event.data.lessonId' } }, handler);
    // @ts-expect-error nor what a cancellation is matched by
    defineJob({ ...base, cancelOn: [{ event: waitCancelled, match: 'data.lessonId' }] }, handler);
    // @ts-expect-error results are small facts
    defineJob(base, async () => ({ lesson: { html: '' } }));
    // @ts-expect-error Inngest allows at most 20
    defineJob({ ...base, retries: 21 }, handler);
    expect(base.id).toBe('test-types');
  });
});
