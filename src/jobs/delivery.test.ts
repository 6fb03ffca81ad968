import { InngestTestEngine } from '@inngest/test';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestPlatform, type TestPlatform } from '../../tests/support/engine.ts';
import { waitFor } from '../../tests/support/wait.ts';
import { AppError } from '../errors/app-error.ts';
import { defineEvent } from './define-event.ts';
import type { Job } from './job-types.ts';

const lessonRead = defineEvent(
  'test/lesson.read',
  z.object({ name: z.string(), where: z.enum(['step', 'handler']) }),
);

/** Names and attempts of the runs' work, in order. */
const work: string[] = [];
const worksOf = (name: string) => work.filter((entry) => entry.startsWith(`${name} `));

function readLesson(name: string, attempt: number): void {
  work.push(`${name} ${attempt}`);
  if (!name.startsWith('limited') || attempt > 0) return;
  throw new AppError({
    code: 'SOURCE_RATE_LIMITED',
    message: `Cannot read "${name}": rate limit reached, next try in 900 ms`,
    publicMessage: 'Teachable asks us to slow down.',
    retry: { afterMs: 900 },
  });
}

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({
    // So long that a test which depends on the engine's own interval does not end.
    retryIntervalMs: 3_600_000,
    async jobs() {
      const { defineJob } = await import('./define-job.ts');
      const { sweepOutboxJob } = await import('./outbox.job.ts');
      const job = defineJob(
        { id: 'test-read-lesson', on: lessonRead, retries: 1 },
        async ({ event, step, attempt }) => {
          const { name, where } = event.data;
          if (where === 'handler') readLesson(name, attempt);
          else await step.run('read', () => readLesson(name, attempt));
          return { name };
        },
      );
      return [job, sweepOutboxJob];
    },
  });
});

describe('an error that says when to come back', () => {
  it.each(['step', 'handler'] as const)(
    'is tried again then, not when the engine would (%s)',
    async (where) => {
      const name = `limited-${where}`;

      const run = await platform.run(lessonRead.create({ name, where }));

      expect(run.status).toBe('Completed');
      expect(worksOf(name)).toEqual([`${name} 0`, `${name} 1`]);
      expect(
        platform.log.filter(({ runId, level }) => runId === run.run_id && level === 'warn'),
      ).toMatchObject([{ code: 'SOURCE_RATE_LIMITED', attempt: 0 }]);
    },
  );
});

describe('an event from the outbox', () => {
  it('starts its job once, although its sender died before, and another one after sending it', async () => {
    const { outbox } = await import('../db/schema/index.ts');
    const { sweepOutbox } = await import('./outbox.ts');
    const { database } = platform;
    const { name, data } = lessonRead.create({ name: 'from-outbox', where: 'step' });
    const sweep = () => sweepOutbox(database, { olderThanMs: 0, limit: 10 });

    await database.insert(outbox).values({ id: 'evt_left', name, data });
    await sweep();
    await database.update(outbox).set({ publishedAt: null });
    await sweep();
    await waitFor(() => worksOf('from-outbox').length > 0, { what: 'the job to start' });
    // By the time that a later event's run has ended, the repeat's would have started.
    await platform.run(lessonRead.create({ name: 'after-outbox', where: 'step' }));

    expect(worksOf('from-outbox')).toEqual(['from-outbox 0']);
  });

  it('starts its job although nobody swept', async () => {
    const { withOutbox } = await import('./outbox.ts');

    await withOutbox(platform.database, async (_transaction, emit) => {
      emit(lessonRead.create({ name: 'emitted', where: 'step' }));
    });

    await waitFor(() => worksOf('emitted').length === 1, { what: 'the job to start' });
  });
});

describe('the sweep of the outbox', () => {
  it('is registered for every minute', async () => {
    const { functions } = await (await platform.get('/dev')).json();

    expect(functions).toContainEqual(
      expect.objectContaining({
        slug: 'courseport-platform-sweep-outbox',
        triggers: [expect.objectContaining({ cron: '* * * * *' })],
      }),
    );
  });

  it('sends what was left half a minute ago, and forgets what was sent a week ago', async () => {
    const { outbox } = await import('../db/schema/index.ts');
    const { sweepOutboxJob } = await import('./outbox.job.ts');
    const { database } = platform;
    const { name, data } = lessonRead.create({ name: 'from-sweep', where: 'step' });
    const longAgo = new Date(Date.now() - 8 * 86_400_000);
    await database.delete(outbox);
    await database.insert(outbox).values([
      { id: 'evt_swept', name, data, createdAt: new Date(Date.now() - 60_000) },
      { id: 'evt_young', name, data },
      { id: 'evt_old', name, data, createdAt: longAgo, publishedAt: longAgo },
    ]);

    const { result } = await runOnce(sweepOutboxJob);

    expect(result).toEqual({ published: 1, failed: 0, forgotten: 1 });
    await waitFor(() => worksOf('from-sweep').length === 1, { what: 'the job to start' });
    const left = await database
      .select({ id: outbox.id, publishedAt: outbox.publishedAt })
      .from(outbox)
      .orderBy(outbox.id);
    expect(left).toEqual([
      { id: 'evt_swept', publishedAt: expect.any(Date) },
      { id: 'evt_young', publishedAt: null },
    ]);
  });
});

it('keeps what the SDK says of itself in the same log, without secrets', async () => {
  const response = await fetch(`${platform.worker.url}?token=s3cr3t-s3cr3t`, { method: 'POST', body: '{}' });

  expect(response.status).toBe(401);
  expect(platform.log.filter((line) => line.name === 'inngest' && line.level === 'error')).not.toEqual([]);
  expect(JSON.stringify(platform.log)).not.toMatch(/s3cr3t|signkey-test-[0-9a-f]/);
});

/** Runs a job's handler without an engine, which would wait for the next full minute. */
async function runOnce({ functions: [main] }: Job) {
  if (main === undefined) throw new Error('The job has no function');
  return new InngestTestEngine({ function: main }).execute();
}
