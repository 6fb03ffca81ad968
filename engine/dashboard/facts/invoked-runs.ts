import { isJsonObject } from '../../protocol/canonical-json.ts';
import type { Database } from '../../store/database.ts';
import type { StepRow } from './steps.ts';

/** The runs that steps have invoked, by step id. A run that flow control keeps back is not among them yet. */
export async function findInvokedRuns(
  database: Database,
  steps: readonly StepRow[],
): Promise<ReadonlyMap<string, string>> {
  const stepIds = new Map(steps.flatMap((step) => eventIdsOf(step).map((id) => [id, step.id])));
  if (stepIds.size === 0) return new Map();

  const runs = await database.read<{ id: string; event_id: string }>(
    'select id, event_id from engine.runs where event_id = any($1::text[]) order by id desc',
    [[...stepIds.keys()]],
  );
  return new Map(runs.map(({ id, event_id }) => [stepIds.get(event_id) ?? '', id]));
}

/** The event by which a step invoked a function. */
function eventIdsOf({ waitsFor }: StepRow): readonly string[] {
  const value: unknown = waitsFor === null ? null : JSON.parse(waitsFor);
  return isJsonObject(value) && typeof value.eventId === 'string' ? [value.eventId] : [];
}
