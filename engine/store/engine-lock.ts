import type { ClientBase } from 'pg';

/** Only one engine works on a database at a time. Any constant will do. */
const engineLock = 7_203_116;

const pollMs = 200;
/** A killed engine's lock is released as soon as PostgreSQL notices the broken connection. */
export const lockWaitMs = 5_000;

/**
 * The engine that holds the lock says something on its connection this often, and starts nothing new when it has heard no
 * answer for `leaseMs`. Whoever waits for the lock ends the holder's connection after `silenceMs` without a word from it, so
 * the holder has stopped before somebody else begins.
 */
export const heartbeatMs = 1_000;
export const leaseMs = 5_000;
const silenceMs = 10_000;

/** Another engine has the lock, or has had it since. */
export class LockTaken extends Error {
  override readonly name = 'LockTaken';

  constructor() {
    super('Cannot use the database: another engine works on it, stop that one first or use another database');
  }
}

/** The name of the connection that writes, by which a later connection of the same engine knows it. */
export function writerName(boot: number): string {
  return `courseport-engine-writer-${boot}`;
}

/**
 * Takes the lock for a connection. It is released when that connection ends.
 *
 * @param options.predecessor the name of an earlier connection of this same engine: it is ended at once if it still has the lock
 * @param options.isPatient waits for as long as it takes
 * @throws {LockTaken}
 */
export async function takeEngineLock(
  client: ClientBase,
  options: { predecessor: string | null; isPatient: boolean; onWait?: () => void },
): Promise<void> {
  const deadlineMs = Date.now() + lockWaitMs;
  for (let tries = 0; ; tries += 1) {
    if (await tryLock(client)) return;
    await endDeadHolder(client, options.predecessor);
    if (tries === 0) options.onWait?.();
    if (!options.isPatient && Date.now() > deadlineMs) throw new LockTaken();
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function tryLock(client: ClientBase): Promise<boolean> {
  const result = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
    engineLock,
  ]);
  return result.rows[0]?.taken === true;
}

/** Once a holder's session is gone, so is whatever it was about to write. */
async function endDeadHolder(client: ClientBase, predecessor: string | null): Promise<void> {
  await client.query(
    `select pg_terminate_backend(a.pid)
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.classid = 0 and l.objid = $1 and l.objsubid = 1
       and a.datname = current_database() and l.pid <> pg_backend_pid()
       and (a.application_name = $2
         or (a.state <> 'active' or a.wait_event_type = 'Client')
           and a.state_change < clock_timestamp() - make_interval(secs => $3))`,
    [engineLock, predecessor, silenceMs / 1_000],
  );
}

/** Begins a life of an engine that has the lock, and returns its number, greater than that of any earlier one. */
export async function startBoot(client: ClientBase): Promise<number> {
  const result = await client.query<{ number: number }>(
    'insert into engine.boots default values returning number',
  );
  return result.rows[0]?.number ?? 0;
}

/**
 * While a connection was lost another engine may have worked on the database and stopped; what this one knows is outdated then.
 *
 * @throws {LockTaken}
 */
export async function assertNewestBoot(client: ClientBase, boot: number): Promise<void> {
  const result = await client.query<{ newest: number }>('select max(number) as newest from engine.boots');
  if (result.rows[0]?.newest !== boot) throw new LockTaken();
}
