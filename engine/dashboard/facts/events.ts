import type { Database } from '../../store/database.ts';
import { type IdRange, lower, type PageOf, rowsPerPage, toPage } from './page-of.ts';

/** An event in a list. */
export interface EventRow {
  readonly id: string;
  readonly external_id: string | null;
  readonly name: string;
  readonly received_at_ms: number;
  /** Runs it started; `mostRunsCounted` stands for that or more. */
  readonly runs: number;
}

export interface FoundEvents extends PageOf<EventRow> {
  /** More names than `mostNames` begin so; only events of the first of them were looked at. */
  readonly hasMoreNames: boolean;
}

export interface EventFilter {
  /** The beginning of a name, or a whole id: the engine's own or the sender's. Null for all events. */
  readonly search: string | null;
  readonly range: IdRange;
  /** Where an earlier page ended. */
  readonly before: string | null;
}

export const mostRunsCounted = 1_000;
export const mostNames = 200;
/** No name has anything behind it: the largest code point there is. */
const lastCharacter = '\u{10FFFF}';

const columns = `e.id, e.external_id, e.name, e.received_at_ms,
  (select count(*) from (select from engine.runs r where r.event_id = e.id or r.event_ids @> array[e.id] limit ${mostRunsCounted}) as counted)::integer as runs`;

/** One page of events, newest first. Reads about as many rows as it shows. */
export async function findEvents(database: Database, filter: EventFilter): Promise<FoundEvents> {
  const { search, range } = filter;
  const before = lower(range.to, filter.before ?? range.to);
  const limit = rowsPerPage + 1;
  const rows =
    search === null
      ? await database.read<EventRow & Record<string, unknown>>(
          `select ${columns} from engine.events e
           where e.id >= $1 and e.id < $2 order by e.id desc limit $3`,
          [range.from, before, limit],
        )
      : await database.read<EventRow & Record<string, unknown>>(searchStatement, [
          search,
          search + lastCharacter,
          range.from,
          before,
          limit,
        ]);
  const hasMoreNames = rows.some((row) => 'has_more_names' in row && row.has_more_names === true);
  return { ...toPage(rows, (row) => row.id), hasMoreNames };
}

/** Events by their ids, oldest first. */
export async function findEventsById(
  database: Database,
  ids: readonly string[],
): Promise<readonly EventRow[]> {
  return await database.read<EventRow & Record<string, unknown>>(
    `select ${columns} from engine.events e where e.id = any($1::text[]) order by e.id`,
    [ids],
  );
}

/** The names that begin so are found by leaping from one to the next in their index; then each gives its newest events. */
const searchStatement = `
  with recursive names (name) as (
    (select name collate "C" from engine.events
     where name collate "C" >= $1 and name collate "C" < $2 order by name collate "C" limit 1)
    union all
    (select (select e.name collate "C" from engine.events e
             where e.name collate "C" > names.name and e.name collate "C" < $2 order by e.name collate "C" limit 1)
     from names where names.name is not null)
  ), first_names as (
    select name from names where name is not null limit ${mostNames + 1}
  ), found as (
    select picked.id from (select name from first_names limit ${mostNames}) as n
    cross join lateral (
      select e.id from engine.events e where e.name collate "C" = n.name and e.id >= $3 and e.id < $4
      order by e.id desc limit $5
    ) as picked
    union
    select id from engine.events where (id = $1 or external_id = $1) and id >= $3 and id < $4
  )
  select ${columns}, (select count(*) from first_names) > ${mostNames} as has_more_names
  from engine.events e where e.id in (select id from found order by id desc limit $5)
  order by e.id desc`;
