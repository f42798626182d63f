// Layers as two halves: `declareX` asks a scope for weights, `x` applies them. The second half takes
// any tensors, so weights may as well come from somebody else's model.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import { add, at, gelu, GraphError, layerNorm as layerNormOp, matmul, type Tensor } from '@difsr/graph';
import type { Scope } from './scope.js';

/** y = x W^T + b, as PyTorch stores it. */
export interface LinearWeights {
  /** [out, in] */
  readonly weight: Tensor;
  /** [out] */
  readonly bias?: Tensor;
}

/** Scale and shift of a layer normalization, both [width]. */
export interface NormWeights {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** Two linear maps with GELU between. */
export interface FeedForwardWeights {
  readonly input: LinearWeights;
  readonly output: LinearWeights;
}

const LINEAR: OptionRules<{ readonly bias?: boolean }> = { bias: option.flag };

/** Declares a linear map; weights ~ N(0, deviation^2), bias 0. */
export function declareLinear(
  scope: Scope,
  inputs: number,
  outputs: number,
  deviation: number,
  options: { readonly bias?: boolean } = {},
): LinearWeights {
  checkOptions('declareLinear', options, LINEAR, GraphError);
  const weight = scope.parameter('weight', [outputs, inputs], { kind: 'normal', deviation });
  if (options.bias === false) return { weight };
  return { weight, bias: scope.parameter('bias', [outputs], { kind: 'zeros' }, { decay: false }) };
}

/** `x [.., in] -> [.., out]` */
export function linear(x: Tensor, { weight, bias }: LinearWeights): Tensor {
  const product = matmul(x, weight, { transB: true });
  return bias === undefined ? product : add(product, bias);
}

/** Declares a layer normalization: scale 1, shift 0, no weight decay. */
export function declareNorm(scope: Scope, width: number): NormWeights {
  return {
    weight: scope.parameter('weight', [width], { kind: 'ones' }, { decay: false }),
    bias: scope.parameter('bias', [width], { kind: 'zeros' }, { decay: false }),
  };
}

/** Layer normalization over the last axis (Ba et al., 2016). */
export function layerNorm(x: Tensor, { weight, bias }: NormWeights, epsilon: number): Tensor {
  return layerNormOp(x, weight, bias, epsilon);
}

/** Declares a feed-forward block. */
export function declareFeedForward(scope: Scope, width: number, inner: number, deviation: number): FeedForwardWeights {
  return {
    input: declareLinear(scope.child('input'), width, inner, deviation),
    output: declareLinear(scope.child('output'), inner, width, deviation),
  };
}

/** `W_2 gelu(W_1 x)`: `x [.., width] -> [.., width]`. */
export function feedForward(x: Tensor, weights: FeedForwardWeights): Tensor {
  return linear(gelu(linear(x, weights.input)), weights.output);
}

/** The known size of a tensor's last axis. */
export function widthOf(x: Tensor): number {
  const width = at(x.shape, -1);
  if (typeof width !== 'number') throw new GraphError(`the last axis must have a known size, got "${width}"`);
  return width;
}
