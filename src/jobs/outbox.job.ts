import { connect, type Database } from '../db/client.ts';
import { getEnv } from '../env.ts';
import { AppError } from '../errors/app-error.ts';
import { defineJob } from './define-job.ts';
import { pruneOutbox, sweepOutbox } from './outbox.ts';

const graceMs = 30_000;
const eventsPerSweep = 1_000;
const keptMs = 7 * 24 * 60 * 60 * 1_000;

/** Sends what a crash left in the outbox, and forgets what was sent a week ago. */
export const sweepOutboxJob = defineJob(
  { id: 'platform-sweep-outbox', on: { cron: '* * * * *' }, retries: 0, concurrency: 1 },
  async ({ step }) => {
    const { published, failed } = await step.run('publish', () =>
      withDatabase((database) => sweepOutbox(database, { olderThanMs: graceMs, limit: eventsPerSweep })),
    );
    const forgotten = await step.run('forget', () =>
      withDatabase((database) => pruneOutbox(database, { olderThanMs: keptMs })),
    );
    return { published, failed, forgotten };
  },
);

/** A connection for a moment: this job knows no host, and runs once a minute. */
async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const url = getEnv().DATABASE_URL;
  if (url === undefined) {
    throw new AppError({
      code: 'CONFIGURATION_INVALID',
      message: 'Cannot sweep the outbox: DATABASE_URL is not set, set it for every host of jobs',
      publicMessage: 'The server is configured wrongly; its operator has to set DATABASE_URL.',
      retry: 'never',
    });
  }
  const connection = connect(url, { poolSize: 1 });
  try {
    return await work(connection.db);
  } finally {
    await connection.close();
  }
}
