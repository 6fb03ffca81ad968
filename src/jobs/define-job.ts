import { AppError } from '../errors/app-error.ts';
import { inngest } from './client.ts';
import { DefinedEvent } from './define-event.ts';
import { failureFunction } from './failure-function.ts';
import { describePayload, parsePayload, tryParsePayload } from './job-payload.ts';
import type {
  ConcurrencyLimit,
  Job,
  JobContext,
  JobData,
  JobOptions,
  JobResult,
  JobTrigger,
} from './job-types.ts';
import { runMiddleware } from './run-middleware.ts';

const idForm = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Defines a job: an Inngest function whose payload is typed and checked, whose errors speak Inngest's retry words, and which
 * has a logger. The rest is Inngest's own.
 *
 * A handler is replayed from its start after every wait: what has an effect, or another result the next time, belongs into
 * `step.run`.
 *
 * @throws {AppError} `CONFIGURATION_INVALID` when the id is not kebab-case
 */
export function defineJob<On extends JobTrigger>(
  options: JobOptions<On>,
  handler: (context: JobContext<JobData<On>>) => Promise<JobResult>,
): Job {
  const { id, on, retries, concurrency, cancelOn } = options;
  if (!idForm.test(id)) throw invalidId(id);

  const main = inngest.createFunction(
    {
      id,
      triggers: [on instanceof DefinedEvent ? { event: on.name } : { cron: on.cron }],
      retries,
      ...(concurrency === undefined ? {} : { concurrency: toInngestLimits(concurrency) }),
      ...(cancelOn === undefined ? {} : { cancelOn: cancelOn.map(toCancellation) }),
      middleware: [
        runMiddleware({
          jobId: id,
          describe: (event) => describePayload(options, event),
          async onEnd(run, event) {
            const data = options.onEnd ? tryParsePayload(on, event) : null;
            if (data !== null) await options.onEnd?.({ ...run, data });
          },
        }),
      ],
    },
    ({ event, step, log, attempt, maxAttempts, runId }) =>
      handler({
        event: { id: event.id, name: event.name, data: parsePayload(on, event) },
        step,
        log,
        attempt,
        maxAttempts: maxAttempts ?? retries + 1,
        runId,
      }),
  );
  return { id, functions: options.onFailure ? [main, failureFunction(options, options.onFailure)] : [main] };
}

/** Inngest takes a pair of limits only as one that may be changed. */
function toInngestLimits<On extends JobTrigger>(
  concurrency: NonNullable<JobOptions<On>['concurrency']>,
): number | ConcurrencyLimit<JobData<On>> | [ConcurrencyLimit<JobData<On>>, ConcurrencyLimit<JobData<On>>] {
  if (typeof concurrency === 'number' || 'limit' in concurrency) return concurrency;
  const [first, second] = concurrency;
  return [first, second];
}

function toCancellation({ event, match }: NonNullable<JobOptions<JobTrigger>['cancelOn']>[number]) {
  return { event: event.name, if: `event.${match} == async.${match}` };
}

function invalidId(id: string): AppError {
  return new AppError({
    code: 'CONFIGURATION_INVALID',
    message: `Cannot define job "${id}": an id is kebab-case, as in "import-process-lesson"`,
    publicMessage: 'The platform was built with a wrong job definition; its developers have to correct it.',
    retry: 'never',
  });
}
