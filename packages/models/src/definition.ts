// What a model is to the rest of the project: a name, a configuration with its schema, and one pure
// function that traces it. Everything else (losses, ranking, recommending, export) is built from that.
import type { Tensor } from '@difsr/graph';
import type { Scope } from '@difsr/nn';
import type * as z from 'zod';

/** A side information field as a model sees it. */
export interface FieldSchema {
  readonly name: string;
  /** `categorical`: exactly one value per item (0 = unknown); `multi-categorical`: any number. */
  readonly kind: 'categorical' | 'multi-categorical';
  /** Size of the vocabulary, value 0 ("none", "unknown") included. */
  readonly values: number;
  /** Most values that one item has. */
  readonly maxValues: number;
}

/** What a model must know of a data set. */
export interface ModelSchema {
  /** Number of items; ids are 1..items, 0 is padding. */
  readonly items: number;
  readonly fields: readonly FieldSchema[];
}

/** A loss beside the item loss. */
export interface AuxiliaryLoss {
  readonly name: string;
  /** Its factor in the total (lambda). */
  readonly factor: number;
  /** `hidden [targets, d]`, `targets` int32 [targets], `weights` [targets] -> scalar. */
  readonly loss: (hidden: Tensor, targets: Tensor, weights: Tensor) => Tensor;
}

/** A traced model. */
export interface Encoding {
  /** `[batch, length, d]`: at each position, what predicts the next item. */
  readonly hidden: Tensor;
  /** Output of every layer. */
  readonly layers: readonly Tensor[];
  /** `[items + 1, d]`: scores are products with it. */
  readonly itemTable: Tensor;
  readonly auxiliary: readonly AuxiliaryLoss[];
}

/** Options that all models share. */
export interface CommonConfig {
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly maxLength: number;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly initializerRange: number;
  readonly layerNormEpsilon: number;
  readonly loss: 'cross-entropy' | 'pairwise';
  readonly paddingClass: boolean;
}

/** Where a parameter of ours is found in the published code's state_dict. */
export interface ReferenceParameter {
  readonly name: string;
  /** Rows of a table that several of our parameters share there. */
  readonly rows?: readonly [start: number, end: number];
}

/** A model of the registry. */
export interface ModelDefinition<Config extends CommonConfig = CommonConfig> {
  readonly name: string;
  /** One line for lists. */
  readonly description: string;
  /** Paper and venue. */
  readonly source: string;
  /** Validates options and fills in defaults. */
  readonly config: z.ZodType<Config>;
  /** Traces the model on `items` int32 [batch, length], 0 = padding on the right. */
  readonly build: (scope: Scope, config: Config, schema: ModelSchema, items: Tensor) => Encoding;
  /** Whether sequences must have exactly `maxLength` columns. */
  readonly fixedLength: (config: Config) => boolean;
  /** Our parameter names -> the published code's. */
  readonly referenceNames: (config: Config, schema: ModelSchema) => ReadonlyMap<string, ReferenceParameter>;
  /** Parameters that are read but not trained. */
  readonly frozen: (config: Config, name: string) => boolean;
}

/** A model with its options and what it knows of the data: a definition, applied. */
export interface ModelInstance {
  readonly name: string;
  readonly config: CommonConfig;
  readonly schema: ModelSchema;
  /** Whether sequences must have exactly `config.maxLength` columns. */
  readonly fixedLength: boolean;
  /** Our parameter names -> the published code's. */
  readonly referenceNames: ReadonlyMap<string, ReferenceParameter>;
  /** Traces the model on `items` int32 `[batch, length]`, 0 = padding on the right. */
  build(scope: Scope, items: Tensor): Encoding;
  /** Whether a parameter is read but not trained. */
  frozen(name: string): boolean;
}

/** Options that are valid one by one but not together. */
export class ModelConfigError extends Error {
  override readonly name = 'ModelConfigError';
}

/**
 * Applies a definition to validated options.
 *
 * @throws ModelConfigError where options contradict each other.
 */
export function instantiate<Config extends CommonConfig>(
  definition: ModelDefinition<Config>,
  config: Config,
  schema: ModelSchema,
): ModelInstance {
  if (config.hiddenSize % config.heads !== 0) {
    throw new ModelConfigError(
      `model.heads ${config.heads} does not divide model.hiddenSize ${config.hiddenSize}: choose heads among the divisors of ${config.hiddenSize}`,
    );
  }
  return {
    name: definition.name,
    config,
    schema,
    fixedLength: definition.fixedLength(config),
    referenceNames: definition.referenceNames(config, schema),
    build: (scope, items) => definition.build(scope, config, schema, items),
    frozen: (name) => definition.frozen(config, name),
  };
}
