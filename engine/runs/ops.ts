import { readOpMetadata } from '../metadata/metadata.ts';
import { canonicalJson, isJsonObject, type JsonObject, type JsonText } from '../protocol/canonical-json.ts';
import { type OpCode, opCodes } from '../protocol/names.ts';

/** What an SDK reports about a step (Inngest SDK spec 5.2). Fields that the engine does not use are dropped. */
export interface Op {
  readonly op: OpCode;
  readonly id: string;
  /** For a sleep: how long, or until when. Else the name of the step. */
  readonly name: string;
  readonly displayName: string;
  readonly opts: JsonObject;
  readonly data: JsonText;
  readonly error: JsonText;
  readonly startedAtMs: number | null;
  /** By the app's clock; several steps may be reported together, later. */
  readonly endedAtMs: number | null;
  readonly metadata: ReturnType<typeof readOpMetadata>;
}

/** Something that is not an op where one should be. */
export class MalformedOp extends Error {
  override readonly name = 'MalformedOp';
}

const maxNameLength = 1_000;

/** @throws {MalformedOp} */
export function parseOp(value: unknown): Op {
  if (!isJsonObject(value)) throw new MalformedOp('Cannot read an operation: it is not an object');

  const { op: code, id } = value;
  const name = cleanName(value.name);
  const displayName = cleanName(value.displayName) || name;
  const op = opCodes.find((known) => known === code);
  if (op === undefined)
    throw new MalformedOp(`Cannot read an operation: its code "${String(code)}" is unknown`);
  if (typeof id !== 'string' || id === '' || id.length > maxNameLength) {
    throw new MalformedOp(`Cannot read the operation ${op}: it has no id`);
  }
  return {
    op,
    id,
    name,
    displayName,
    opts: isJsonObject(value.opts) ? value.opts : {},
    data: canonicalJson(value.data ?? null),
    error: errorText(value.error),
    ...timesOf(value.timing),
    metadata: readOpMetadata(value.metadata),
  };
}

const errorFields = ['name', 'message', 'stack', 'cause', 'code', 'data', 'noRetry'] as const;

/** An error as it is kept: the fields that an SDK rebuilds it from. */
export function errorText(error: unknown): JsonText {
  if (!isJsonObject(error)) {
    return canonicalJson({ name: 'Error', message: typeof error === 'string' ? error : 'Unknown error' });
  }
  const kept: Record<string, unknown> = { name: 'Error', message: '' };
  for (const field of errorFields) {
    if (error[field] !== undefined && error[field] !== null) kept[field] = error[field];
  }
  if (kept.message === '' && typeof error.error === 'string') kept.message = error.error;
  return canonicalJson(kept);
}

/** PostgreSQL has no text with a NUL or half of a surrogate pair in it. */
function cleanName(value: unknown): string {
  return typeof value === 'string' ? value.replaceAll('\0', '').slice(0, maxNameLength).toWellFormed() : '';
}

function timesOf(timing: unknown): Pick<Op, 'startedAtMs' | 'endedAtMs'> {
  const { a: startNs, b: durationNs } = isJsonObject(timing) ? timing : {};
  if (typeof startNs !== 'number' || startNs <= 0) return { startedAtMs: null, endedAtMs: null };
  const hasDuration = typeof durationNs === 'number' && durationNs >= 0;
  return {
    startedAtMs: Math.round(startNs / 1e6),
    endedAtMs: hasDuration ? Math.round((startNs + durationNs) / 1e6) : null,
  };
}

/** The text of an option, whatever the app sent. PostgreSQL has no text with a NUL or half of a surrogate pair in it. */
export function textOption(value: unknown): string {
  return typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : '';
}
