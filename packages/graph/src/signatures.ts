// What a graph is made of: the ops, with how many inputs each takes and which attributes it has; nodes, tensors, graphs.
// Every other table (shape rules, gradients, each backend's lowering) is a mapped type over the ops' names, so an op without a
// rule does not compile. One file, because an op may have a graph as its body.
import type { Dim, DType, Shape, TensorType } from './types.js';

/** For ops without attributes. */
export type None = Readonly<Record<string, never>>;

interface Signature<Arity extends keyof Inputs<unknown>, Attributes = None> {
  arity: Arity;
  attributes: Attributes;
}

interface Inputs<T> {
  0: readonly [];
  1: readonly [T];
  2: readonly [T, T];
  3: readonly [T, T, T];
  4: readonly [T, T, T, T];
  '2 or 3': readonly [T, T, T?];
  many: readonly T[];
}

/**
 * Of a scan with operands `states.., sequences.., outer..`. The body's inputs are `state.N`, `element.N` (a sequence without
 * axis 0) and `outer.N`, its outputs the next states, `state.N`.
 */
export interface ScanAttributes {
  readonly body: Graph;
  /** How many operands are states, and how many sequences. */
  readonly states: number;
  readonly sequences: number;
  /** From the last element to the first. */
  readonly reverse: boolean;
  /** Of each state: all its values along axis 0, each at its element's place, or the last alone. */
  readonly collect: readonly boolean[];
}

interface OpSignatures {
  // leaves
  input: Signature<0, { readonly name: string; readonly shape: Shape; readonly dtype: DType }>;
  constant: Signature<
    0,
    { readonly shape: readonly number[]; readonly dtype: DType; readonly data: readonly number[] }
  >;
  iota: Signature<0, { readonly size: Dim }>;
  size: Signature<0, { readonly dim: Dim }>;
  // elementwise, two operands, broadcasting as NumPy does
  add: Signature<2>;
  sub: Signature<2>;
  mul: Signature<2>;
  div: Signature<2>;
  maximum: Signature<2>;
  minimum: Signature<2>;
  equal: Signature<2>;
  less: Signature<2>;
  and: Signature<2>;
  or: Signature<2>;
  // elementwise, one operand
  not: Signature<1>;
  neg: Signature<1>;
  exp: Signature<1>;
  log: Signature<1>;
  sqrt: Signature<1>;
  erf: Signature<1>;
  sigmoid: Signature<1>;
  softplus: Signature<1>;
  tanh: Signature<1>;
  relu: Signature<1>;
  gelu: Signature<1>;
  stopGradient: Signature<1>;
  cast: Signature<1, { readonly to: DType }>;
  select: Signature<3>;
  // shape
  reshape: Signature<1, { readonly shape: Shape }>;
  transpose: Signature<1, { readonly permutation: readonly number[] }>;
  broadcast: Signature<1, { readonly shape: Shape }>;
  slice: Signature<1, { readonly axis: number; readonly start: number; readonly end: Dim }>;
  pad: Signature<1, { readonly axis: number; readonly start: number; readonly size: Dim }>;
  concat: Signature<'many', { readonly axis: number }>;
  // reductions
  reduceSum: Signature<1, { readonly axes: readonly number[]; readonly keepDims: boolean }>;
  reduceMax: Signature<1, { readonly axes: readonly number[]; readonly keepDims: boolean }>;
  // products
  matmul: Signature<2, { readonly transA: boolean; readonly transB: boolean }>;
  contract: Signature<2>;
  // rows
  gather: Signature<2, { readonly rowAxes: number }>;
  scatterAdd: Signature<2, { readonly shape: Shape; readonly rowAxes: number }>;
  gatherLast: Signature<2>;
  scatterAddLast: Signature<2, { readonly size: Dim }>;
  sumRows: Signature<'many', { readonly tables: number }>;
  // kernels that backends have whole
  softmax: Signature<1>;
  layerNorm: Signature<3, { readonly epsilon: number }>;
  tableCrossEntropy: Signature<3, { readonly firstClass: number }>;
  tableCrossEntropyGrad: Signature<4, { readonly firstClass: number }>;
  topK: Signature<1, { readonly k: number }>;
  rank: Signature<'2 or 3', { readonly firstItem: number }>;
  // with a body
  scan: Signature<'many', ScanAttributes>;
}

/** The names of all ops. */
export type OpName = keyof OpSignatures;

/** Attributes of each op. */
export type OpAttributes = { readonly [N in OpName]: OpSignatures[N]['attributes'] };

/** The inputs of op `N` as a tuple of `T` (tensors, types, arrays). */
export type OpInputs<N extends OpName, T> = Inputs<T>[OpSignatures[N]['arity']];

/** A symbolic value: output `index` of `node`. Immutable; equality is identity. */
export interface Tensor extends TensorType {
  readonly node: Node;
  readonly index: number;
}

/** One application of the op `N`. */
export interface NodeOf<N extends OpName> {
  readonly id: number;
  readonly op: N;
  readonly inputs: OpInputs<N, Tensor>;
  readonly attributes: OpAttributes[N];
  readonly outputs: readonly Tensor[];
}

/** Any node; `node.op` tells which. */
export type Node = { [N in OpName]: NodeOf<N> }[OpName];

/** Nothing but its named outputs and what they reach: the named inputs they need, and every node between, inputs first. */
export interface Graph {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
}
