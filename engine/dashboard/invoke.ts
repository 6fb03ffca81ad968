import { eventPayload, InvalidEvent } from '../intake/event.ts';
import type { Intake } from '../intake/intake.ts';
import type { JsonObject } from '../protocol/canonical-json.ts';
import { newId } from '../protocol/ids.ts';
import { internalEvent } from '../protocol/names.ts';
import type { RegisteredFunction } from '../registry/registered-function.ts';

/**
 * Starts one function with data of a person's own.
 *
 * @returns the id of the event that was made for it, or why there is none
 * @throws {DatabaseUnavailable}
 */
export async function invoke(
  intake: Intake,
  fn: RegisteredFunction,
  data: JsonObject,
): Promise<{ eventId: string; problem: string | null }> {
  const id = newId();
  const tsMs = Date.now();
  const name = internalEvent.invoked;
  try {
    const payload = eventPayload({ name, externalId: null, tsMs, data, user: {}, v: null, meta: null }, id);
    await intake.startFunction(fn, { id, externalId: null, name, tsMs, payload });
    return { eventId: id, problem: null };
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    return { eventId: id, problem: error.message };
  }
}
