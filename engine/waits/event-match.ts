import { createHash } from 'node:crypto';
import type { ASTNode } from '@marcbachmann/cel-js';
import { attribute, evaluateNode } from '../expressions/evaluate.ts';
import { compileExpression, type Expression } from '../expressions/expression.ts';
import { canonicalJson, isJsonObject, wrappingJson } from '../protocol/canonical-json.ts';
import type { EventMatch, MatchKey } from './wait.ts';

type Path = readonly (string | number)[];

const maxKeptEventChars = 65_536;
/** PostgreSQL indexes no long texts. */
const maxPathChars = 300;
const timeFunctions: readonly string[] = ['now', 'now_plus', 'now_minus'];

/**
 * Works out how events are found that meet an expression with `event`, the event that triggered the run, and `async`, the
 * one that comes in (inngest.com/docs, `step.waitForEvent`). The values of `event` are fixed here.
 *
 * @throws {InvalidExpression} when the text does not compile
 */
export function planMatch(text: string, event: unknown): EventMatch {
  const expression = compileExpression(text, ['event', 'async']);
  const kept = wrappingJson(pick(event, pathsFrom('event', expression.tree)));
  return {
    expression: text,
    event: kept.length <= maxKeptEventChars ? kept : null,
    key: demandedKey(expression, event),
  };
}

/** A value that an event must have at a path to meet an expression with `event` and `async`. Null if it demands none. */
export function demandedKey(expression: Expression, event: unknown): MatchKey | null {
  for (const node of conjuncts(expression.tree)) {
    const key = equalityKey(node, event);
    if (key !== null) return key;
  }
  return null;
}

/** The key of a value that an incoming event has at a path. Null if no wait with that path can match the event. */
export function keyOf(path: string, event: unknown): MatchKey | null {
  try {
    const keys = JSON.parse(path) as Path;
    return toKey(keys, keys.reduce<unknown>(attribute, event));
  } catch {
    return null;
  }
}

function toKey(path: Path, value: unknown): MatchKey | null {
  const isScalar = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  const pathText = JSON.stringify(path);
  if (!isScalar || pathText.length > maxPathChars) return null;
  const valueHash = createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 32);
  return { path: pathText, valueHash };
}

/** Where the expression says `async.<path> == <value>`, the value is one that a matching event must have. */
function equalityKey(node: ASTNode, event: unknown): MatchKey | null {
  if (node.op !== '==') return null;
  const [left, right] = node.args;
  for (const [side, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const path = chain(side);
    if (path?.root !== 'async' || path.keys.length === 0 || !isFixed(other)) continue;
    try {
      return toKey(path.keys, evaluateNode(other, { event }));
    } catch {
      return null;
    }
  }
  return null;
}

function conjuncts(node: ASTNode): readonly ASTNode[] {
  return node.op === '&&' ? node.args.flatMap(conjuncts) : [node];
}

/** Whether a part of an expression has the same value whenever it is evaluated, and whatever the incoming event is. */
function isFixed(node: ASTNode): boolean {
  if (node.op === 'id') return node.args !== 'async';
  if (node.op === 'call' && timeFunctions.includes(node.args[0])) return false;
  return children(node).every(isFixed);
}

/** `a.b['c'][0]` as its root and keys; null for anything that is not such a chain. */
function chain(node: ASTNode): { root: string; keys: Path } | null {
  if (node.op === 'id') return { root: node.args, keys: [] };
  if (node.op !== '.' && node.op !== '[]') return null;
  const inner = chain(node.args[0]);
  const key = node.op === '.' ? node.args[1] : keyLiteral(node.args[1]);
  return inner === null || key === null ? null : { root: inner.root, keys: [...inner.keys, key] };
}

function keyLiteral(node: ASTNode): string | number | null {
  if (node.op !== 'value') return null;
  const value: unknown = node.args;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' ? value : null;
}

/** The paths at which an expression reads a variable. */
function pathsFrom(root: string, node: ASTNode): readonly Path[] {
  const path = chain(node);
  if (path !== null) return path.root === root ? [path.keys] : [];
  return children(node).flatMap((child) => pathsFrom(root, child));
}

/** A copy of an object that has only these paths. Lists are taken whole. */
function pick(source: unknown, paths: readonly Path[]): unknown {
  const picked: Record<string, unknown> = Object.create(null);
  for (const path of paths) {
    if (path.length === 0) return source;
    copyPath(source, picked, path);
  }
  return picked;
}

function copyPath(source: unknown, target: Record<string, unknown>, path: Path): void {
  const key = String(path[0]);
  if (!isJsonObject(source) || !Object.hasOwn(source, key)) return;
  const value = source[key];
  const known = target[key];
  if (known === value) return;
  if (path.length === 1 || !isJsonObject(value)) {
    target[key] = value;
    return;
  }
  const inner: Record<string, unknown> = isRecord(known) ? known : Object.create(null);
  target[key] = inner;
  copyPath(value, inner, path.slice(1));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isJsonObject(value);
}

function children(node: ASTNode): readonly ASTNode[] {
  const found: ASTNode[] = [];
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect);
    else if (isNode(value)) found.push(value);
  };
  collect(node.args);
  return found;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
