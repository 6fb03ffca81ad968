import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { isJsonObject, type JsonObject } from '../protocol/canonical-json.ts';

/** Fields by their names: values, or functions that find them out from the field's arguments. */
export type Fields = JsonObject;

/** Something is not there, or a request asks for what does not exist. The message is for the sender. */
export class QueryProblem extends Error {
  override readonly name = 'QueryProblem';
  /** Whether there is no answer at all without it, as for a field that may not be null. */
  readonly isFatal: boolean;

  constructor(message: string, options: { readonly isFatal?: boolean } = {}) {
    super(message);
    this.isFatal = options.isFatal ?? false;
  }
}

export interface QueryRequest {
  readonly query: string;
  readonly variables: JsonObject;
  readonly operationName: string | null;
}

export interface QueryAnswer {
  readonly data?: JsonObject | null;
  readonly errors?: readonly { readonly message: string }[];
}

/** Documents of tools have a few hundred tokens. */
const maxTokens = 4_000;
const maxFields = 50_000;

/**
 * Answers a GraphQL query from an object of fields, and the objects and lists that they lead to. There is no schema: what is
 * asked for is looked up by its name, so only what is there is found out.
 *
 * @returns `errors` beside the fields that could be found out, as the GraphQL specification says (6.4.4)
 */
export async function answerQuery(root: Fields, request: QueryRequest): Promise<QueryAnswer> {
  let operation: OperationDefinitionNode;
  let document: DocumentNode;
  try {
    document = parse(request.query, { maxTokens, noLocation: true });
    operation = chooseOperation(document, request.operationName);
  } catch (error) {
    if (error instanceof GraphQLError || error instanceof QueryProblem)
      return { errors: [{ message: error.message }] };
    throw error;
  }
  const selection = new Selection(document, withDefaults(operation, request.variables));
  const data: Record<string, unknown> = {};
  const errors: { message: string }[] = [];
  for (const field of selection.fieldsOf(operation.selectionSet)) {
    const key = field.alias?.value ?? field.name.value;
    try {
      data[key] = await selection.resolve(root, field);
    } catch (error) {
      if (!(error instanceof QueryProblem)) throw error;
      errors.push({ message: error.message });
      if (error.isFatal) return { errors, data: null };
      data[key] = null;
    }
  }
  return errors.length === 0 ? { data } : { errors, data };
}

function chooseOperation(document: DocumentNode, name: string | null): OperationDefinitionNode {
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const chosen = name === null ? operations[0] : operations.find((each) => each.name?.value === name);
  if (chosen === undefined || (name === null && operations.length > 1))
    throw new QueryProblem('Cannot choose an operation: operationName names none of the document');
  if (chosen.operation !== 'query')
    throw new QueryProblem(`Cannot perform a ${chosen.operation}: only queries are there`);
  return chosen;
}

function withDefaults(operation: OperationDefinitionNode, variables: JsonObject): JsonObject {
  const defaults = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
  );
  return { ...Object.fromEntries(defaults), ...variables };
}

/** What a document selects, with the values of its variables. */
class Selection {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: JsonObject;
  #visited = 0;

  constructor(document: DocumentNode, variables: JsonObject) {
    this.#variables = variables;
    this.#fragments = new Map(
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
      ),
    );
  }

  /** The fields of a selection, those of its fragments among them. */
  fieldsOf(set: SelectionSetNode, within: readonly string[] = []): readonly FieldNode[] {
    return set.selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return this.fieldsOf(selection.selectionSet, within);
      const name = selection.name.value;
      const fragment = this.#fragments.get(name);
      if (fragment === undefined) throw new QueryProblem(`Unknown fragment "${name}"`);
      if (within.includes(name)) throw new QueryProblem(`The fragment "${name}" contains itself`);
      return this.fieldsOf(fragment.selectionSet, [...within, name]);
    });
  }

  /** @throws {QueryProblem} */
  async resolve(parent: Fields, node: FieldNode): Promise<unknown> {
    this.#visited += 1;
    if (this.#visited > maxFields) throw new QueryProblem('Cannot answer the query: it asks for too much');
    const name = node.name.value;
    if (name === '__typename') return 'Object';
    if (!Object.hasOwn(parent, name)) throw new QueryProblem(`Cannot query field "${name}"`);
    const field = parent[name];
    const value: unknown = typeof field === 'function' ? await field(this.#argumentsOf(node)) : field;
    return await this.#select(value, node);
  }

  async #select(value: unknown, node: FieldNode): Promise<unknown> {
    if (node.selectionSet === undefined || value === null || value === undefined) return value ?? null;
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const item of value) items.push(await this.#select(item, node));
      return items;
    }
    if (!isJsonObject(value)) throw new QueryProblem(`The field "${node.name.value}" has no fields`);
    const selected: Record<string, unknown> = {};
    for (const field of this.fieldsOf(node.selectionSet))
      selected[field.alias?.value ?? field.name.value] = await this.resolve(value, field);
    return selected;
  }

  #argumentsOf(node: FieldNode): JsonObject {
    const entries = (node.arguments ?? []).map(
      (argument) => [argument.name.value, valueFromASTUntyped(argument.value, this.#variables)] as const,
    );
    return Object.fromEntries(entries);
  }
}
