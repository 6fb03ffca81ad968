import { getContext } from '../../context.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { durableCall } from '../durable-call.ts';
import { assetDownload } from '../events.ts';
import { failItem } from '../fail.ts';
import { downloadAssetItem } from '../stages/download-asset.ts';
import { ofImport, perSchool } from './job-options.ts';

export const downloadAssetJob = defineJob(
  {
    id: 'import-download-asset',
    on: assetDownload,
    ...ofImport,
    // Addresses in texts lead to hosts that are gone for good: the whole import waits for the last try.
    retries: 4,
    concurrency: perSchool(4),
    resource: ({ itemId }) => ({ type: 'import-item', id: itemId }),
    onFailure: async ({ data, error, step }) => {
      await step.run('fail-item', () => failItem(getContext(data.organisationId), data, error));
    },
  },
  async ({ event: { data }, step }) => {
    const result = await durableCall(step, 'download', () =>
      downloadAssetItem(getContext(data.organisationId), data),
    );
    return { ...result };
  },
);
