// Tiny models and batches on the reference interpreter, in float64.
import {
  createGraph,
  differentiate,
  constant,
  evaluate,
  gradientOf,
  normal,
  streamId,
  type HostTensor,
  type Tensor,
} from '@difsr/graph';
import { initialValues } from '@difsr/nn';
import {
  featureName,
  findModel,
  instantiate,
  neighboursName,
  trainingTask,
  type Declared,
  type ModelInstance,
  type ModelSchema,
  type TrainingTask,
} from './index.js';

export type Values = Readonly<Record<string, HostTensor>>;

/** Eleven items with a single-valued and a multi-valued field; item 4 has neither. */
export const SCHEMA: ModelSchema = {
  items: 11,
  fields: [
    { name: 'brand', kind: 'categorical', values: 4, maxValues: 1 },
    { name: 'tags', kind: 'multi-categorical', values: 6, maxValues: 2 },
  ],
};
export const FEATURES: Values = {
  [featureName('brand')]: ints([12, 1], [0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 1]),
  [featureName('tags')]: ints([12, 2], [0, 0, 1, 0, 2, 3, 4, 5, 0, 0, 1, 5, 2, 0, 3, 0, 4, 1, 5, 0, 1, 2, 3, 4]),
  [neighboursName('brand')]: ints([4, 2], [0, 0, 1, 8, 2, 9, 3, 10]),
  [neighboursName('tags')]: ints([6, 2], [0, 0, 1, 9, 2, 6, 2, 7, 3, 8, 3, 5]),
};
export const MAX_LENGTH = 6;
const TINY = {
  hiddenSize: 4,
  innerSize: 5,
  layers: 2,
  heads: 2,
  maxLength: MAX_LENGTH,
  hiddenDropout: 0,
  attentionDropout: 0,
  initializerRange: 0.4,
  stateSize: 5,
  neighbours: 2,
};
export const DIF = { sideWidth: { brand: 4, tags: 2 }, attributeLoss: { brand: 2, tags: 3 } };

export function ints(shape: readonly number[], data: readonly number[]): HostTensor {
  return { dtype: 'int32', shape, data: Int32Array.from(data) };
}

/** A model with those of the tiny sizes that it has. */
export function tiny(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  schema: ModelSchema = SCHEMA,
): ModelInstance {
  const model = findModel(name);
  if (model === undefined) throw new Error(`no model ${name}`);
  const own = Object.entries(TINY).filter(([key, value]) => model.config.safeParse({ [key]: value }).success);
  return instantiate(model, { ...Object.fromEntries(own), ...options }, schema);
}

/** Random weights, biases and LayerNorm included, so that no gradient vanishes by symmetry. */
export function weightsOf({ parameters }: Pick<Declared, 'parameters'>, seed = 3): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(initialValues(parameters, seed)).map(([name, { dtype, shape, data }]) => {
      const noise = normal({ seed, step: 1, stream: streamId(name) }, data.length);
      return [name, { dtype, shape, data: Float64Array.from(data, (value, i) => value + 0.2 * (noise[i] ?? 0)) }];
    }),
  );
}

/** Users' sequences, the target of every position being the next item. */
export const SEQUENCES: readonly (readonly number[])[] = [
  [3, 7, 4, 1, 9],
  [5, 2, 11],
  [8, 6, 10, 6],
];

/** Sequences without their last item, padded to `length` columns. */
export function itemsOf(sequences: readonly (readonly number[])[], length: number): HostTensor {
  return ints(
    [sequences.length, length],
    sequences.flatMap((sequence) =>
      Array.from({ length }, (_, i) => (i < sequence.length - 1 ? (sequence[i] ?? 0) : 0)),
    ),
  );
}

/** One row per user, a target at every position. */
export function allPositions(sequences: readonly (readonly number[])[], length: number): Values {
  const places = sequences.flatMap((sequence, row) =>
    sequence.slice(1).map((target, column) => ({ position: row * length + column, target })),
  );
  return batch(itemsOf(sequences, length), places);
}

/** One row per prefix, its only target behind its last item. */
export function prefixRows(sequences: readonly (readonly number[])[], length: number): Values {
  const prefixes = sequences.flatMap((sequence) => sequence.slice(1).map((_, i) => sequence.slice(0, i + 2)));
  return batch(
    itemsOf(prefixes, length),
    prefixes.map((prefix, row) => ({ position: row * length + prefix.length - 2, target: prefix.at(-1) ?? 0 })),
  );
}

function batch(items: HostTensor, places: readonly { readonly position: number; readonly target: number }[]): Values {
  const count = places.length;
  return {
    ...FEATURES,
    items,
    targetPositions: ints(
      [count],
      places.map(({ position }) => position),
    ),
    targetItems: ints(
      [count],
      places.map(({ target }) => target),
    ),
    negativeItems: ints(
      [count, 1],
      places.map(({ target }) => (target % SCHEMA.items) + 1),
    ),
    seenItems: seenUpTo(
      items,
      places.map(({ position }) => position),
    ),
    weights: { dtype: 'float32', shape: [count], data: new Float64Array(count).fill(1 / count) },
  };
}

/** The items of each place's row up to it, each once: int32 [places, length]. */
function seenUpTo({ shape, data }: HostTensor, places: readonly number[]): HostTensor {
  const [, length = 0] = shape;
  const rows = places.map((place) => {
    const begin = Math.floor(place / length) * length;
    const own = Array.from(data.slice(begin, place + 1));
    return Array.from({ length }, (_, i) => (own.indexOf(own[i] ?? 0) === i ? (own[i] ?? 0) : 0));
  });
  return ints([places.length, length], rows.flat());
}

/** Evaluates tensors; feeds that they do not need are left out. */
export function run(outputs: Readonly<Record<string, Tensor>>, feeds: Values): Record<string, HostTensor> {
  const graph = createGraph(outputs);
  return evaluate(graph, Object.fromEntries(Object.entries(feeds).filter(([name]) => graph.inputs.has(name))));
}

/** Numbers of one tensor. */
export function numbers(y: Tensor, feeds: Values): number[] {
  return [...(run({ y }, feeds)['y']?.data ?? [])];
}

/** Loss and the gradient of every parameter. */
export function lossAndGradients(task: TrainingTask, feeds: Values): Record<string, HostTensor> {
  const gradients = gradientOf(task.loss, new Map(task.trained.map(({ name, tensor }) => [name, tensor])));
  return run({ loss: task.loss, ...Object.fromEntries(gradients) }, feeds);
}

/** Largest absolute element of the gradient of a loss with respect to a tensor; 0 where there is none. */
export function steepness(loss: Tensor, source: Tensor, feeds: Values): number {
  const [gradient] = differentiate([[loss, constant(1)]], [source]);
  return gradient === undefined ? 0 : Math.max(...numbers(gradient, feeds).map(Math.abs));
}

/** The training task without dropout, and weights for it. */
export function taskOf(
  model: ModelInstance,
  seed?: number,
): { readonly task: TrainingTask; readonly weights: Record<string, HostTensor> } {
  const task = trainingTask(model, { training: false });
  return { task, weights: weightsOf(task, seed) };
}
