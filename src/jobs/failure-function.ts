import { type InngestFunction, internalEvents } from 'inngest';
import { z } from 'zod';
import { appId, inngest } from './client.ts';
import { readErrorFacts } from './error-facts.ts';
import { describePayload, tryParsePayload } from './job-payload.ts';
import type { JobOptions, JobTrigger } from './job-types.ts';
import { type ReceivedEvent, runMiddleware } from './run-middleware.ts';

/** A failure has to be settled even when the database is away for hours. */
const retries = 12;

/** What the engine tells of a failed run (Inngest documentation, system events, `inngest/function.failed`). */
const failedRunSchema = z.object({
  run_id: z.string(),
  error: z.unknown(),
  event: z.object({ id: z.string().default(''), name: z.string(), data: z.unknown() }),
});

/**
 * The function that runs a job's `onFailure`. The SDK's option of that name would do the same with a single retry, which it
 * does not let us change.
 */
export function failureFunction<On extends JobTrigger>(
  options: JobOptions<On>,
  onFailure: NonNullable<JobOptions<On>['onFailure']>,
): InngestFunction.Any {
  const id = `${options.id}-failure`;
  return inngest.createFunction(
    {
      id,
      name: `${options.id} (failure)`,
      triggers: [
        { event: internalEvents.FunctionFailed, if: `event.data.function_id == '${appId}-${options.id}'` },
      ],
      retries,
      middleware: [runMiddleware({ jobId: id, describe: (event) => describeFailure(options, event) })],
    },
    async ({ event: report, step, log }) => {
      const { run_id: runId, error, event } = failedRunSchema.parse(report.data);
      const data = tryParsePayload(options.on, event);
      // Nobody can settle what it is not known to be about; the failed run said so in the log.
      if (data === null) return;

      await onFailure({
        data,
        event: { id: event.id, name: event.name, data },
        error: readErrorFacts(error),
        runId,
        step,
        log,
      });
    },
  );
}

function describeFailure<On extends JobTrigger>(
  options: JobOptions<On>,
  report: ReceivedEvent,
): Record<string, unknown> {
  const parsed = failedRunSchema.safeParse(report.data);
  if (!parsed.success) return { eventId: report.id, eventName: report.name };
  return { ...describePayload(options, parsed.data.event), failedRunId: parsed.data.run_id };
}
