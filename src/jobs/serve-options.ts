import type { ServeHandlerOptions } from 'inngest';
import { inngest } from './client.ts';
import type { Job } from './job-types.ts';

/** Where every host serves its jobs. */
export const servePath = '/api/inngest';

/** What every host of jobs hands to Inngest's `serve`. */
export function serveOptions(jobs: readonly Job[]): ServeHandlerOptions {
  return {
    client: inngest,
    functions: jobs.flatMap((job) => job.functions),
    servePath,
    // Else anybody could have the jobs registered under the host name of their choice, by an unsigned request that claims it.
    enableUnauthedSync: false,
  };
}
