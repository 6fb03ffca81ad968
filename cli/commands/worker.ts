import { Command } from 'commander';
import { keepHeapSmall } from '../../engine/small-heap.ts';
import { parsePort } from '../options.ts';
import { runService } from '../supervisor/in-child.ts';

/** Serves the jobs without the web pages; the engine calls it. */
export function addWorkerCommand(program: Command): void {
  program.addCommand(
    new Command('worker')
      .description(
        'serve the jobs to an engine, without the web pages (DATABASE_URL and keys from the environment)',
      )
      .option('--port <port>', 'port on 127.0.0.1; 0 finds a free one', parsePort, 0)
      .action(async (options: { port: number }) => {
        keepHeapSmall();
        await runService(
          async () => {
            // For each request the SDK copies the environment, which Node asks the system for, name by name. Not of a plain object.
            process.env = { ...process.env };
            const { startJobsHost } = await import('../jobs-host.ts');
            return startJobsHost({ port: options.port });
          },
          (url) => process.stderr.write(`courseport: the worker serves the jobs at ${url}\n`),
        );
      }),
    // Started by the other commands; of use to people only beside an engine of their own.
    { hidden: true },
  );
}
