import { noParts, withPart } from '../../assets/parts.ts';
import { getContext } from '../../context.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { makeVariants } from '../../media/image-variants.ts';
import { durableCall } from '../durable-call.ts';
import { assetDownload } from '../events.ts';
import { downloadAssetItem, failAsset } from '../stages/download-asset.ts';
import { ofImport, perImport } from './job-options.ts';

export const downloadAssetJob = defineJob(
  {
    id: 'import-download-asset',
    on: assetDownload,
    ...ofImport,
    // Addresses in texts lead to hosts that are gone for good: the whole import waits for the last try.
    retries: 4,
    concurrency: perImport(4),
    resource: ({ itemId }) => ({ type: 'import-item', id: itemId }),
    onFailure: async ({ data, error, step }) => {
      await step.run('fail-item', () => failAsset(getContext(data.organisationId), data, error));
    },
  },
  async ({ event: { data }, step, log }) => {
    for (let soFar = noParts, part = 1; ; part++) {
      const present = soFar;
      const result = await durableCall(step, part === 1 ? 'download' : `download-part-${part}`, () =>
        downloadAssetItem(getContext(data.organisationId), data, present),
      );
      if (result !== null && 'part' in result) {
        soFar = withPart(soFar, result.part);
        continue;
      }
      const imageId = result?.imageId;
      if (imageId !== undefined) {
        // The file has arrived, whatever becomes of its other forms: pages show the original where there are none.
        const variants = await step
          .run('make-variants', () => makeVariants(getContext(data.organisationId), imageId))
          .catch((error: unknown) => ({ made: 0, refused: String(error) }));
        if (variants.refused !== null)
          log.warn({ imageId, reason: variants.refused }, 'An image is shown as it is');
      }
      return { ...result };
    }
  },
);
