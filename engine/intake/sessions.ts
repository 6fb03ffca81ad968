import { isJsonObject, type JsonObject } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';

/** Sessions of an event that cannot be taken, with the reason. */
export class InvalidSessions extends Error {
  override readonly name = 'InvalidSessions';
}

/**
 * Merges the sessions that an app gives an event with those that an SDK hands down from the run that sends it
 * (inngest.com/docs, sessions). What the app says wins; its null takes a session away, or all of them.
 *
 * @returns the event's `meta` as functions see it, null if nothing is left of it
 * @throws {InvalidSessions}
 */
export function mergeSessions(meta: JsonObject | null): JsonObject | null {
  if (meta === null) return null;
  const { sessions: own, propagated_sessions: inherited, ...rest } = meta;

  const given = own === null ? {} : readSessions(own);
  const kept = own === null ? {} : readSessions(inherited);
  const named = Object.entries(given).filter(([, id]) => id !== null);
  if (named.length > limits.sessionsPerEvent)
    throw new InvalidSessions(
      `event has ${named.length} sessions, at most ${limits.sessionsPerEvent} are allowed`,
    );
  const others = Object.entries(kept)
    .filter(([key, id]) => id !== null && !Object.hasOwn(given, key))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const sessions = Object.fromEntries([...named, ...others].slice(0, limits.sessionsPerEvent));

  const merged = Object.keys(sessions).length === 0 ? rest : { ...rest, sessions };
  return Object.keys(merged).length === 0 ? null : merged;
}

/** The sessions of an event, as events that the engine sends about its run carry them too. */
export function sessionsMeta(event: JsonObject): { meta?: JsonObject } {
  const sessions = isJsonObject(event.meta) ? event.meta.sessions : undefined;
  return isJsonObject(sessions) ? { meta: { sessions } } : {};
}

function readSessions(value: unknown): Record<string, string | null> {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw new InvalidSessions('event sessions are not an object');
  return Object.fromEntries(Object.entries(value).map(([key, id]) => [key, readSession(key, id)]));
}

function readSession(key: string, id: unknown): string | null {
  if (key === '') throw new InvalidSessions('event has a session without a key');
  if (id === null) return null;
  const text = typeof id === 'number' ? String(id) : id;
  if (typeof text !== 'string' || text === '')
    throw new InvalidSessions(`event session "${key}" is neither a text nor a number`);
  return text;
}
