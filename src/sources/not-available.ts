import type { SourcePlatform } from '../db/schema/connections.ts';
import { notAvailable as ofTeachable } from './teachable/not-available.ts';
import type { Source } from './types.ts';

/** What each platform's API does not hand out, for readers who have no connection open. */
export const notAvailableFrom: Readonly<Record<SourcePlatform, Source['notAvailable']>> = {
  teachable: ofTeachable,
};
