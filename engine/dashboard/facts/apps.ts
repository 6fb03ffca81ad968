import { endpointsAppName } from '../../endpoints/endpoint-function.ts';
import type { SyncAnswer } from '../../registry/sync.ts';
import type { Database } from '../../store/database.ts';

export type AppState = 'answering' | 'not answering' | 'registered';

export interface AppRow {
  /** Null for an address that the engine was told of and where no app has registered yet. */
  readonly name: string | null;
  readonly url: string;
  readonly sdk: string | null;
  readonly functions: number;
  /** When the app last registered, or was last asked and answered well. */
  readonly syncedAtMs: number | null;
  /** `registered` is an app that came by itself and is not asked again. */
  readonly state: AppState;
  /** What it answered instead of registering. */
  readonly problem: string | null;
}

interface AppRecord {
  name: string;
  url: string;
  sdk: string;
  functions: number;
  synced_at_ms: number;
}

/**
 * Apps that have registered, and addresses that the engine asks without success so far.
 *
 * @param awayApps names of apps that could not be reached when they were last called
 */
export async function findApps(
  database: Database,
  answers: readonly SyncAnswer[],
  awayApps: ReadonlySet<string>,
): Promise<readonly AppRow[]> {
  const records = await database.read<AppRecord & Record<string, unknown>>(
    `select a.name, a.url, a.sdk, (extract(epoch from a.synced_at) * 1000)::bigint as synced_at_ms,
       (select count(*) from engine.functions f where f.app_id = a.id and f.archived_at is null)::integer as functions
     from engine.apps a where a.name <> $1 order by a.name`,
    // Durable endpoints are no app's registration.
    [endpointsAppName],
  );
  const known = records.map((record) => {
    const answer = answers.find(({ url }) => isSame(url, record.url));
    return answer === undefined ? toUnasked(record, awayApps.has(record.name)) : toRow(record, answer);
  });
  const strangers = answers.filter(({ url }) => !records.some((record) => isSame(url, record.url)));
  return [...known, ...strangers.map(toStranger)];
}

function toRow(record: AppRecord, answer: SyncAnswer): AppRow {
  const { problem, lastGoodMs } = answer;
  const syncedAtMs = Math.max(record.synced_at_ms, lastGoodMs ?? 0);
  return { ...basicsOf(record), syncedAtMs, state: stateOf(answer), problem };
}

/** An app that registers by itself: all that is known of it is how its functions took being called. */
function toUnasked(record: AppRecord, isAway: boolean): AppRow {
  return {
    ...basicsOf(record),
    syncedAtMs: record.synced_at_ms,
    state: isAway ? 'not answering' : 'registered',
    problem: isAway ? 'Nobody answered when it was last called' : null,
  };
}

function basicsOf({
  name,
  url,
  sdk,
  functions,
}: AppRecord): Pick<AppRow, 'name' | 'url' | 'sdk' | 'functions'> {
  return { name, url, sdk: sdk === '' ? null : sdk, functions };
}

function toStranger(answer: SyncAnswer): AppRow {
  const { url, problem, lastGoodMs } = answer;
  return {
    name: null,
    url,
    sdk: null,
    functions: 0,
    syncedAtMs: lastGoodMs,
    state: stateOf(answer),
    problem,
  };
}

function stateOf({ problem }: SyncAnswer): AppState {
  return problem === null ? 'answering' : 'not answering';
}

/** One address under several names of this machine is the same. */
function isSame(a: string, b: string): boolean {
  return normalized(a) === normalized(b);
}

function normalized(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  return `${url.host.replace(/^(localhost|\[::1\])(?=:|$)/, '127.0.0.1')}${url.pathname}`;
}
