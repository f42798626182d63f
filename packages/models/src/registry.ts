// The models of this package by name. To add one: its file, its line here. Definitions of others are used as they are.
import {
  instantiate,
  type ModelConfig,
  type ModelDefinition,
  type ModelInstance,
  type ModelSchema,
} from './definition.js';
import { difSr } from './dif-sr.js';
import { nova } from './nova.js';
import { sasrec } from './sasrec.js';
import { sasrecf } from './sasrecf.js';

/** A model whose configuration type is known to itself alone. */
export interface RegisteredModel extends Pick<
  ModelDefinition,
  'name' | 'description' | 'source' | 'config' | 'presets'
> {
  /** Joins options with a schema, defaults filled in. Throws ZodError or ModelConfigError for bad options. */
  instantiate(options: unknown, schema: ModelSchema): ModelInstance;
}

/** A definition as lists of models hold it. */
export function registered<Config extends ModelConfig>(definition: ModelDefinition<Config>): RegisteredModel {
  const { name, description, config, source, presets } = definition;
  return {
    name,
    description,
    config,
    ...(source === undefined ? {} : { source }),
    ...(presets === undefined ? {} : { presets }),
    instantiate: (options, schema) => instantiate(definition, options, schema),
  };
}

/** The models, the default first. */
export const models: readonly RegisteredModel[] = [
  registered(difSr),
  registered(sasrec),
  registered(sasrecf),
  registered(nova),
];

/** A model by name, or undefined. */
export function findModel(name: string): RegisteredModel | undefined {
  return models.find((model) => model.name === name);
}
