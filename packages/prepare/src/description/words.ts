// What may be written in a description, in words for its errors, read off the schema by way of JSON Schema:
// so errors cannot say something else than what is checked.
import { z } from 'zod';

/** A node of a JSON Schema: the parts of it that the schema of descriptions uses. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  /** A node where keys are free. */
  readonly additionalProperties?: boolean | SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** The tree of a schema. */
export function schemaTree(schema: z.ZodType): SchemaNode {
  // JSON Schema is plain data; SchemaNode names the parts of it that are used.
  return z.toJSONSchema(schema, { io: 'input' }) as SchemaNode;
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf ?? node.oneOf ?? [];
}

/** The nodes at a path: several where alternatives lead there. Of alternatives that `value` tells apart by a word (`method`), the one it names. */
export function nodesAt(node: SchemaNode, path: readonly PropertyKey[], value: unknown): SchemaNode[] {
  const [key, ...rest] = path;
  if (key === undefined) return [node];
  const free = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  const child = typeof key === 'number' ? node.items : (node.properties?.[String(key)] ?? free);
  const named = alternatives(node).filter((alternative) => isNamed(alternative, value));
  return [
    ...(child === undefined ? [] : nodesAt(child, rest, childOf(value, key))),
    ...(named.length > 0 ? named : alternatives(node)).flatMap((alternative) => nodesAt(alternative, path, value)),
  ];
}

function isNamed(node: SchemaNode, value: unknown): boolean {
  return Object.entries(node.properties ?? {}).some(
    ([key, child]) => child.const !== undefined && child.const === childOf(value, key),
  );
}

/** The value of a key; undefined where there is none. */
export function childOf(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([name]) => name === String(key))?.[1];
}

/** The keys of an object, those of its alternatives included. */
export function keysOf(node: SchemaNode): string[] {
  return [...new Set([...Object.keys(node.properties ?? {}), ...alternatives(node).flatMap(keysOf)])];
}

/** The texts that are allowed, where they can be listed. */
export function choicesOf(nodes: readonly SchemaNode[]): string[] {
  return nodes.flatMap((node) => [
    ...(node.enum ?? []).map(String),
    ...(node.const === undefined ? [] : [String(node.const)]),
    ...choicesOf(alternatives(node)),
  ]);
}

/** What a value may be: `a whole number of at least 1`. */
export function allowed(nodes: readonly SchemaNode[]): string {
  const flat = nodes.flatMap((node) => (alternatives(node).length > 0 ? alternatives(node) : [node]));
  const choices = choicesOf(flat);
  const others = flat.filter((node) => node.enum === undefined && node.const === undefined);
  const words = [
    ...(choices.length === 0
      ? []
      : [choices.length === 1 ? JSON.stringify(choices[0]) : `one of ${choices.join(', ')}`]),
    ...others.map(one),
  ];
  return [...new Set(words)].join(', or ') || 'something else';
}

function one(node: SchemaNode): string {
  const nested = alternatives(node);
  if (nested.length > 0) return allowed(nested);
  const most = Math.min(node.maximum ?? Infinity, Number.MAX_SAFE_INTEGER - 1);
  const range = [
    ...(node.exclusiveMinimum === undefined ? [] : [`above ${node.exclusiveMinimum}`]),
    ...(node.minimum === undefined || node.minimum < -1e15 ? [] : [`of at least ${node.minimum}`]),
    ...(node.exclusiveMaximum === undefined ? [] : [`below ${node.exclusiveMaximum}`]),
    ...(most > 1e15 ? [] : [`of at most ${most}`]),
  ];
  const ranged = (what: string): string => [what, range.join(' and ')].filter((part) => part !== '').join(' ');
  switch (node.type) {
    case 'integer':
      return ranged('a whole number');
    case 'number':
      return ranged('a number');
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object': {
      const keys = keysOf(node);
      return keys.length === 0 ? 'keys and values' : `the keys ${keys.join(', ')}`;
    }
    default:
      return 'something else';
  }
}
