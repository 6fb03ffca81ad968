import { getContext } from '../../context.ts';
import { getEnv } from '../../env.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { courseFinished } from '../events.ts';
import { mailReport } from '../mail-report.ts';

/** An import has ended by itself. */
export const mailReportJob = defineJob(
  {
    id: 'import-mail-report',
    on: courseFinished,
    retries: 5,
    resource: ({ importId }) => ({ type: 'import', id: importId }),
  },
  async ({ event: { id: mailId, data }, step }) => {
    const { importId, organisationId } = data;
    const receivers = await step.run('send', () =>
      mailReport(getContext(organisationId), getEnv(), { importId, mailId }),
    );
    return { receivers };
  },
);
