// The differentiable graph of a call's configuration, traced once per configuration.
import { cast, createGraph, input, keepScale, less, mul, type Shape, type Tensor } from '@difsr/graph';
import type { ParameterSpec } from '@difsr/nn';
import { differentiableGraph, type NamedTensors } from '@difsr/tfjs';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { Fusion, FusionForm } from '../graph-options.js';
import { MASKED } from '../scores.js';
import { lengthOf, traceAttention, type MaskForm, type PositionForm, type TraceShape } from '../trace.js';

/** What a traced attention depends on; sizes of batch and length are symbols. JSON, since its text is the cache's key. */
export interface TraceConfig {
  readonly width: number;
  readonly heads: number;
  readonly sides: readonly { readonly width: number; readonly shared: boolean }[];
  /** `rows` set: a table `[rows, width]` of which the first `length` rows are used; else `[1 or batch, length, width]`. */
  readonly position?: { readonly width: number; readonly shared: boolean; readonly rows?: number };
  readonly fusion: Fusion;
  readonly form: FusionForm;
  readonly maxLength: number;
  readonly mask: TraceMask;
  readonly dropout: number;
  readonly scale?: number;
}

/** The mask's form, not its values. */
export type TraceMask =
  | { readonly kind: 'pattern'; readonly causal: boolean; readonly valid: boolean }
  /** Each axis as it is given: true where the tensor has size 1 there and is repeated. */
  | { readonly kind: 'additive'; readonly repeated: readonly boolean[]; readonly visible?: readonly boolean[] };

/** A traced attention. */
export interface Traced {
  /** Weights with names and shapes, in order of declaration. */
  readonly parameters: readonly ParameterSpec[];
  /** Inputs by name -> `[batch, length, width]`. */
  readonly run: (inputs: NamedTensors) => TfTensor;
}

/** Graph inputs that are no weights. */
export const INPUTS: {
  readonly item: string;
  readonly position: string;
  readonly valid: string;
  readonly additive: string;
  readonly visible: string;
  readonly dropout: string;
  side(index: number): string;
} = {
  item: 'item',
  position: 'position',
  valid: 'valid',
  additive: 'mask',
  visible: 'visible',
  dropout: 'dropout',
  side: (index) => `side.${index}`,
};

const CACHE_SIZE = 256;
const cache = new Map<string, Traced>();

/** The traced attention of a configuration: made at its first use, found later. */
export function traced(config: TraceConfig): Traced {
  const key = JSON.stringify(config);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const fresh = trace(config);
  if (cache.size >= CACHE_SIZE) for (const oldest of [...cache.keys()].slice(0, 1)) cache.delete(oldest);
  cache.set(key, fresh);
  return fresh;
}

function trace(config: TraceConfig): Traced {
  const { width, heads, sides, position, fusion, form, maxLength, mask, dropout, scale } = config;
  const shape: TraceShape = {
    width,
    heads,
    maxLength,
    sides: sides.map((side, j) => ({ name: `${j}`, width: side.width })),
    position: position?.width,
    fusion,
    form,
    causal: mask.kind === 'pattern' && mask.causal,
  };
  const { item, output, weights, parameters } = traceAttention(
    shape,
    {
      sides: Object.fromEntries(sides.map(({ shared }, j) => [`${j}`, shared ? 'shared' : 'batched'])),
      ...(position === undefined ? {} : { position: positionForm(position) }),
      mask: maskForm(mask, lengthOf(shape)),
    },
    {
      kernel: 'unfused',
      ...(scale === undefined ? {} : { scale }),
      ...(dropout === 0 ? {} : { dropout: dropProbabilities(dropout) }),
    },
  );
  const wrt = [
    INPUTS.item,
    ...sides.map((_, j) => INPUTS.side(j)),
    ...(position === undefined ? [] : [INPUTS.position]),
    ...parameters.map(({ name }) => name),
  ];
  // A weight that the output does not need (none today) would still be fed: keep every one.
  const graph = createGraph({ output }, [item, ...weights]);
  return { parameters, run: differentiableGraph(graph, { wrt, output: 'output' }) };
}

function positionForm({ shared, rows }: NonNullable<TraceConfig['position']>): PositionForm {
  if (rows !== undefined) return { cutFrom: rows };
  return shared ? 'shared' : 'batched';
}

function maskForm(mask: TraceMask, length: Shape[number]): MaskForm {
  if (mask.kind === 'pattern') return mask.valid ? 'valid' : 'none';
  const { repeated, visible } = mask;
  return {
    additive: maskShape(repeated, length),
    visible: visible === undefined ? (additive) => less(MASKED / 2, additive) : maskShape(visible, length),
  };
}

function maskShape(repeated: readonly boolean[], length: Shape[number]): Shape {
  return ['batch', 1, length, length].map((dim, axis) => (repeated[axis] === true ? 1 : dim));
}

function dropProbabilities(rate: number): (probabilities: Tensor) => Tensor {
  return (probabilities) => {
    const keep = cast(input(INPUTS.dropout, probabilities.shape, 'bool'), 'float32');
    return mul(mul(probabilities, keep), keepScale(rate));
  };
}
