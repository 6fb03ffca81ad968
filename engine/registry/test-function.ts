import { randomUUID } from 'node:crypto';
import { functionConfig } from './function-config.ts';
import { type RegisteredFunction, toRegisteredFunction } from './registered-function.ts';

/** A function for tests. @param settings as they are registered, those that matter @param identity what tells it from others */
export function defineFunction(
  settings: object,
  identity: Partial<Pick<RegisteredFunction, 'id' | 'version' | 'isArchived'>> = {},
): RegisteredFunction {
  return toRegisteredFunction(
    { id: randomUUID(), appId: 'app', appName: 'shop', version: 1, isArchived: false, ...identity },
    functionConfig.parse({
      slug: 'shop-fn',
      name: 'fn',
      url: 'http://127.0.0.1:1',
      retries: 0,
      eventTriggers: [],
      cronTriggers: [],
      concurrency: [],
      cancels: [],
      ...settings,
    }),
  );
}
