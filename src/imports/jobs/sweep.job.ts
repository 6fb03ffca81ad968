import { getContext } from '../../context.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { removeOrphans } from '../orphaned-objects.ts';
import { removeStaleParts } from '../stale-parts.ts';
import { sweepImports } from '../sweep.ts';

const partKeptMs = 24 * 60 * 60_000;

/** Once a minute: silent imports, partial files that nobody writes to, stored bytes that nothing names. */
export const sweepImportsJob = defineJob(
  { id: 'import-sweep', on: { cron: '* * * * *' }, retries: 0, concurrency: 1 },
  async ({ step }) => {
    const { silent, requested } = await step.run('imports', () => sweepImports(getContext()));
    const parts = await step.run('parts', () => removeStaleParts(getContext().tmpDir, partKeptMs));
    const objects = await step.run('objects', () => removeOrphans(getContext()));
    return { silent, requested, parts, objects };
  },
);
