import { startJobsHost } from '../../../cli/jobs-host.ts';

// A worker as a process of its own, so that a test can kill it. Argument 1 is its port; settings come by the environment.
const worker = await startJobsHost({ port: Number(process.argv[2]) });
process.stdout.write(`${worker.url}\n`);
