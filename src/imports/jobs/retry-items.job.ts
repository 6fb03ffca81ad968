import { getContext } from '../../context.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { itemsRetry } from '../events.ts';
import { requestItems } from '../stages/request-items.ts';
import { ofImport } from './job-options.ts';

/** Asks for the items that `retryFailed` opened again: there may be too many for the moment in which a person waits. */
export const retryItemsJob = defineJob(
  {
    id: 'import-retry-items',
    on: itemsRetry,
    ...ofImport,
    resource: ({ importId }) => ({ type: 'import', id: importId }),
  },
  async ({ event: { data }, step }) => {
    const result = await step.run('request-items', () => requestItems(getContext(data.organisationId), data));
    return { ...result };
  },
);
