import { closeContext, getContext } from '../src/context.ts';
import { startOutboxRelay } from '../src/jobs/outbox-relay.ts';
import { startWorker } from '../src/jobs/worker.ts';
import { jobs } from '../src/registry.ts';

/** How often events that a crash or an unreachable engine left behind are looked for. */
const relayIntervalMs = 5_000;

/** The plain host of the jobs: the registry on `node:http`, and the relay of the outbox. */
export async function startJobsHost(options: {
  readonly port: number;
}): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const context = getContext();
  const worker = await startWorker({ jobs, port: options.port, host: '127.0.0.1' });
  const relay = startOutboxRelay(context.database, { intervalMs: relayIntervalMs });
  return {
    url: worker.url,
    async stop() {
      await relay.stop();
      await worker.stop();
      await closeContext();
    },
  };
}
