// What may be written in a description, in words for its errors, read off the schema by way of JSON Schema:
// so errors cannot say something else than what is checked.
import { alternativesOf, type SchemaNode } from '@difsr/errors';
import { z } from 'zod';

/** The tree of a schema. */
export function schemaTree(schema: z.ZodType): SchemaNode {
  // JSON Schema is plain data; SchemaNode names the parts of it that are used.
  return z.toJSONSchema(schema, { io: 'input' }) as SchemaNode;
}

/** The nodes at a path: several where alternatives lead there. Of alternatives that `value` tells apart by a word (`method`), the one it names. */
export function nodesAt(node: SchemaNode, path: readonly PropertyKey[], value: unknown): SchemaNode[] {
  const [key, ...rest] = path;
  if (key === undefined) return [node];
  const free = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  const child = typeof key === 'number' ? node.items : (node.properties?.[String(key)] ?? free);
  const named = alternativesOf(node).filter((alternative) => isNamed(alternative, value));
  return [
    ...(child === undefined ? [] : nodesAt(child, rest, childOf(value, key))),
    ...(named.length > 0 ? named : alternativesOf(node)).flatMap((alternative) => nodesAt(alternative, path, value)),
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
