import { randomUUID } from 'node:crypto';
import { functionConfig } from '../registry/function-config.ts';
import { type RegisteredFunction, toRegisteredFunction } from '../registry/registered-function.ts';

/** A function for tests. @param flowControl its settings, as they are registered */
export function defineFunction(flowControl: object): RegisteredFunction {
  return toRegisteredFunction(
    { id: randomUUID(), appId: 'app', appName: 'shop', version: 1, isArchived: false },
    functionConfig.parse({
      slug: 'shop-fn',
      name: 'fn',
      url: 'http://127.0.0.1:1',
      retries: 0,
      eventTriggers: [],
      cronTriggers: [],
      concurrency: [],
      cancels: [],
      ...flowControl,
    }),
  );
}
