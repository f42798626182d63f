// What a value may be, in words, read off a JSON Schema: errors and references are made from what is checked.

/** The parts of a JSON Schema (draft 2020-12) that are told. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  /** `false` for closed objects; a node for those with free keys. */
  readonly additionalProperties?: boolean | SchemaNode;
  /** Alternatives. */
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** What a value may be, where there are several forms. */
export function alternativesOf(schema: SchemaNode): readonly SchemaNode[] {
  return schema.anyOf ?? schema.oneOf ?? [];
}

/** The keys of an object, those of its alternatives included. */
export function keysOf(schema: SchemaNode): string[] {
  return [...new Set([...Object.keys(schema.properties ?? {}), ...alternativesOf(schema).flatMap(keysOf)])];
}

/** The values that are allowed, where they can be listed. */
export function choicesOf(nodes: readonly SchemaNode[]): string[] {
  return nodes.flatMap((node) => [
    ...(node.enum ?? []).map(String),
    ...(node.const === undefined ? [] : [String(node.const)]),
    ...choicesOf(alternativesOf(node)),
  ]);
}

/** `one of a, b, c`; of a single one, that in quotes. */
export function oneOf(choices: readonly string[]): string {
  return choices.length === 1 ? JSON.stringify(choices[0]) : `one of ${choices.join(', ')}`;
}

/**
 * What a value may be, in words; of several nodes any may hold.
 *
 * @example
 * ```ts
 * allowed({ type: 'integer', minimum: 1 }); // 'a whole number of at least 1'
 * allowed({ anyOf: [{ enum: ['adam', 'sgd'] }, { type: 'boolean' }] }); // 'one of adam, sgd, or true or false'
 * ```
 */
export function allowed(...nodes: readonly SchemaNode[]): string {
  const flat = nodes.flatMap(leavesOf);
  const choices = choicesOf(flat);
  const others = flat.filter((node) => node.enum === undefined && node.const === undefined);
  const words = [...(choices.length === 0 ? [] : [oneOf([...new Set(choices)])]), ...others.map(form)];
  return [...new Set(words)].join(', or ') || 'a value';
}

function leavesOf(node: SchemaNode): readonly SchemaNode[] {
  const alternatives = alternativesOf(node);
  return alternatives.length === 0 ? [node] : alternatives.flatMap(leavesOf);
}

function form(node: SchemaNode): string {
  switch (node.type) {
    case 'integer':
      return `a whole number${range(node)}`;
    case 'number':
      return `a number${range(node)}`;
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return node.items === undefined ? 'a list' : `a list of ${plural(node.items)}`;
    case 'object':
      return objectForm(node);
    default:
      return 'a value';
  }
}

function objectForm(node: SchemaNode): string {
  const keys = Object.entries(node.properties ?? {});
  if (keys.length === 0)
    return `keys with ${typeof node.additionalProperties === 'object' ? plural(node.additionalProperties) : 'values'}`;
  return `{${keys.map(([key, child]) => `${key}: ${child.const === undefined ? '..' : String(child.const)}`).join(', ')}}`;
}

function plural(node: SchemaNode): string {
  switch (node.type) {
    case 'integer':
      return `whole numbers${range(node)}`;
    case 'number':
      return `numbers${range(node)}`;
    case 'string':
      return 'names';
    default:
      return 'values';
  }
}

/** Schemas made of types have the bounds of exact numbers; these are not told. */
function range(node: SchemaNode): string {
  const bottom = told(node.minimum);
  const top = told(node.maximum);
  if (bottom !== undefined && top !== undefined) return ` from ${bottom} to ${top}`;
  const bounds = [
    ...(node.exclusiveMinimum === undefined ? [] : [`above ${node.exclusiveMinimum}`]),
    ...(bottom === undefined ? [] : [`of at least ${bottom}`]),
    ...(node.exclusiveMaximum === undefined ? [] : [`below ${node.exclusiveMaximum}`]),
    ...(top === undefined
      ? []
      : [bottom === undefined && node.exclusiveMinimum === undefined ? `of at most ${top}` : `at most ${top}`]),
  ];
  return bounds.length === 0 ? '' : ` ${bounds.join(' and ')}`;
}

function told(bound: number | undefined): number | undefined {
  return bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? undefined : bound;
}
