import { z } from 'zod';
import { canonicalJson, isJsonObject, type JsonText } from '../protocol/canonical-json.ts';
import { limits } from '../protocol/limits.ts';

const scopes = ['run', 'step', 'step_attempt', 'extended_trace'] as const;
export type MetadataScope = (typeof scopes)[number];

const update = z.object({
  kind: z.string().min(1).max(limits.metadataKindLength),
  op: z.enum(['merge', 'set', 'delete', 'add']),
  values: z.record(z.string(), z.unknown()),
});

/** A change of what is known about a run or a step under one kind, such as `userland.default` or `inngest.score`. */
export interface MetadataUpdate {
  readonly kind: string;
  readonly op: z.infer<typeof update>['op'];
  /** An object, as JSON. */
  readonly values: JsonText;
}

/** An update with what it is about, as it is stored. */
export interface StoredMetadata extends MetadataUpdate {
  /** In the order of ids updates are combined. */
  readonly id: string;
  readonly runId: string;
  /** Null for what is said about the run. */
  readonly stepId: string | null;
  readonly attempt: number | null;
  readonly scope: MetadataScope;
}

/** Metadata cannot be taken. The message says why and is for the sender. */
export class InvalidMetadata extends Error {
  override readonly name = 'InvalidMetadata';
}

/** @throws {InvalidMetadata} */
export function parseUpdate(value: unknown): MetadataUpdate {
  const parsed = update.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InvalidMetadata(`Invalid metadata: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { kind, op } = parsed.data;
  if (kind.includes('\0')) throw new InvalidMetadata('Invalid metadata: its kind contains a NUL character');
  const values = toJson(parsed.data.values);
  const bytes = Buffer.byteLength(values);
  if (bytes > limits.metadataBytes) {
    throw new InvalidMetadata(
      `Invalid metadata: its values have ${bytes} bytes, ${limits.metadataBytes} are allowed`,
    );
  }
  return { kind, op, values };
}

function toJson(value: unknown): JsonText {
  try {
    return canonicalJson(value);
  } catch (error) {
    throw new InvalidMetadata(`Invalid metadata: ${error instanceof Error ? error.message : error}`);
  }
}

/** The updates that an op carries. What cannot be taken is left out: metadata never fails a step. */
export function readOpMetadata(
  value: unknown,
): readonly (MetadataUpdate & { readonly scope: MetadataScope })[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, limits.metadataUpdatesPerOp).flatMap((item: unknown) => {
    try {
      const named = isJsonObject(item) ? item.scope : null;
      return [{ ...parseUpdate(item), scope: scopes.find((scope) => scope === named) ?? 'step' }];
    } catch {
      return [];
    }
  });
}

/** What is known after all updates, in their order. `add` sums numbers; where there is none it sets the value. */
export function combine(updates: readonly MetadataUpdate[]): Readonly<Record<string, unknown>> {
  const known = new Map<string, unknown>();
  for (const { op, values } of updates) {
    if (op === 'set') known.clear();
    for (const [key, value] of Object.entries(JSON.parse(values) as Record<string, unknown>)) {
      const before = known.get(key);
      if (op === 'delete') known.delete(key);
      else if (op !== 'add' || typeof before !== 'number') known.set(key, value);
      else if (typeof value === 'number') known.set(key, before + value);
    }
  }
  return Object.fromEntries(known);
}
