import { getContext } from '../../context.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { durableCall } from '../durable-call.ts';
import { courseRequested } from '../events.ts';
import { failStructure } from '../fail.ts';
import { extractStructure } from '../stages/extract-structure.ts';
import { ofImport, perSchool } from './job-options.ts';

export const extractStructureJob = defineJob(
  {
    id: 'import-extract-structure',
    on: courseRequested,
    ...ofImport,
    concurrency: perSchool(2),
    resource: ({ importId }) => ({ type: 'import', id: importId }),
    onFailure: async ({ data, error, step }) => {
      await step.run('fail-import', () => failStructure(getContext(data.organisationId), data, error));
    },
  },
  async ({ event: { data }, step }) => {
    const result = await durableCall(step, 'extract', () =>
      extractStructure(getContext(data.organisationId), data),
    );
    return { ...result };
  },
);
