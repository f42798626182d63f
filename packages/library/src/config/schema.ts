// What may be configured, read off the zod schemas by way of JSON Schema: known keys, and what a value may be in words.
// Errors and the configuration reference are made from it, so that neither can say something else than what is checked.
import { alternativesOf, keysOf, type SchemaNode } from '@difsr/errors';
import { models, type ModelDefinition } from '@difsr/models';
import { runConfigSchema } from '@difsr/training';
import { z } from 'zod';
import { isTree, type Tree } from './layers.js';

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

/** All dotted paths of values. */
export function allPaths(schema: SchemaNode, prefix = ''): string[] {
  return keysOf(schema).flatMap((key) => {
    const child = nodeAt(schema, [key]);
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return child === undefined || keysOf(child).length === 0 ? [path] : [path, ...allPaths(child, path)];
  });
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
