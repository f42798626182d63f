// From a configuration to a differentiable graph of the definition in `family.ts`, traced once per configuration.
import { differentiableGraph, type NamedTensors } from '@difsr/tfjs';
import {
  cast,
  createGraph,
  expandDims,
  input,
  keepScale,
  less,
  mul,
  slice,
  type Shape,
  type Tensor,
} from '@difsr/graph';
import { Scope, type ParameterSpec } from '@difsr/nn';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { declareDif, difAttention } from '../family.js';
import type { Fusion, FusionForm, AttentionMask } from '../graph-options.js';
import { attentionMask, MASKED } from '../scores.js';

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
  item: 'in.item',
  position: 'in.position',
  valid: 'in.valid',
  additive: 'in.additive',
  visible: 'in.visible',
  dropout: 'in.dropout',
  side: (index) => `in.side.${index}`,
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
  const { width, heads, fusion, form, maxLength, dropout, scale } = config;
  const scope = new Scope({ training: false });
  const weights = declareDif(scope, {
    width,
    sides: config.sides.map((side) => side.width),
    ...(config.position === undefined ? {} : { position: config.position.width }),
    heads,
    fusion,
    maxLength,
    deviation: 1, // initial values are not the trace's business
  });
  // The reference form takes rows of exactly maxLength, and its check wants to know that they are.
  const length = form === 'reference' && fusion !== 'sum' ? maxLength : 'length';
  const item = input(INPUTS.item, ['batch', length, width]);
  const sides = config.sides.map((side, j) => input(INPUTS.side(j), [side.shared ? 1 : 'batch', length, side.width]));
  const { output } = difAttention(
    item,
    { sides, ...(config.position === undefined ? {} : { position: positionInput(config.position, length) }) },
    weights,
    {
      heads,
      form,
      mask: maskInput(config.mask, length),
      ...(scale === undefined ? {} : { scale }),
      ...(dropout === 0 ? {} : { dropout: dropProbabilities(dropout) }),
    },
  );
  const parameters = scope.parameters.map(({ spec }) => spec);
  // A weight that the output does not need (none today) would still be fed: keep every declared input.
  const kept = [item, ...sides, ...scope.parameters.map(({ tensor }) => tensor)];
  const wrt = [
    ...[item, ...sides].map(nameOf),
    ...(config.position === undefined ? [] : [INPUTS.position]),
    ...parameters.map(({ name }) => name),
  ];
  return { parameters, run: differentiableGraph(createGraph({ output }, kept), { wrt, output: 'output' }) };
}

function nameOf(tensor: Tensor): string {
  return tensor.node.op === 'input' ? tensor.node.attributes.name : '';
}

function positionInput({ width, shared, rows }: NonNullable<TraceConfig['position']>, length: Shape[number]): Tensor {
  if (rows === undefined) return input(INPUTS.position, [shared ? 1 : 'batch', length, width]);
  return expandDims(slice(input(INPUTS.position, [rows, width]), 0, 0, length), 0);
}

function maskInput(mask: TraceMask, length: Shape[number]): AttentionMask {
  switch (mask.kind) {
    case 'pattern':
      return attentionMask(length, {
        causal: mask.causal,
        ...(mask.valid ? { valid: input(INPUTS.valid, ['batch', length], 'bool') } : {}),
      });
    case 'additive': {
      const additive = input(INPUTS.additive, maskShape(mask.repeated, length));
      const visible =
        mask.visible === undefined
          ? less(MASKED / 2, additive)
          : input(INPUTS.visible, maskShape(mask.visible, length), 'bool');
      return { additive, visible };
    }
  }
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
