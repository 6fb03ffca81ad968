import { getContext } from '../../context.ts';
import { getEnv } from '../../env.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { courseFinished, coursePaused } from '../events.ts';
import { mailReport } from '../mail-report.ts';

const mailOn = (id: string, on: typeof courseFinished | typeof coursePaused) =>
  defineJob(
    { id, on, retries: 5, resource: ({ importId }) => ({ type: 'import', id: importId }) },
    async ({ event: { id: mailId, data }, step }) => {
      const { importId, organisationId } = data;
      const receivers = await step.run('send', () =>
        mailReport(getContext(organisationId), getEnv(), { importId, mailId }),
      );
      return { receivers };
    },
  );

/** An import has ended by itself. */
export const mailReportJob = mailOn('import-mail-report', courseFinished);

/** An import has paused, perhaps by itself: it may wait for somebody who does not look. */
export const mailPauseJob = mailOn('import-mail-pause', coursePaused);
