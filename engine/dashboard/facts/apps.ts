import { endpointsAppName } from '../../endpoints/endpoint-function.ts';
import { isSameAddress } from '../../protocol/same-address.ts';
import type { RegisteredFunction } from '../../registry/registered-function.ts';
import type { SyncAnswer } from '../../registry/sync.ts';
import type { Database } from '../../store/database.ts';

export type AppState = 'asked' | 'answering' | 'refused' | 'not answering' | 'registered';

export interface AppRow {
  /** Null for an address that the engine was told of and where no app has registered yet. */
  readonly name: string | null;
  readonly url: string;
  readonly sdk: string | null;
  readonly functions: number;
  /** When the app last registered, or was last asked and answered well. */
  readonly syncedAtMs: number | null;
  /** `registered` is an app that came by itself and is not asked again, `asked` one that has not answered yet. */
  readonly state: AppState;
  /** What it answered instead of registering, or why it did not answer. */
  readonly problem: string | null;
}

interface AppRecord {
  id: string;
  name: string;
  url: string;
  sdk: string;
  functions: number;
  synced_at_ms: number;
}

/** What is known of apps while they are called and asked to register. */
export interface AppNews {
  readonly answers: readonly SyncAnswer[];
  /** Why an app could not be reached when it was last called; null if it could. */
  whyAway(appName: string): string | null;
}

/** Apps that have registered, and addresses that the engine asks without success so far. */
export async function findApps(
  database: Database,
  { answers, whyAway }: AppNews,
): Promise<readonly AppRow[]> {
  const records = await database.read<AppRecord & Record<string, unknown>>(
    `select a.id, a.name, a.url, a.sdk, (extract(epoch from a.synced_at) * 1000)::bigint as synced_at_ms,
       (select count(*) from engine.functions f where f.app_id = a.id and f.archived_at is null)::integer as functions
     from engine.apps a where a.name <> $1 order by a.name`,
    // Durable endpoints are no app's registration.
    [endpointsAppName],
  );
  const known = records.map((record) => {
    const answer = answers.find(({ url }) => isSameAddress(url, record.url));
    const awayReason = whyAway(record.name);
    return answer === undefined ? toUnasked(record, awayReason) : toRow(record, answer, awayReason);
  });
  const strangers = answers.filter(({ url }) => !records.some((record) => isSameAddress(url, record.url)));
  return [...known, ...strangers.map(toStranger)];
}

function toRow(record: AppRecord, answer: SyncAnswer, awayReason: string | null): AppRow {
  const { problem, lastGoodMs } = answer;
  const syncedAtMs = Math.max(record.synced_at_ms, lastGoodMs ?? 0);
  const state = awayReason === null ? stateOf(answer) : 'not answering';
  return { ...basicsOf(record), syncedAtMs, state, problem: awayReason ?? problem };
}

/** An app that registers by itself: all that is known of it is how its functions took being called. */
function toUnasked(record: AppRecord, awayReason: string | null): AppRow {
  return {
    ...basicsOf(record),
    syncedAtMs: record.synced_at_ms,
    state: awayReason === null ? 'registered' : 'not answering',
    problem: awayReason,
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

function stateOf({ state }: SyncAnswer): AppState {
  return state === 'registered' ? 'answering' : state;
}

/** Why the app of a function does not answer; null if it does, as far as is known. */
export function whyNotAnswering(fn: RegisteredFunction, { answers, whyAway }: AppNews): string | null {
  const awayReason = whyAway(fn.appName);
  if (awayReason !== null) return awayReason;
  const answer = answers.find(({ url }) => isSameAddress(url, fn.config.url));
  return answer?.state === 'not answering' ? answer.problem : null;
}
