import { getContext } from '../../context.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { durableCall } from '../durable-call.ts';
import { lessonProcess } from '../events.ts';
import { failItem } from '../fail.ts';
import { processLesson } from '../stages/process-lesson.ts';
import { ofImport, perSchool } from './job-options.ts';

export const processLessonJob = defineJob(
  {
    id: 'import-process-lesson',
    on: lessonProcess,
    ...ofImport,
    concurrency: perSchool(4),
    resource: ({ itemId }) => ({ type: 'import-item', id: itemId }),
    onFailure: async ({ data, error, step }) => {
      await step.run('fail-item', () => failItem(getContext(data.organisationId), data, error));
    },
  },
  async ({ event: { data }, step }) => {
    const result = await durableCall(step, 'process', () =>
      processLesson(getContext(data.organisationId), data),
    );
    return { ...result };
  },
);
