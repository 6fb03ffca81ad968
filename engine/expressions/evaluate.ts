import type { ASTNode } from '@marcbachmann/cel-js';
import { isJsonObject } from '../protocol/canonical-json.ts';
import { functions, toList } from './functions.ts';
import { add, compare, EvaluationError, isEqual, isTruthy, kindOf, subtract, toNumber } from './values.ts';

/** The values of the variables of an expression. */
export type Scope = Readonly<Record<string, unknown>>;

// The library parses; we evaluate its tree ourselves, because its own evaluator follows the CEL specification where
// Inngest does not: a missing attribute has to be null, not an error.

type Macro = (items: readonly unknown[], isTrueFor: (item: unknown) => unknown) => unknown;

const macros: ReadonlyMap<string, Macro> = new Map<string, Macro>([
  ['exists', (items, test) => items.some((item) => test(item) === true)],
  ['all', (items, test) => items.every((item) => test(item) === true)],
  ['exists_one', (items, test) => items.filter((item) => test(item) === true).length === 1],
  ['filter', (items, test) => items.filter((item) => test(item) === true)],
  ['map', (items, change) => items.map(change)],
]);

/** Says which variable or function of the tree does not exist, or null if all do. */
export function checkNames(node: ASTNode, variables: ReadonlySet<string>): string | null {
  const checkAll = (nodes: readonly ASTNode[], known = variables): string | null => {
    for (const child of nodes) {
      const unknownName = checkNames(child, known);
      if (unknownName !== null) return unknownName;
    }
    return null;
  };

  switch (node.op) {
    case 'value':
      return null;
    case 'id':
      return variables.has(node.args) ? null : `variable "${node.args}"`;
    case '.':
    case '.?':
      return checkAll([node.args[0]]);
    case 'call': {
      const [name, args] = node.args;
      return name === 'has' || functions.has(name) ? checkAll(args) : `function "${name}"`;
    }
    case 'rcall': {
      const [name, receiver, args] = node.args;
      const variable = args[0]?.op === 'id' ? args[0].args : null;
      if (macros.has(name) && args.length === 2 && variable !== null) {
        return checkAll([receiver]) ?? checkAll(args.slice(1), new Set([...variables, variable]));
      }
      return functions.has(name) ? checkAll([receiver, ...args]) : `function "${name}"`;
    }
    case 'list':
      return checkAll(node.args);
    case 'map':
      return checkAll(node.args.flat());
    case '!_':
    case '-_':
      return checkAll([node.args]);
    default:
      return checkAll(node.args);
  }
}

/** @throws {EvaluationError} when the values do not fit the expression */
export function evaluateNode(node: ASTNode, scope: Scope): unknown {
  const evaluate = (child: ASTNode) => evaluateNode(child, scope);

  switch (node.op) {
    case 'value':
      return literal(node.args);
    case 'id':
      return scope[node.args] ?? null;
    case '.':
    case '.?':
      return attribute(evaluate(node.args[0]), node.args[1]);
    case '[]':
    case '[?]':
      return attribute(evaluate(node.args[0]), evaluate(node.args[1]));
    case 'call':
      return node.args[0] === 'has'
        ? has(node.args[1], scope)
        : call(node.args[0], node.args[1].map(evaluate));
    case 'rcall':
      return callOn(node.args, scope);
    case 'list':
      return node.args.map(evaluate);
    case 'map':
      return Object.fromEntries(node.args.map(([key, value]) => [String(evaluate(key)), evaluate(value)]));
    case '?:':
      return evaluate(isTruthy(evaluate(node.args[0])) ? node.args[1] : node.args[2]);
    case '&&':
      return both(node.args, evaluate);
    case '||':
      return !both(node.args, (child) => !isTruthy(evaluate(child)));
    case '!_':
      return not(evaluate(node.args));
    case '-_':
      return -toNumber(evaluate(node.args));
    default:
      return operate(node.op, evaluate(node.args[0]), evaluate(node.args[1]));
  }
}

function operate(operator: string, left: unknown, right: unknown): unknown {
  switch (operator) {
    case '==':
      return isEqual(left, right);
    case '!=':
      return !isEqual(left, right);
    case '<':
      return compare(left, right) < 0;
    case '<=':
      return compare(left, right) <= 0;
    case '>':
      return compare(left, right) > 0;
    case '>=':
      return compare(left, right) >= 0;
    case '+':
      return add(left, right);
    case '-':
      return subtract(left, right);
    case '*':
      return toNumber(left) * toNumber(right);
    case '/':
      return toNumber(left) / toNumber(right);
    case '%':
      return toNumber(left) % toNumber(right);
    case 'in':
      return isJsonObject(right)
        ? Object.hasOwn(right, String(left))
        : toList(right).some((item) => isEqual(item, left));
    default:
      throw new EvaluationError(`Cannot evaluate the operator "${operator}"`);
  }
}

function literal(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return isJsonObject(value) && 'valueOf' in value && typeof value !== 'string'
    ? Number(value.valueOf())
    : value;
}

/** The attribute of a map or the item of a list; null if it is missing. @throws {EvaluationError} for a list and a text */
export function attribute(container: unknown, key: unknown): unknown {
  if (Array.isArray(container)) return container[toNumber(key)] ?? null;
  return isJsonObject(container) && Object.hasOwn(container, String(key))
    ? (container[String(key)] ?? null)
    : null;
}

function has(args: readonly ASTNode[], scope: Scope): boolean {
  const [node] = args;
  if (node === undefined || node.op !== '.')
    throw new EvaluationError('Cannot evaluate has(): it needs an attribute');
  const container = evaluateNode(node.args[0], scope);
  return isJsonObject(container) && Object.hasOwn(container, node.args[1]);
}

function call(name: string, args: readonly unknown[]): unknown {
  const run = functions.get(name);
  if (run === undefined) throw new EvaluationError(`Cannot call "${name}": there is no such function`);
  return run(args);
}

function callOn([name, receiver, args]: [string, ASTNode, ASTNode[]], scope: Scope): unknown {
  const macro = macros.get(name);
  const [variable, body] = args;
  if (macro !== undefined && variable?.op === 'id' && body !== undefined) {
    const target = evaluateNode(receiver, scope);
    const items = isJsonObject(target) ? Object.keys(target) : toList(target);
    return macro(items, (item) => evaluateNode(body, { ...scope, [variable.args]: item }));
  }
  return call(
    name,
    [receiver, ...args].map((node) => evaluateNode(node, scope)),
  );
}

/** CEL specification, logical operators: a false side decides, whatever error the other side has. */
function both([left, right]: readonly [ASTNode, ASTNode], evaluate: (node: ASTNode) => unknown): boolean {
  let leftValue: unknown;
  try {
    leftValue = evaluate(left);
  } catch (error) {
    if (!isTruthy(evaluate(right))) return false;
    throw error;
  }
  return isTruthy(leftValue) && isTruthy(evaluate(right));
}

function not(value: unknown): boolean {
  if (typeof value === 'boolean') return !value;
  throw new EvaluationError(`Cannot negate a ${kindOf(value)}: a boolean is needed`);
}
