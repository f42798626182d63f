// What is done with a model, each a graph: train on targets, rank targets among all items, recommend.
import { checkOptions, given, needed, option, type OptionRules } from '@difsr/errors';
import {
  add,
  at,
  cast,
  constant,
  createGraph,
  equal,
  expandDims,
  input,
  iota,
  less,
  mul,
  not,
  or,
  rank,
  reduceSum,
  select,
  sub,
  topK,
  type Graph,
  type Parameter,
  type Tensor,
} from '@difsr/graph';
import { Scope, type ConstantSpec, type MaskSpec, type ParameterSpec, type ScopeOptions } from '@difsr/nn';
import { barredColumns, excludedColumns, LOWEST, newColumns, paddingColumn } from './columns.js';
import type { ModelInstance } from './definition.js';
import type { LossExtras, ObjectiveLoss } from './objectives/objective.js';
import { RunError } from './run-error.js';
import { declareInputs, rawInputs } from './inputs.js';
import type { ModelInputs, Turns } from './model.js';
import { queriesOf, scoresOf } from './scoring.js';

/** What a traced task declared. */
export interface Declared {
  readonly parameters: readonly ParameterSpec[];
  /** int32 tables of the data, such as `feature.brand`. */
  readonly constants: readonly ConstantSpec[];
  /** Dropout masks to fill each step. */
  readonly masks: readonly MaskSpec[];
}

/** The training loss, on the inputs that the model's objective feeds. */
export interface TrainingTask extends Declared {
  /** Scalar: item loss + sum of factor * auxiliary loss. */
  readonly loss: Tensor;
  /** `loss.item`, `loss.attribute.FIELD`: unweighted parts. */
  readonly parts: Readonly<Record<string, Tensor>>;
  /** See `ObjectiveLoss.ofTargets`. */
  readonly ofTargets?: ObjectiveLoss['ofTargets'];
  /** For the optimizer. */
  readonly trained: readonly Parameter[];
}

/** A graph to run, and the parameters and tables it reads. */
export interface InferenceTask extends Declared {
  readonly graph: Graph;
}

/** What {@link trainingTask} takes beside the model. */
export interface TrainingTaskOptions extends LossExtras {
  /** Whether dropout is active; default true. */
  readonly training?: boolean;
}

/** What {@link rankingTask} takes beside the model. */
export interface RankingTaskOptions {
  /** Whether an input `seen` names items that are not ranked. */
  readonly maskSeen: boolean;
}

/** What {@link exportTask} takes beside the model. */
export interface ExportTaskOptions {
  /** Whether there is an input `excluded`; default false. */
  readonly excluded?: boolean;
  /**
   * Of a model with item fields: whether items without training interactions may be recommended; default false, and the task reads
   * the table {@link trainedItems}. (Without item fields they are ranked as what they are, always.)
   */
  readonly includeNew?: boolean;
}

const TRAINING: OptionRules<TrainingTaskOptions> = { training: option.flag, soft: option.given };
const RANKING: OptionRules<RankingTaskOptions> = { maskSeen: needed(option.flag) };
const EXPORT: OptionRules<ExportTaskOptions> = { excluded: option.flag, includeNew: option.flag };

function checkCount(k: number, { schema }: ModelInstance): void {
  if (!Number.isInteger(k) || k < 1 || k > schema.items)
    throw new RunError({
      what: `k is a whole number from 1 to the ${schema.items} items of the model, got ${String(k)}`,
      option: 'k',
    });
}

const declared = (scope: Scope): Declared => ({
  parameters: scope.parameters.map(({ spec }) => spec),
  constants: scope.constants,
  masks: scope.masks,
});

/** Traces the training loss of a model; of one that is counted it is 0, and there are no parameters but its tables. */
export function trainingTask(model: ModelInstance, options: TrainingTaskOptions = {}): TrainingTask {
  checkOptions('trainingTask', options, TRAINING, RunError);
  if (model.count !== undefined) return { loss: constant(0), parts: {}, trained: [], ...declaredBy(model) };
  const scope = new Scope({ training: options.training ?? true });
  const lost = model.objective.loss(model, scope, given({ soft: options.soft }));
  const trained = scope.parameters.map(({ spec, tensor }) => ({
    name: spec.name,
    tensor,
    decay: spec.decay,
    trainable: !model.frozen(spec.name),
    ...(model.turns === undefined ? {} : { group: groupOf(model.turns, spec.name) }),
  }));
  return { ...lost, trained, ...declared(scope) };
}

/** @throws RunError for a group that the model does not have. */
function groupOf({ groups, groupOf: find }: Turns, parameter: string): string {
  const group = find(parameter);
  if (groups.includes(group)) return group;
  throw new RunError(`"${parameter}" is said to be of the group "${group}"; the groups are ${groups.join(', ')}`);
}

/** The representation at each sequence's last item: `hidden [b, n, d], items [b, n] -> [b, d]`; zeros for an empty sequence. */
export function lastHidden(hidden: Tensor, items: Tensor): Tensor {
  const n = at(items.shape, 1);
  const lengths = cast(reduceSum(cast(not(equal(items, 0)), 'float32'), [1], true), 'int32'); // [b, 1]
  const isLast = equal(expandDims(iota(n), 0), sub(lengths, 1)); // [b, n]
  return reduceSum(mul(hidden, expandDims(cast(isLast, 'float32'), -1)), [1]);
}

/** What a model that is counted declares. */
function declaredBy(model: ModelInstance): Declared {
  const { parameters, constants, masks } = scoresAfter(model);
  return { parameters, constants, masks };
}

/** Scores of all items after each sequence, of any model. */
export interface SequenceScores extends Declared {
  /** [batch, items + 1]; column 0 is padding */
  readonly scores: Tensor;
  readonly items: Tensor;
  /** Whether the scores are finite in origin: a scalar that is not where they are not. */
  readonly check: Tensor;
  /** Of a model with hidden states: what scores are made of. */
  readonly encoded?: Pick<Scores, 'hidden' | 'itemTable' | 'itemBias' | 'seenBias' | 'layers'>;
}

/** A model's scores of all items after each sequence. */
export interface Scores extends Declared {
  /** Outputs of inner layers. */
  readonly layers: readonly Tensor[];
  /** [batch, d] */
  readonly hidden: Tensor;
  /** [batch, items + 1]; column 0 is padding */
  readonly scores: Tensor;
  readonly items: Tensor;
  readonly itemTable: Tensor;
  /** `[items + 1]`, where the model has one: part of the scores. */
  readonly itemBias?: Tensor;
  /** `[1]`, where the model has one: part of the scores of items that the row has. */
  readonly seenBias?: Tensor;
}

/**
 * Traces the scores, without dropout.
 *
 * @param options `tabulated`: see {@link ScopeOptions}.
 */
export function scoresAfter(
  model: ModelInstance,
  inputs: ModelInputs = declareInputs(model),
  options: Pick<ScopeOptions, 'tabulated'> = {},
): SequenceScores {
  const scope = new Scope({ training: false, ...options });
  const { items } = inputs;
  const asked = model.objective.query(model, inputs);
  const traced = model.trace(scope, asked);
  if ('scores' in traced) return { ...declared(scope), items, scores: traced.scores, check: reduceSum(traced.scores) };
  const hidden = queriesOf(traced, lastHidden(traced.hidden, asked.items));
  const { itemTable, layers = [], itemBias, seenBias } = traced;
  const scores = scoresOf(traced, hidden);
  return {
    ...declared(scope),
    encoded: { hidden, itemTable, layers, ...given({ itemBias, seenBias }) },
    items,
    scores:
      seenBias === undefined ? scores : add(scores, mul(cast(excludedColumns(model, items), 'float32'), seenBias)),
    check: add(reduceSum(mul(hidden, hidden)), reduceSum(mul(itemTable, itemTable))),
  };
}

/**
 * Traces the scores, without dropout, and what they are made of.
 *
 * @param options `tabulated`: see {@link ScopeOptions}.
 * @throws RunError of a model that is counted: its scores are made of nothing else.
 */
export function traceScores(
  model: ModelInstance,
  inputs: ModelInputs = declareInputs(model),
  options: Pick<ScopeOptions, 'tabulated'> = {},
): Scores {
  const { encoded, check: _, ...traced } = scoresAfter(model, inputs, options);
  if (encoded === undefined)
    throw new RunError({
      what: `${model.name} is counted: it has no hidden states`,
      cure: 'take a model that is trained',
    });
  return { ...traced, ...encoded };
}

/**
 * Ranks targets among all items; scores never leave the backend. Inputs `items`, `targetItems` int32 [batch], and with
 * `maskSeen` also `seen` int32 [batch, seen] (0 = none). Outputs `rank` int32 [batch], 0 = best, and `check`: a scalar that is
 * finite only if all scores are finite in origin.
 */
export function rankingTask(model: ModelInstance, options: RankingTaskOptions): InferenceTask {
  checkOptions('rankingTask', options, RANKING, RunError);
  const { check, ...traced } = scoresAfter(model);
  const targets = input('targetItems', ['batch'], 'int32');
  const seen = options.maskSeen ? input('seen', ['batch', 'seen'], 'int32') : undefined;
  return { ...traced, graph: createGraph({ rank: rank(traced.scores, targets, seen, 1), check }) };
}

/**
 * Ranks targets under both protocols and lists the `k` best ids of each; scores never leave the backend. Inputs `items`, `targetItems` int32 [batch]
 * and `seen` int32 [batch, seen] (0 = none). Outputs `rank` and `check` as {@link rankingTask} without masking, `maskedRank` as with it,
 * and `ids`, `maskedIds` int32 [batch, k]: the best items, without those seen in the second, ties to the lower id, 0 where no item is left.
 */
export function surveyTask(model: ModelInstance, k: number): InferenceTask {
  checkCount(k, model);
  const { check, ...traced } = scoresAfter(model);
  const targets = input('targetItems', ['batch'], 'int32');
  const seen = input('seen', ['batch', 'seen'], 'int32');
  const padding = paddingColumn(model);
  const masked = bestOf(traced.scores, or(excludedColumns(model, seen), padding), k);
  return {
    ...traced,
    graph: createGraph({
      rank: rank(traced.scores, targets, undefined, 1),
      maskedRank: rank(traced.scores, targets, seen, 1),
      ids: bestOf(traced.scores, padding, k).ids,
      maskedIds: select(less(masked.values, LOWEST * 0.99), constant(0, 'int32'), masked.ids),
      check,
    }),
  };
}

/**
 * Recommends the `k` best of the items that are allowed. Inputs `items`; `allowed` bool [sets, items + 1], and `allowedOf` int32 [batch],
 * which of these sets each row takes; `excluded` int32 [batch, excluded] (0 = none), what it leaves out beside.
 * Outputs `ids` int32 [batch, k], `values` [batch, k] ({@link LOWEST} where no item is left); ties go to the lower id, column 0 never
 * has a score.
 */
export function recommendTask(model: ModelInstance, k: number): InferenceTask {
  checkCount(k, model);
  const traced = scoresAfter(model);
  return { ...traced, graph: createGraph(bestOf(traced.scores, barredColumns(model), k)) };
}

/** The `k` best of scores `[batch, items + 1]`, without what is barred (bool, of the same shape). */
export function bestOf(scores: Tensor, barred: Tensor, k: number): { readonly ids: Tensor; readonly values: Tensor } {
  return topK(select(barred, constant(LOWEST), scores), k);
}

/**
 * For files: `items` in, and the values of events and users that the model reads, numbers as the data has them ({@link rawInputs});
 * with `excluded` also an input `excluded` int32 [batch, excluded] of ids that are not to be recommended (0 = none).
 * Out: `scores` [batch, items + 1], the `k` best (`ids` int32, `values`; padding, what is excluded and, of a model with item
 * fields, items without training interactions are left out, these unless `includeNew` says otherwise),
 * and `used` int32 [batch], how many items each row has. An id is 0 where nothing is left to recommend, or a row has no item.
 */
export function exportTask(model: ModelInstance, k: number, options: ExportTaskOptions = {}): InferenceTask {
  checkOptions('exportTask', options, EXPORT, RunError);
  checkCount(k, model);
  const traced = scoresAfter(model, rawInputs(declareInputs(model)));
  const used = reduceSum(cast(not(equal(traced.items, 0)), 'float32'), [1]);
  const hasFields = (model.config.itemFields ?? 'none') !== 'none';
  const unknown = hasFields && options.includeNew !== true ? newColumns(model) : undefined;
  const never = unknown === undefined ? paddingColumn(model) : or(unknown.columns, paddingColumn(model));
  const barred = options.excluded === true ? or(excludedColumns(model), never) : never;
  const hidden = or(barred, expandDims(equal(used, 0), 1));
  const { ids, values } = topK(select(hidden, constant(LOWEST), traced.scores), k);
  const none = less(values, LOWEST * 0.99);
  return {
    ...traced,
    constants: unknown === undefined ? traced.constants : [...traced.constants, unknown.table],
    graph: createGraph({
      scores: traced.scores,
      ids: select(none, constant(0, 'int32'), ids),
      values,
      used: cast(used, 'int32'),
    }),
  };
}
