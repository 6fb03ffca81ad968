import { canonicalJson, isJsonObject, type JsonObject, type JsonText } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';
import { internalEventPrefix } from '../protocol/names.ts';
import { InvalidSessions, mergeSessions } from './sessions.ts';

/** An event cannot be taken. The message is what the official server says where it says something. */
export class InvalidEvent extends Error {
  override readonly name = 'InvalidEvent';
}

/** An event that was checked but has no internal id yet. */
export interface IncomingEvent {
  readonly name: string;
  readonly externalId: string | null;
  readonly tsMs: number;
  readonly data: JsonObject;
  readonly user: JsonObject;
  readonly v: string | null;
  readonly meta: JsonObject | null;
}

const earliestTsMs = Date.UTC(1980, 0, 1);
const latestTsMs = Date.UTC(2100, 0, 1);

/**
 * Checks one event as it came in.
 *
 * @throws {InvalidEvent}
 */
export function parseEvent(value: unknown, nowMs: number): IncomingEvent {
  if (!isJsonObject(value)) throw new InvalidEvent('event is not an object');

  return {
    name: parseName(value.name),
    externalId: parseText(value.id, 'id', limits.eventIdBytes),
    tsMs: parseTs(value.ts, nowMs),
    data: parseData(value.data),
    user: parseObject(value.user, 'user') ?? {},
    v: parseText(value.v, 'v', limits.eventIdBytes),
    meta: parseMeta(value.meta),
  };
}

/**
 * The event as functions see it: its id is the sender's own if there is one.
 *
 * @throws {InvalidEvent} when it has more than `maxBytes`
 */
export function eventPayload(
  event: IncomingEvent,
  internalId: string,
  maxBytes: number = limits.eventBytes,
): JsonText {
  const { name, data, user, v, meta } = event;
  const payload = toJson({
    name,
    data,
    id: event.externalId ?? internalId,
    ts: event.tsMs,
    user,
    ...(v === null ? {} : { v }),
    ...(meta === null ? {} : { meta }),
  });
  if (Buffer.byteLength(payload) > maxBytes) {
    throw new InvalidEvent(
      `Event is over the max size: it has ${Buffer.byteLength(payload)} bytes, ${maxBytes} are allowed`,
    );
  }
  return payload;
}

function toJson(value: JsonObject): JsonText {
  try {
    return canonicalJson(value);
  } catch (error) {
    throw new InvalidEvent(`event cannot be stored: ${error instanceof Error ? error.message : error}`);
  }
}

function parseName(name: unknown): string {
  if (name !== undefined && typeof name !== 'string') throw new InvalidEvent('event name is not a string');
  if (!name) throw new InvalidEvent('event name is empty');
  if (name.toLowerCase().startsWith(internalEventPrefix)) {
    throw new InvalidEvent(`event name is reserved for internal use: ${name}`);
  }
  return parseText(name, 'name', limits.eventNameBytes) ?? '';
}

function parseText(value: unknown, field: string, maxBytes: number): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') throw new InvalidEvent(`event ${field} is not a string`);
  // What is indexed is limited by its bytes.
  if (Buffer.byteLength(value) > maxBytes)
    throw new InvalidEvent(`event ${field} is longer than ${maxBytes} bytes`);
  // PostgreSQL has no text with a NUL or half of a surrogate pair in it.
  if (value.includes('\0')) throw new InvalidEvent(`event ${field} contains a NUL character`);
  return value.toWellFormed();
}

function parseTs(ts: unknown, nowMs: number): number {
  if (ts === undefined || ts === null || ts === 0) return nowMs;
  if (typeof ts !== 'number' || !Number.isSafeInteger(ts))
    throw new InvalidEvent('event ts is not a whole number of milliseconds');
  if (ts < earliestTsMs || ts > latestTsMs)
    throw new InvalidEvent(`event ts is not between 1980 and 2100: ${ts}`);
  return ts;
}

function parseData(value: unknown): JsonObject {
  const data = parseObject(value, 'data');
  if (data === null) return {};
  if (!Object.hasOwn(data, '_inngest')) return data;
  // The key is the engine's own, in internal events.
  return Object.fromEntries(Object.entries(data).filter(([key]) => key !== '_inngest'));
}

function parseMeta(value: unknown): JsonObject | null {
  try {
    return mergeSessions(parseObject(value, 'meta'));
  } catch (error) {
    if (error instanceof InvalidSessions) throw new InvalidEvent(error.message);
    throw error;
  }
}

function parseObject(value: unknown, field: string): JsonObject | null {
  if (value === undefined || value === null) return null;
  if (!isJsonObject(value)) throw new InvalidEvent(`event ${field} is not an object`);
  return value;
}
