import { downloadAssetJob } from './imports/jobs/download-asset.job.ts';
import { extractStructureJob } from './imports/jobs/extract-structure.job.ts';
import { finishJob } from './imports/jobs/finish.job.ts';
import { mailPauseJob, mailReportJob } from './imports/jobs/mail-report.job.ts';
import { processLessonJob } from './imports/jobs/process-lesson.job.ts';
import { retryItemsJob } from './imports/jobs/retry-items.job.ts';
import { sweepImportsJob } from './imports/jobs/sweep.job.ts';
import type { Job } from './jobs/job-types.ts';
import { sweepOutboxJob } from './jobs/outbox.job.ts';
import { sweepVariantsJob } from './media/sweep-variants.job.ts';

/** Every job there is. The web server and the worker mount this list, and a test compares it with the `*.job.ts` files. */
export const jobs: readonly Job[] = [
  sweepOutboxJob,
  extractStructureJob,
  processLessonJob,
  downloadAssetJob,
  finishJob,
  mailReportJob,
  mailPauseJob,
  retryItemsJob,
  sweepImportsJob,
  sweepVariantsJob,
];
