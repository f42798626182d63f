// What may be configured, read off the zod schemas by way of JSON Schema: known keys, and what a value may be in words.
// Errors and the configuration reference are made from it, so that neither can say something else than what is checked.
import { models, type ModelDefinition } from '@difsr/models';
import { runConfigSchema } from '@difsr/training';
import { z } from 'zod';
import { isTree, type Tree } from './layers.js';

/** A node of the JSON Schema of a configuration. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
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

/** The nodes of a schema. */
export function jsonSchema(schema: z.ZodType): SchemaNode {
  // JSON Schema is plain data; SchemaNode names the parts of it that our schemas use.
  return z.toJSONSchema(schema, { io: 'input' }) as SchemaNode;
}

/** The options of a model, `name` not among them. */
export function modelSchema(model: Pick<ModelDefinition, 'config'>): SchemaNode {
  return jsonSchema(model.config);
}

/** The whole configuration, with the options of one model. */
export function configSchema(model: ModelDefinition): SchemaNode {
  const run = jsonSchema(runConfigSchema);
  const own = modelSchema(model);
  const { properties = {} } = run;
  return {
    ...run,
    properties: {
      ...properties,
      model: {
        ...own,
        description: properties['model']?.description ?? '',
        properties: { ...properties['model']?.properties, ...own.properties },
        additionalProperties: false,
      },
    },
  };
}

/** The node at a path, looking into alternatives; undefined where there is none. */
export function nodeAt(schema: SchemaNode, path: readonly PropertyKey[]): SchemaNode | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const children = [
    schema.properties?.[String(key)],
    schema.items,
    typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined,
  ];
  for (const child of children) {
    const found = child && nodeAt(child, rest);
    if (found !== undefined) return found;
  }
  const found = alternativesOf(schema).flatMap((alternative) => nodeAt(alternative, path) ?? []);
  // The key that tells alternatives apart may have the value of any of them.
  const consts = found.flatMap((node) => (node.const === undefined ? [] : [node.const]));
  return consts.length > 1 ? { type: 'string', enum: consts } : found[0];
}

/** What a value may be, where there are several forms. */
export function alternativesOf(schema: SchemaNode): readonly SchemaNode[] {
  return schema.anyOf ?? schema.oneOf ?? [];
}

/** The keys of an object, those of its alternatives included. */
export function keysOf(schema: SchemaNode): string[] {
  return [...new Set([...Object.keys(schema.properties ?? {}), ...alternativesOf(schema).flatMap(keysOf)])];
}

/** All dotted paths of values. */
export function allPaths(schema: SchemaNode, prefix = ''): string[] {
  return keysOf(schema).flatMap((key) => {
    const child = nodeAt(schema, [key]);
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return child === undefined || keysOf(child).length === 0 ? [path] : [path, ...allPaths(child, path)];
  });
}

/** What a value may be, in words: `a whole number of at least 1`. */
export function allowed(node: SchemaNode): string {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum !== undefined) return `one of ${node.enum.map(String).join(', ')}`;
  const choices = alternativesOf(node);
  if (choices.length > 0) return choices.map(allowed).join(', or ');
  switch (node.type) {
    case 'integer':
      return `a whole number${range(node)}`;
    case 'number':
      return `a number${range(node)}`;
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list of ${plural(node.items)}`;
    case 'object':
      return keysOf(node).length > 0
        ? objectForm(node)
        : `keys with ${typeof node.additionalProperties === 'object' ? plural(node.additionalProperties) : 'values'}`;
    default:
      return 'a value';
  }
}

function objectForm(node: SchemaNode): string {
  const parts = Object.entries(node.properties ?? {}).map(
    ([key, child]) => `${key}: ${child.const === undefined ? '..' : String(child.const)}`,
  );
  return `{${parts.join(', ')}}`;
}

function plural(node: SchemaNode | undefined): string {
  if (node?.type === 'integer') return `whole numbers${range(node)}`;
  if (node?.type === 'number') return `numbers${range(node)}`;
  return node?.type === 'string' ? 'names' : 'values';
}

function range({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  const top = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const bottom = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (exclusiveMinimum !== undefined)
    return ` above ${exclusiveMinimum}${top === undefined ? '' : ` and at most ${top}`}`;
  if (bottom !== undefined && top !== undefined) return ` from ${bottom} to ${top}`;
  if (bottom !== undefined) return ` of at least ${bottom}`;
  return top === undefined ? '' : ` of at most ${top}`;
}

/** Models by name. */
export const modelsByName: ReadonlyMap<string, ModelDefinition> = new Map(models.map((model) => [model.name, model]));

/** The value at a path of a tree. */
export function valueAt(tree: Tree, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isTree(value) ? value[String(key)] : undefined;
  }, tree);
}
