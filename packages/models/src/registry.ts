// All models by name. To add one: its file, its line here.
import {
  instantiate,
  type CommonConfig,
  type ModelDefinition,
  type ModelInstance,
  type ModelSchema,
} from './definition.js';
import { difSr } from './dif-sr.js';
import { nova } from './nova.js';
import { sasrec } from './sasrec.js';
import { sasrecf } from './sasrecf.js';

/** A model whose configuration type is known to itself alone. */
export interface RegisteredModel extends Pick<ModelDefinition, 'name' | 'description' | 'source' | 'config'> {
  /** Validates options (defaults filled in) and joins them with a schema. Throws ZodError or ModelConfigError for bad options. */
  instantiate(options: unknown, schema: ModelSchema): ModelInstance;
}

function register<Config extends CommonConfig>(definition: ModelDefinition<Config>): RegisteredModel {
  const { name, description, source, config } = definition;
  return {
    name,
    description,
    source,
    config,
    instantiate: (options, schema) => instantiate(definition, config.parse(options), schema),
  };
}

/** The models, the default first. */
export const models: readonly RegisteredModel[] = [
  register(difSr),
  register(sasrec),
  register(sasrecf),
  register(nova),
];

/** A model by name, or undefined. */
export function findModel(name: string): RegisteredModel | undefined {
  return models.find((model) => model.name === name);
}
