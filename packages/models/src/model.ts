// What a model is traced on and what that gives: options, schema of the data, inputs, encoding. Apart from definitions, which know
// objectives: objectives know models by this file alone.
import { type Fault, type Text } from '@difsr/errors';
import type { Tensor } from '@difsr/graph';
import type { Scope } from '@difsr/nn';
import type { Counted, TrainingPart } from './counted.js';
import type { FieldSchema } from './field-schema.js';
import type { LossOptions } from './losses.js';

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
  /** Number of users of the training data, for models that read who the user is; ids are 1..users, 0 is unknown. */
  readonly users?: number;
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
  /** Whether it is a loss over parameters, the same whatever the targets. Default false. */
  readonly ofParameters?: boolean;
}

/** Further hidden states that predict the same targets while training, under the loss of the model. */
export interface Companion {
  readonly name: string;
  /** Its factor in the total. */
  readonly factor: number;
  /** `[batch, length, d]`, as {@link Encoding.hidden}; traced for the loss alone, so that nothing else declares what it needs. */
  readonly hidden: () => Tensor;
}

/** A traced model. */
export interface Encoding {
  /** `[batch, length, d]`: at each position, what predicts the item that the objective asks for there. */
  readonly hidden: Tensor;
  /** `[items + 1, d]`: scores are products with it. */
  readonly itemTable: Tensor;
  /** `[n, d]`: classes of the softmax beside the items while training, such as [MASK] in published code. */
  readonly extraClasses?: Tensor;
  /** Where scores are cosines: what they are divided by. Rows of `itemTable` have length 1 then, hidden states any. */
  readonly temperature?: number;
  /** `[items + 1]`, added to the scores. */
  readonly itemBias?: Tensor;
  /** `[1]`, added to the scores of items that the row has up to the place that is asked. */
  readonly seenBias?: Tensor;
  /** Outputs of inner layers, for tests and analyses. */
  readonly layers?: readonly Tensor[];
  readonly auxiliary?: readonly AuxiliaryLoss[];
  readonly companions?: readonly Companion[];
}

/** What a model gives whose scores are no products with a table of items, such as counts. */
export interface DirectScores {
  /** `[batch, items + 1]`: of every item, after the last one of each row; column 0 is padding. */
  readonly scores: Tensor;
}

/** Options that every model has. */
export interface CommonConfig extends LossOptions {
  /** Longest sequence, in interactions. */
  readonly maxLength: number;
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
  /** Whether items that a history has already are scored apart. Default false. */
  readonly seenBias?: boolean;
}

/** Options of models with hidden states. */
export interface ModelConfig extends CommonConfig {
  /** Width d of what predicts. */
  readonly hiddenSize: number;
}

/** Where a parameter of ours is found in the published code's state_dict. */
export interface ReferenceParameter {
  readonly name: string;
  /** Rows of a table that several of our parameters share there. */
  readonly rows?: readonly [start: number, end: number];
}

/** What a model is traced on. */
export interface BuildContext<Config extends CommonConfig = ModelConfig> {
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
  /**
   * Who the user is, declared as the input `user.id`: int32 [batch], 1..`schema.users`; 0 = unknown, such as who is none of the training data.
   */
  readonly userId: () => Tensor;
}

/** Fields whose values a model is fed. */
export interface FieldsRead {
  readonly events: readonly FieldSchema[];
  readonly users: readonly FieldSchema[];
}

/**
 * What a model is traced on. `event` gives `event.NAME`, `user` gives `user.NAME`:
 *
 * - categorical: int32 `[batch, length]`, 0 = none or unknown; multi-categorical: int32 `[batch, length, maxValues]`
 * - numeric: float32 `[batch, length, 2]`, the standardized number and 1, or zeros for none
 * - vector: float32 `[batch, length, width + 1]`, the scaled vector and 1, or zeros
 *
 * Those of users have no `length`.
 */
export interface ModelInputs {
  /** int32 `[batch, length]`, 0 = padding on the right. */
  readonly items: Tensor;
  /** The values of a field of interactions, at the places of items. */
  readonly event: (field: FieldSchema) => Tensor;
  /** The values of a field of users, of each row. */
  readonly user: (field: FieldSchema) => Tensor;
}

/** Where a training stands. */
export interface TrainingPlace {
  /** From 0. */
  readonly epoch: number;
  /** Optimizer steps before this one, over all epochs. */
  readonly step: number;
}

/** Groups of parameters that are trained in turns: one that is not on is untouched by a step, its moments included. */
export interface Turns {
  readonly groups: readonly string[];
  /** The group of a parameter; every one has one. */
  groupOf(parameter: string): string;
  /** Whether a group is trained in a step: a function of nothing else, so that a run can be resumed anywhere. */
  on(group: string, place: TrainingPlace): boolean;
}

/** A model with its options and what it knows of the data, as objectives see it. */
export interface TraceableModel {
  readonly name: string;
  readonly config: CommonConfig;
  readonly schema: ModelSchema;
  /** Whether rows must have exactly `config.maxLength` columns. */
  readonly fullRows: boolean;
  /** Why not all positions may train at once. */
  readonly leaks?: Text | Fault | undefined;
  /** Our parameter names -> the published code's. */
  readonly referenceNames: ReadonlyMap<string, ReferenceParameter>;
  /** Of a model that is not trained as a whole. */
  readonly turns?: Turns | undefined;
  /** The fields of interactions and of users that it reads: what it must be fed beside items. */
  readonly reads: FieldsRead;
  /** Traces the model on what it is asked. */
  trace(scope: Scope, inputs: ModelInputs): Encoding | DirectScores;
  /** The same of a model that has hidden states. @throws RunError where it is counted, and has none */
  build(scope: Scope, inputs: ModelInputs): Encoding;
  /** Whether a parameter is read but not trained. */
  frozen(name: string): boolean;
  /** Of a model that is counted instead of being trained: counts its tables. */
  readonly count?: ((training: TrainingPart) => Promise<Counted>) | undefined;
}
