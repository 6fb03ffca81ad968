import type { ASTNode } from '@marcbachmann/cel-js';
import { add, divide, multiply, negate, ofType, remainder, subtract } from './arithmetic.ts';
import { functions, toList } from './functions.ts';
import { typeNames } from './type-name.ts';
import { numberOf } from './typed-number.ts';
import { compare, EvaluationError, isEqual, isMap, isTruthy, kindOf, textOf, toNumber } from './values.ts';

/** The values of the variables of an expression. */
export type Scope = Readonly<Record<string, unknown>>;

// The library parses; we evaluate its tree ourselves, because its own evaluator follows the CEL specification where
// Inngest does not: a missing attribute has to be null, not an error.

type Body = (item: unknown) => unknown;
type Macro = (items: readonly unknown[], body: Body, second: Body) => unknown;

/** By their names and the number of their arguments, the first of which is a variable. */
const macros: ReadonlyMap<string, Macro> = new Map<string, Macro>([
  ['exists/2', (items, test) => items.some((item) => test(item) === true)],
  ['all/2', (items, test) => items.every((item) => test(item) === true)],
  ['exists_one/2', (items, test) => items.filter((item) => test(item) === true).length === 1],
  ['filter/2', (items, test) => items.filter((item) => test(item) === true)],
  ['map/2', (items, change) => items.map(change)],
  ['map/3', (items, test, change) => items.filter((item) => test(item) === true).map(change)],
]);

function findMacro(name: string, args: readonly ASTNode[]): Macro | undefined {
  return args[0]?.op === 'id' ? macros.get(`${name}/${args.length}`) : undefined;
}

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
      return variables.has(node.args) || typeNames.has(node.args) ? null : `variable "${node.args}"`;
    case '.':
    case '.?':
      return checkAll([node.args[0]]);
    case 'call': {
      const [name, args] = node.args;
      return name === 'has' || functions.has(name) ? checkAll(args) : `function "${name}"`;
    }
    case 'rcall': {
      const [name, receiver, args] = node.args;
      const [variable, ...bodies] = args;
      if (findMacro(name, args) !== undefined && variable?.op === 'id') {
        return checkAll([receiver]) ?? checkAll(bodies, new Set([...variables, variable.args]));
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

/** A number is a plain one, whatever its type. @throws {EvaluationError} when the values do not fit the expression */
export function evaluateNode(node: ASTNode, scope: Scope): unknown {
  const value = evaluateTyped(node, scope);
  return numberOf(value) ?? value;
}

/** The same with whole doubles and uints kept apart from ints. */
function evaluateTyped(node: ASTNode, scope: Scope): unknown {
  const evaluate = (child: ASTNode) => evaluateTyped(child, scope);

  switch (node.op) {
    case 'value':
      return literal(node.args);
    case 'id':
      return (Object.hasOwn(scope, node.args) ? scope[node.args] : typeNames.get(node.args)) ?? null;
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
      return Object.fromEntries(node.args.map(([key, value]) => [textOf(evaluate(key)), evaluate(value)]));
    case '?:':
      return evaluate(isTruthy(evaluate(node.args[0])) ? node.args[1] : node.args[2]);
    case '&&':
      return both(node.args, evaluate);
    case '||':
      return !both(node.args, (child) => !isTruthy(evaluate(child)));
    case '!_':
      return not(evaluate(node.args));
    case '-_':
      return negate(evaluate(node.args));
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
      return multiply(left, right);
    case '/':
      return divide(left, right);
    case '%':
      return remainder(left, right);
    case 'in':
      return isMap(right)
        ? Object.hasOwn(right, textOf(left))
        : toList(right).some((item) => isEqual(item, left));
    default:
      throw new EvaluationError(`Cannot evaluate the operator "${operator}"`);
  }
}

function literal(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return ofType(value, 'double');
  const isUint = typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
  return isUint ? ofType(Number(value), 'uint') : value;
}

/** The attribute of a map or the item of a list; null if it is missing. @throws {EvaluationError} for a list and a text */
export function attribute(container: unknown, key: unknown): unknown {
  if (Array.isArray(container)) return container[toNumber(key)] ?? null;
  if (!isMap(container)) return null;
  const name = textOf(key);
  return Object.hasOwn(container, name) ? (container[name] ?? null) : null;
}

function has(args: readonly ASTNode[], scope: Scope): boolean {
  const [node] = args;
  if (node === undefined || node.op !== '.')
    throw new EvaluationError('Cannot evaluate has(): it needs an attribute');
  const container = evaluateTyped(node.args[0], scope);
  return isMap(container) && Object.hasOwn(container, node.args[1]);
}

function call(name: string, args: readonly unknown[]): unknown {
  const run = functions.get(name);
  if (run === undefined) throw new EvaluationError(`Cannot call "${name}": there is no such function`);
  return run(args);
}

function callOn([name, receiver, args]: [string, ASTNode, ASTNode[]], scope: Scope): unknown {
  const macro = findMacro(name, args);
  const [variable, first, second = first] = args;
  if (macro !== undefined && variable?.op === 'id' && first !== undefined && second !== undefined) {
    const target = evaluateTyped(receiver, scope);
    const items = isMap(target) ? Object.keys(target) : toList(target);
    const bodyOf = (body: ASTNode) => (item: unknown) =>
      evaluateTyped(body, { ...scope, [variable.args]: item });
    return macro(items, bodyOf(first), bodyOf(second));
  }
  return call(
    name,
    [receiver, ...args].map((node) => evaluateTyped(node, scope)),
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
