import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { checkNames, evaluateNode, type Scope } from './evaluate.ts';

/** An expression cannot be compiled. The message says where and why. */
export class InvalidExpression extends Error {
  override readonly name = 'InvalidExpression';
}

/**
 * A compiled CEL expression in the dialect of Inngest (inngest.com/docs, writing expressions): missing attributes are null,
 * integers and doubles compare and calculate with each other, `+` joins a string with anything, `&&` and `||` take any value.
 * Whole numbers of JSON are ints, so `event.data.count / 2` has no fraction and `event.data.count / 2.0` has one.
 */
export interface Expression {
  readonly text: string;
  readonly tree: ASTNode;
  /** @throws {EvaluationError} when the values do not fit the expression */
  evaluate(scope: Scope): unknown;
  /** Whether the result is the boolean true. An expression that fails is not true. */
  isTrue(scope: Scope): boolean;
}

const parser = new Environment({ unlistedVariablesAreDyn: true });

/**
 * @param variables the names that the expression may use, such as `event`
 * @throws {InvalidExpression} when the text is not CEL, or names something that does not exist
 */
export function compileExpression(text: string, variables: readonly string[]): Expression {
  const tree = parse(text);
  const unknownName = checkNames(tree, new Set(variables));
  if (unknownName !== null)
    throw new InvalidExpression(`Cannot compile "${text}": there is no ${unknownName}`);

  return {
    text,
    tree,
    evaluate: (scope) => evaluateNode(tree, scope),
    isTrue(scope) {
      try {
        return evaluateNode(tree, scope) === true;
      } catch {
        return false;
      }
    },
  };
}

function parse(text: string): ASTNode {
  try {
    return parser.parse(text).ast;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new InvalidExpression(`Cannot compile "${text}": ${reason}`);
  }
}
