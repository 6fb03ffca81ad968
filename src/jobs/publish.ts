import { inngest } from './client.ts';
import type { CreatedEvent } from './define-event.ts';
import { redactText } from './redact.ts';

/** Well below the engine's limit of 5,000 (inngest.com/docs/usage-limits), for bodies of a bearable size. */
const maxEventsPerRequest = 500;

/** How the SDK words an engine's answer that finds fault with an event, and not with the moment. */
const refusalText = /^Inngest API Error: (400|406|413)\b/;

export interface PublishOutcome<Event> {
  readonly sent: readonly Event[];
  readonly failed: readonly Event[];
  /** Why the last of the failed ones failed; null when none did. */
  readonly error: string | null;
}

/**
 * Sends events to the engine, some hundreds a request, and tells after each request what became of them. An event that the
 * engine refuses does not hold up the others; when the engine does not answer, the rest is not tried.
 *
 * An event whose id was sent before starts nothing again.
 */
export async function* publishEvents<Event extends CreatedEvent>(
  events: readonly Event[],
): AsyncGenerator<PublishOutcome<Event>> {
  for (let start = 0; start < events.length; start += maxEventsPerRequest) {
    const part = events.slice(start, start + maxEventsPerRequest);
    const error = await send(part);
    if (error === null) yield { sent: part, failed: [], error };
    else if (refusalText.test(error)) yield await sendOneByOne(part);
    else {
      yield { sent: [], failed: part, error };
      return;
    }
  }
}

async function sendOneByOne<Event extends CreatedEvent>(
  events: readonly Event[],
): Promise<PublishOutcome<Event>> {
  const sent: Event[] = [];
  const failed: Event[] = [];
  let lastError: string | null = null;
  for (const event of events) {
    const error = await send([event]);
    if (error === null) sent.push(event);
    else {
      failed.push(event);
      lastError = error;
    }
  }
  return { sent, failed, error: lastError };
}

/** Null when the engine has acknowledged them, else why it has not. */
async function send(events: readonly CreatedEvent[]): Promise<string | null> {
  try {
    await inngest.send([...events]);
    return null;
  } catch (error) {
    return redactText(error instanceof Error ? error.message : String(error));
  }
}
