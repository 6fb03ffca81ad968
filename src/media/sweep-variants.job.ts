import { getContext } from '../context.ts';
import { defineJob } from '../jobs/define-job.ts';
import { makeMissingVariants } from './make-missing-variants.ts';
import { removeVariants } from './remove-variants.ts';

/** Once a minute: variants of images that are gone, and those that an ended import has not made. */
export const sweepVariantsJob = defineJob(
  { id: 'media-sweep-variants', on: { cron: '* * * * *' }, retries: 0, concurrency: 1 },
  async ({ step }) => {
    const removed = await step.run('remove', () => removeVariants(getContext()));
    const made = await step.run('make', () => makeMissingVariants(getContext()));
    return { removed, made };
  },
);
