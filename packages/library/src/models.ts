// models and presets: what can be trained, and the options of each model.
import type { SchemaNode } from '@difsr/errors';
import { models as definitions, type ModelDefinition } from '@difsr/models';
import { modelSchema } from './config/schema.js';
import { commonPresets } from './config/presets.js';

/** A model that can be named. */
export interface ModelDescription {
  readonly name: string;
  readonly description: string;
  /** Where it is published. */
  readonly source: ModelDefinition['source'];
  /** JSON Schema of its options. */
  readonly options: SchemaNode;
}

/**
 * The models, the default first.
 *
 * @example
 * ```ts
 * models().map(({ name }) => name); // ['dif-sr', 'sasrec', ..]
 * ```
 */
export function models(): ModelDescription[] {
  return definitions.map((model) => ({
    name: model.name,
    description: model.description,
    source: model.source,
    options: modelSchema(model),
  }));
}

/** The presets that every model has, the default first. */
export function presets(): { readonly name: string; readonly description: string }[] {
  return [...commonPresets].map(([name, { description }]) => ({ name, description }));
}
