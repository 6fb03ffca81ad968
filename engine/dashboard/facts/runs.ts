import { isId } from '../../protocol/ids.ts';
import { type RunStatus, runStatuses } from '../../runs/run.ts';
import type { Database } from '../../store/database.ts';
import { type IdRange, idRange, lower, type PageOf, rowsPerPage, toPage } from './page-of.ts';

/** A run in a list. */
export interface RunRow {
  readonly id: string;
  readonly function_id: string;
  readonly slug: string;
  readonly function_name: string;
  readonly event_id: string;
  readonly event_name: string;
  readonly status: RunStatus;
  readonly started_at_ms: number | null;
  readonly ended_at_ms: number | null;
}

export interface RunFilter {
  readonly status: RunStatus | null;
  readonly functionId: string | null;
  /** The name of an event, or its id. */
  readonly event: string | null;
  readonly range: IdRange;
  /** Where an earlier page ended. */
  readonly before: string | null;
}

export const anyRun: RunFilter = {
  status: null,
  functionId: null,
  event: null,
  range: idRange({ fromMs: null, toMs: null }),
  before: null,
};

const columns = `r.id, r.function_id, f.slug, f.name as function_name, r.event_id,
  e.name as event_name, r.status, r.started_at_ms, r.ended_at_ms`;
const joins = `join engine.functions f on f.id = r.function_id join engine.events e on e.id = r.event_id`;

/** One page of runs, newest first. Reads about as many rows as it shows, whatever the filter. */
export async function findRuns(database: Database, filter: RunFilter): Promise<PageOf<RunRow>> {
  if (filter.event !== null && !isId(filter.event))
    return await findRunsByEventName(database, filter.event, filter);

  const rows = await readRuns(database, filter);
  return toPage(rows, (row) => row.id);
}

async function readRuns(database: Database, filter: RunFilter): Promise<readonly RunRow[]> {
  const { status, functionId, event, range } = filter;
  const before = lower(range.to, filter.before ?? range.to);
  const limit = rowsPerPage + 1;
  if (event !== null) {
    return await database.read<RunRow & Record<string, unknown>>(
      `select ${columns} from engine.runs r ${joins}
       where (r.event_id = $1 or r.event_ids @> array[$1]) and r.id >= $2 and r.id < $3
         and ($4::uuid is null or r.function_id = $4) and ($5::text is null or r.status = $5)
       order by r.id desc limit $6`,
      [event, range.from, before, functionId, status, limit],
    );
  }
  if (functionId === null && status === null) {
    return await database.read<RunRow & Record<string, unknown>>(
      `select ${columns} from engine.runs r ${joins}
       where r.id >= $1 and r.id < $2 order by r.id desc limit $3`,
      [range.from, before, limit],
    );
  }
  return await database.read<RunRow & Record<string, unknown>>(
    `select ${columns}
     from (
       select picked.* from engine.functions f cross join unnest($2::text[]) as s (status)
       cross join lateral (
         select r.id, r.function_id, r.event_id, r.status, r.started_at_ms, r.ended_at_ms from engine.runs r
         where r.function_id = f.id and r.status = s.status and r.id >= $3 and r.id < $4
         order by r.id desc limit $5
       ) as picked
       where $1::uuid is null or f.id = $1
       order by picked.id desc limit $5
     ) as r ${joins}
     order by r.id desc`,
    [functionId, status === null ? runStatuses : [status], range.from, before, limit],
  );
}

/** Ordered by their events, then by themselves; a cursor names both. */
async function findRunsByEventName(
  database: Database,
  eventName: string,
  filter: RunFilter,
): Promise<PageOf<RunRow>> {
  const { status, functionId, range } = filter;
  const [eventBefore = '', runBefore = ''] = (filter.before ?? 'z.z').split('.');
  const rows = await database.read<RunRow & Record<string, unknown>>(
    `select ${columns}
     from engine.events e join engine.runs r on r.event_id = e.id join engine.functions f on f.id = r.function_id
     where e.name collate "C" = $1 and e.id <= $2 and (e.id < $2 or r.id < $3) and r.id >= $4 and r.id < $5
       and ($6::uuid is null or r.function_id = $6) and ($7::text is null or r.status = $7)
     order by e.id desc, r.id desc limit $8`,
    [eventName, eventBefore, runBefore, range.from, range.to, functionId, status, rowsPerPage + 1],
  );
  return toPage(rows, (row) => `${row.event_id}.${row.id}`);
}
