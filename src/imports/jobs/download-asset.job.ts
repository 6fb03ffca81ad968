import { noParts, withPart } from '../../assets/parts.ts';
import { getContext } from '../../context.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { durableCall } from '../durable-call.ts';
import { assetDownload } from '../events.ts';
import { downloadAssetItem, failAsset } from '../stages/download-asset.ts';
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
      await step.run('fail-item', () => failAsset(getContext(data.organisationId), data, error));
    },
  },
  async ({ event: { data }, step }) => {
    for (let soFar = noParts, part = 1; ; part++) {
      const present = soFar;
      const result = await durableCall(step, part === 1 ? 'download' : `download-part-${part}`, () =>
        downloadAssetItem(getContext(data.organisationId), data, present),
      );
      if (result === null || !('part' in result)) return { ...result };
      soFar = withPart(soFar, result.part);
    }
  },
);
