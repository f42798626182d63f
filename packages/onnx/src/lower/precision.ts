// float16 inside a program: which ops compute in it, and which may not. Inputs and outputs of the model stay float32.
import { at, type Node, type NodeOf, type OpName, type Precision, type Tensor } from '@difsr/graph';

/** How a program is lowered: `float16 rounding` is float16 on a device that has none, computed in float32 and rounded. */
export type Arithmetic = Precision | 'float16 rounding';

/**
 * How an op computes where a program may use float16:
 *
 * - `half`: operands are cast to float16, the result is float16.
 * - `half, then full`: operands are cast to float16 and the result back to float32: what is computed from it needs float32.
 * - `full`: operands are cast to float32, the result is float32.
 * - `follow`: float16 where some float operand is float16 and none is float32; what is neither yet (inputs, small
 *   constants, truth values as numbers, and what follows from these) goes along. So a bias is added in float16 to a float16
 *   product, and a residual stream of float32 stays float32.
 */
export type Policy = 'half' | 'half, then full' | 'full' | 'follow';

/** The largest float16, and the smallest one of full accuracy. */
const LARGEST = 65504;
const SMALLEST = 2 ** -14;

/** By op, with the reason. */
export const policies: { readonly [N in OpName]: Policy | ((node: NodeOf<N>) => Policy) } = {
  // Leaves take the precision of what they meet, unless float16 cannot hold them (an epsilon, say).
  input: 'follow',
  constant: ({ attributes: { data } }) => (data.every(fits) ? 'follow' : 'full'),
  iota: 'full', // integers
  size: 'full', // counts beyond 2,048 are not representable
  // Products are what float16 is for: half the memory traffic, several times the rate on GPUs. Kernels add up in float32.
  // A product over rows (only gradients are that) is a weight's gradient, whose square the optimizer must not lose.
  matmul: ({ attributes: { transA } }) => (transA ? 'half, then full' : 'half'),
  contract: 'half, then full',
  // Sums and products of two numbers lose no more than the result's rounding.
  add: 'follow',
  sub: 'follow',
  mul: 'follow',
  maximum: 'follow',
  minimum: 'follow',
  neg: 'follow',
  // Quotients, powers and logarithms leave float16's range, or lose their small differences, first.
  div: 'full',
  exp: 'full',
  log: 'full',
  sqrt: 'full',
  erf: 'full',
  softplus: 'full',
  // Bounded, with bounded slopes.
  sigmoid: 'follow',
  tanh: 'follow',
  relu: 'follow',
  gelu: 'follow',
  // Truth values: two numbers must not become equal by rounding.
  equal: 'full',
  less: 'full',
  and: 'full',
  or: 'full',
  not: 'full',
  // Nothing is computed.
  stopGradient: 'follow',
  cast: ({ inputs: [x] }) => (x.dtype === 'bool' ? 'follow' : 'full'), // 0 and 1 are exact, integers beyond 2,048 are not
  select: 'follow',
  reshape: 'follow',
  transpose: 'follow',
  broadcast: 'follow',
  slice: 'follow',
  pad: 'follow',
  concat: 'follow',
  gather: 'follow',
  gatherLast: 'follow',
  reduceMax: 'follow',
  // Sums of many numbers, also those at repeated ids.
  reduceSum: 'full',
  scatterAdd: 'full',
  scatterAddLast: 'full',
  sumRows: 'full',
  // Sums of exponentials; mean and variance; a loss and its gradient.
  softmax: 'full',
  layerNorm: 'full',
  tableCrossEntropy: 'full',
  tableCrossEntropyGrad: 'full',
  // An order must not have more ties than the scores it was made of.
  topK: 'full',
  rank: 'full',
  // Rounding would add up from step to step.
  scan: 'full',
};

/** Whether float16 holds a number with its full accuracy, apart from rounding. */
function fits(value: number): boolean {
  const size = Math.abs(value);
  return value === 0 || (size >= SMALLEST && size <= LARGEST);
}

/** In what a value exists: one of the two, or (`either`) float32 that may be cast without asking. */
export type Width = 'half' | 'full' | 'either';

/** In what a node computes, and what its results count as. */
export interface Treatment {
  readonly computes: 'half' | 'full';
  readonly result: Width;
}

/** Applies the table to a node. @param widthOf width of a float operand. */
export function treatment(node: Node, widthOf: (tensor: Tensor) => Width): Treatment {
  const policy = policyOf(node);
  if (policy === 'half') return { computes: 'half', result: 'half' };
  if (policy === 'half, then full') return { computes: 'half', result: 'full' };
  if (policy === 'full') return { computes: 'full', result: 'full' };
  const operands: readonly (Tensor | undefined)[] = node.inputs;
  const widths = new Set(
    operands.flatMap((tensor) => (tensor !== undefined && tensor.dtype === 'float32' ? [widthOf(tensor)] : [])),
  );
  if (widths.has('full')) return { computes: 'full', result: 'full' };
  return widths.has('half') && at(node.outputs, 0).dtype === 'float32'
    ? { computes: 'half', result: 'half' }
    : { computes: 'full', result: 'either' };
}

function policyOf<N extends OpName>(node: NodeOf<N>): Policy {
  const policy: Policy | ((node: NodeOf<N>) => Policy) = policies[node.op];
  return typeof policy === 'function' ? policy(node) : policy;
}
