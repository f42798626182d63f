// What a model is to the rest of the project: a name, a configuration with its schema, and one pure function that traces it.
// Everything else (objective, presets, extra rows, what it leaves untrained) has a default. Losses, ranking, recommending and
// export are made of that.
import { less, select, type Tensor } from '@difsr/graph';
import { Scope } from '@difsr/nn';
import type * as z from 'zod';
import type { FieldSchema } from './field-schema.js';
import { checkSideOptions, type SideOptions } from './fields.js';
import { nextItem } from './objectives/next-item.js';
import { readBy, type ModelInputs } from './inputs.js';
import type { Objective } from './objectives/objective.js';

/** How numbers become vectors: by a learned projection, or each by its bucket. */
export type NumericForm = 'projection' | 'buckets';

/** Whether vectors of items stay what the data says, or are parameters that start there. */
export type VectorForm = 'frozen' | 'tuned';

/** What becomes of the attributes of users: nothing, or a part of every input. */
export type UserFields = 'none' | 'stream';

/** How the fields of an item make its row: not, by their values' sum or mean, or by the sum behind a learned gate. */
export type ItemFields = 'none' | 'sum' | 'mean' | 'gate';

/** What a model must know of a data set. */
export interface ModelSchema {
  /** Number of items; ids are 1..items, 0 is padding. */
  readonly items: number;
  readonly fields: readonly FieldSchema[];
  /** Of a training: how many items have no training interaction. */
  readonly untrained?: number;
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
  /** `[batch, length, d]`: at each position, what predicts the item that the objective asks for there. */
  readonly hidden: Tensor;
  /** `[items + 1, d]`: scores are products with it. */
  readonly itemTable: Tensor;
  /** `[items + 1]`, added to the scores. */
  readonly itemBias?: Tensor;
  /** Outputs of inner layers, for tests and analyses. */
  readonly layers?: readonly Tensor[];
  readonly auxiliary?: readonly AuxiliaryLoss[];
}

/** Options that every model has. */
export interface ModelConfig {
  /** Width d of what predicts. */
  readonly hiddenSize: number;
  /** Longest sequence, in interactions. */
  readonly maxLength: number;
  /** Default `cross-entropy`. */
  readonly loss?: 'cross-entropy' | 'pairwise';
  /** Whether padding is a class of the softmax. Default false. */
  readonly paddingClass?: boolean;
  /** Attributes in the item table. Default `none`. */
  readonly itemFields?: ItemFields;
  /** Of item fields: share of the items whose own row is left out in a step. Default 0. */
  readonly itemDropout?: number;
  /** The fields of the data that are used; all where it is left out. */
  readonly fields?: readonly string[] | undefined;
  /** Default `projection`. */
  readonly numeric?: NumericForm;
  /** Default `frozen`. */
  readonly vectors?: VectorForm;
  /** Default `none`. */
  readonly userFields?: UserFields;
}

/** Where a parameter of ours is found in the published code's state_dict. */
export interface ReferenceParameter {
  readonly name: string;
  /** Rows of a table that several of our parameters share there. */
  readonly rows?: readonly [start: number, end: number];
}

/** What a model is traced on. */
export interface BuildContext<Config extends ModelConfig = ModelConfig> {
  /** Where it declares parameters, dropout and tables of the data. */
  readonly scope: Scope;
  readonly config: Config;
  readonly schema: ModelSchema;
  /** int32 [batch, length]: item ids, 0 = padding on the right, above `schema.items` the objective's own, such as [MASK]. */
  readonly items: Tensor;
  /** The same with 0 for the objective's own ids: a masked place hides its side information, too. */
  readonly knownItems: Tensor;
  /** Rows of the item table: padding, the items, and what the objective needs behind them. */
  readonly itemRows: number;
  /** The values of a field of interactions at each place, declared as the input `event.NAME` (see {@link ModelInputs}). */
  readonly event: (field: FieldSchema) => Tensor;
  /** The values of a field of users, declared as the input `user.NAME`. */
  readonly user: (field: FieldSchema) => Tensor;
}

/** Options of a preset, by their paths in a configuration: `{ model: { layers: 2 }, training: { learningRate: 1e-3 } }`. */
export interface Preset {
  readonly model?: Readonly<Record<string, unknown>>;
  readonly training?: Readonly<Record<string, unknown>>;
}

/**
 * A model, of this package or somebody else's. What takes the configuration is written as methods, so that a list can hold
 * models of different configurations.
 */
export interface ModelDefinition<Config extends ModelConfig = ModelConfig> {
  readonly name: string;
  /** One line for lists. */
  readonly description: string;
  /** Paper and venue. */
  readonly source?: string;
  /** Validates options and fills in defaults. */
  readonly config: z.ZodType<Config>;
  /** Traces the model. */
  build(context: BuildContext<Config>): Encoding;
  /** Throws {@link ModelConfigError} for options that contradict each other. */
  check?(config: Config, schema: ModelSchema): void;
  /** What the options say of fields, to be compared with those of the data. Default: `fields` alone. */
  sideOptions?(config: Config): SideOptions;
  /** Default: the next item. */
  objective?(config: Config): Objective;
  /** Named options; a name that the command knows, such as `small`, takes the place of its options for this model. */
  readonly presets?: Readonly<Record<string, Preset>>;
  /** Whether rows must have exactly `maxLength` columns. Default: any number up to it. */
  fullRows?(config: Config): boolean;
  /** Why not all positions may train at once: what lets the items behind a position reach it, and the cure. */
  leaks?(config: Config): string | undefined;
  /** Our parameter names -> the published code's. */
  referenceNames?(config: Config, schema: ModelSchema): ReadonlyMap<string, ReferenceParameter>;
  /** Parameters that are read but not trained. */
  frozen?(config: Config, name: string): boolean;
}

/** Fields whose values a model is fed. */
export interface FieldsRead {
  readonly events: readonly FieldSchema[];
  readonly users: readonly FieldSchema[];
}

/** A model with its options and what it knows of the data: a definition, applied. */
export interface ModelInstance {
  readonly name: string;
  readonly config: ModelConfig;
  readonly schema: ModelSchema;
  readonly objective: Objective;
  /** Whether rows must have exactly `config.maxLength` columns. */
  readonly fullRows: boolean;
  /** Why not all positions may train at once. */
  readonly leaks?: string | undefined;
  /** Our parameter names -> the published code's. */
  readonly referenceNames: ReadonlyMap<string, ReferenceParameter>;
  /** The fields of interactions and of users that it reads: what it must be fed beside items. */
  readonly reads: FieldsRead;
  /** Traces the model on what it is asked. */
  build(scope: Scope, inputs: ModelInputs): Encoding;
  /** Whether a parameter is read but not trained. */
  frozen(name: string): boolean;
}

/**
 * Applies a definition to options.
 *
 * @throws ZodError for options that the definition's schema refuses; ModelConfigError where options contradict each other, UnknownFieldError where they
 * name fields that the data lacks.
 * @example
 * ```ts
 * const model = instantiate(sasrec, { hiddenSize: 32 }, { items: 1000, fields: [] });
 * ```
 */
export function instantiate<Config extends ModelConfig>(
  definition: ModelDefinition<Config>,
  options: unknown,
  schema: ModelSchema,
): ModelInstance {
  const config = definition.config.parse(options);
  definition.check?.(config, schema);
  checkSideOptions(schema, definition.sideOptions?.(config) ?? { fields: config.fields, perField: {} });
  const objective = definition.objective?.(config) ?? nextItem;
  const build = (scope: Scope, { items, event, user }: ModelInputs): Encoding =>
    definition.build({
      scope,
      config,
      schema,
      items,
      knownItems: objective.extraItems === 0 ? items : select(less(items, schema.items + 1), items, 0),
      itemRows: schema.items + 1 + objective.extraItems,
      event,
      user,
    });
  let reads: FieldsRead | undefined;
  return {
    name: definition.name,
    config,
    schema,
    objective,
    fullRows: definition.fullRows?.(config) ?? false,
    leaks: definition.leaks?.(config),
    referenceNames: definition.referenceNames?.(config, schema) ?? new Map<string, ReferenceParameter>(),
    build,
    get reads() {
      // What it reads is what it asks for while it is traced.
      return (reads ??= readBy(this, (inputs) => build(new Scope({ training: false }), inputs)));
    },
    frozen: (name) => definition.frozen?.(config, name) ?? false,
  };
}
