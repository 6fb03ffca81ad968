import { getContext } from '../../context.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { readErrorFacts } from '../../jobs/error-facts.ts';
import { redactText } from '../../jobs/redact.ts';
import { durableCall } from '../durable-call.ts';
import { itemsSettled } from '../events.ts';
import { failImport } from '../fail.ts';
import { compareCourse, noteUncompared } from '../stages/compare-course.ts';
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
    try {
      await durableCall(step, 'compare', () => compareCourse(getContext(data.organisationId), data));
    } catch (error) {
      const { name, message } = readErrorFacts(error);
      await step.run('note-uncompared', () =>
        noteUncompared(getContext(data.organisationId), data, redactText(`${name}: ${message}`)),
      );
    }
    const result = await step.run('finish', () =>
      finishImport(getContext(data.organisationId), {
        importId: data.importId,
        run: { runId, jobId: id, steps: 2 },
      }),
    );
    return { ...result };
  },
);
