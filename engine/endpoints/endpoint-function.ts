import { readRetries } from '../registry/function-config.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';
import type { Registry } from '../registry/registry.ts';

/** The app that durable endpoints belong to. No SDK registers it. */
export const endpointsAppName = 'inngest/endpoints';

/**
 * Whether the runs of a function are requests to durable endpoints: HTTP handlers with steps, which an app serves by itself
 * until it hands over (inngest.com/docs/learn/durable-endpoints). Where to continue them stands in each run's event.
 */
export function isEndpoint(fn: RegisteredFunction): boolean {
  return fn.appName === endpointsAppName;
}

/**
 * The function that stands for endpoints of a name and a number of retries. Paths and hosts make no functions of their own:
 * clients choose them, and there is no end to them.
 *
 * @param name the `functionId` that the app gave its endpoint; empty if it gave none
 * @throws {DatabaseUnavailable}
 */
export async function endpointFunction(
  registry: Registry,
  name: string,
  retries: number,
): Promise<RegisteredFunction> {
  const allowed = readRetries(retries);
  return await registry.ensure(endpointsAppName, {
    slug: `endpoint-${name || 'http'}-${allowed}`,
    name: name || 'HTTP endpoints',
    url: '',
    retries: allowed,
    eventTriggers: [],
    cronTriggers: [],
    concurrency: [],
    cancels: [],
    throttle: null,
    rateLimit: null,
    idempotency: null,
    debounce: null,
    batch: null,
    priority: null,
    singleton: null,
    timeouts: { startMs: null, finishMs: null },
  });
}
