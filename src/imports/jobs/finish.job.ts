import { getContext } from '../../context.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { itemsSettled } from '../events.ts';
import { failImport } from '../fail.ts';
import { finishImport } from '../stages/finish.ts';
import { ofImport } from './job-options.ts';

const id = 'import-finish';

export const finishJob = defineJob(
  {
    id,
    on: itemsSettled,
    ...ofImport,
    resource: ({ importId }) => ({ type: 'import', id: importId }),
    onFailure: async ({ data, error, step }) => {
      await step.run('fail-import', () => failImport(getContext(data.organisationId), data, error));
    },
  },
  async ({ event: { data }, step, runId }) => {
    const result = await step.run('finish', () =>
      finishImport(getContext(data.organisationId), {
        importId: data.importId,
        run: { runId, jobId: id, steps: 1 },
      }),
    );
    return { ...result };
  },
);
