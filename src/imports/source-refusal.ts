import type { Context } from '../context.ts';
import { isAppError } from '../errors/app-error.ts';
import { postponeItem } from './ledger.ts';
import { StageObsolete } from './obsolete.ts';
import { pauseBecause } from './pause.ts';
import type { ImportKey } from './states.ts';

/** What every further call to the school would meet, too, until a person has done something. */
const stopsImport = ['SOURCE_KEY_REJECTED', 'SOURCE_QUOTA_EXHAUSTED'] as const;

/**
 * For the `catch` of a stage's call to the source. An item that has to wait is put back, for waiting is not an attempt, and the
 * error is thrown on. A refusal of everything pauses the import, and the stage ends without a trace (see `unlessObsolete`). Any
 * other error is the item's own and passes.
 */
export function onRefusal(
  { database }: Pick<Context, 'database'>,
  key: ImportKey,
  itemId: string,
): (error: unknown) => Promise<never> {
  return async (error) => {
    if (isAppError(error, 'SOURCE_RATE_LIMITED', 'ASSET_RATE_LIMITED'))
      await postponeItem(database, key, itemId);
    if (isAppError(error, ...stopsImport)) {
      await pauseBecause({ database }, key, error);
      throw new StageObsolete();
    }
    throw error;
  };
}
