import { internalEvents } from 'inngest';
import { z } from 'zod';
import { isAppError } from '../errors/app-error.ts';
import { DefinedEvent } from './define-event.ts';
import type { JobData, JobOptions, JobTrigger } from './job-types.ts';
import type { ReceivedEvent } from './run-middleware.ts';

/**
 * The checked payload of what started a run.
 *
 * @throws {AppError} `EVENT_INVALID`, naming the path of each wrong field
 */
export function parsePayload<On extends JobTrigger>(on: On, event: ReceivedEvent): JobData<On> {
  return asJobData<On>(on instanceof DefinedEvent ? on.parse(payloadOf(event)) : { cron: on.cron });
}

/** Like `parsePayload`; null when the payload is wrong, which is the run's failure already. */
export function tryParsePayload<On extends JobTrigger>(on: On, event: ReceivedEvent): JobData<On> | null {
  try {
    return parsePayload(on, event);
  } catch (error) {
    if (isAppError(error, 'EVENT_INVALID')) return null;
    throw error;
  }
}

/** The log fields that follow from the event: what the run affects, and the import and organisation it belongs to. */
export function describePayload<On extends JobTrigger>(
  { on, resource }: Pick<JobOptions<On>, 'on' | 'resource'>,
  event: ReceivedEvent,
): Record<string, unknown> {
  const fields = { eventId: event.id, eventName: event.name };
  const data = tryParsePayload(on, event);
  if (data === null) return fields;

  const affected = resource?.(data);
  const { importId, organisationId } = ownerSchema.parse(data);
  return { ...fields, resourceType: affected?.type, resourceId: affected?.id, importId, organisationId };
}

/** An invocation by hand or by `step.invoke` is the payload with a note of the engine's in it. */
function payloadOf({ name, data }: ReceivedEvent): unknown {
  if (name !== internalEvents.FunctionInvoked || typeof data !== 'object' || data === null) return data;
  const { _inngest, ...payload } = data as { readonly _inngest?: unknown };
  return payload;
}

const ownerSchema = z.object({
  importId: z.string().optional().catch(undefined),
  organisationId: z.string().optional().catch(undefined),
});

/** Which schema was used follows from `on`; the compiler does not narrow a type parameter by it. */
function asJobData<On extends JobTrigger>(data: unknown): JobData<On> {
  return data as JobData<On>;
}
