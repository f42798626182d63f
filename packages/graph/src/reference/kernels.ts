// The interpreter's rule for every op: slow, obvious, in double precision. What is longer than a
// line stands in the modules beside this one.
import { bindDim } from '../shapes.js';
import type { None, OpAttributes, OpInputs, OpName, Graph } from '../signatures.js';
import { at, type DType } from '../types.js';
import {
  broadcastValue,
  choose,
  combine,
  concatValues,
  convert,
  mapFloats,
  padValue,
  reduceFloats,
  sliceValue,
  transposeValue,
} from './elementwise.js';
import { erf } from './erf.js';
import { crossEntropyGradients, crossEntropyRows, layerNormRows, softmaxRows } from './normalized.js';
import { contractValues, matmulValues } from './products.js';
import {
  gatherLastElements,
  gatherRows,
  rankTargets,
  scatterAddElements,
  scatterAddRows,
  sumListedRows,
  topKRows,
} from './rows.js';
import { scanValues } from './scan.js';
import { floats, ints, valueOf, withShape, type Value } from './values.js';

interface Context<Inputs, Attributes> {
  readonly inputs: Inputs;
  readonly attributes: Attributes;
  /** Shape of the first output, symbols replaced by sizes. */
  readonly shape: readonly number[];
  /** Sizes of the symbols. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The value of a graph input. */
  feed(name: string): Value;
  /** Outputs of a body, from the values of its inputs. */
  runBody(body: Graph, inputs: ReadonlyMap<string, Value>): ReadonlyMap<string, Value>;
}

/** What the rule of op `N` computes from. */
export type KernelContext<N extends OpName> = Context<OpInputs<N, Value>, OpAttributes[N]>;

type Rule<Inputs, Attributes> = (context: Context<Inputs, Attributes>) => readonly Value[];

/** Computes all outputs of a node. */
export type Kernel<N extends OpName> = Rule<OpInputs<N, Value>, OpAttributes[N]>;

const unary =
  (f: (x: number) => number): Rule<readonly [Value], None> =>
  ({ inputs: [x] }) => [mapFloats(x, f)];

function binary(f: (a: number, b: number) => number, gives?: DType): Rule<readonly [Value, Value], None> {
  return ({ inputs: [a, b], shape }) => [combine(a, b, shape, gives ?? a.dtype, f)];
}

/** Without overflow for large -x. */
const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

/** Every rule, by op. */
export const kernels: { readonly [N in OpName]: Kernel<N> } = {
  input: ({ attributes: { name }, feed }) => [feed(name)],
  constant: ({ attributes: { dtype, shape, data } }) => [valueOf(dtype, shape, (out) => out.set(data))],
  iota: ({ shape }) => [
    ints(
      shape,
      Int32Array.from({ length: at(shape, 0) }, (_, i) => i),
    ),
  ],
  size: ({ attributes: { dim }, sizes }) => [floats([], Float64Array.of(bindDim(dim, sizes)))],
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  // int32 products wrap around as in hardware; a double would have lost their low bits
  mul: ({ inputs: [a, b], shape }) => [
    combine(a, b, shape, a.dtype, a.dtype === 'int32' ? Math.imul : (x, y) => x * y),
  ],
  div: binary((a, b) => a / b),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  equal: binary((a, b) => Number(a === b), 'bool'),
  less: binary((a, b) => Number(a < b), 'bool'),
  and: binary((a, b) => a & b),
  or: binary((a, b) => a | b),
  not: ({ inputs: [x] }) => [valueOf('bool', x.shape, (out) => out.set(x.data.map((bit) => 1 - bit)))],
  neg: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  erf: unary(erf),
  sigmoid: unary(sigmoid),
  softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  tanh: unary(Math.tanh),
  relu: unary((x) => Math.max(x, 0)),
  gelu: unary((x) => (x / 2) * (1 + erf(x * Math.SQRT1_2))),
  stopGradient: ({ inputs: [x] }) => [x],
  cast: ({ inputs: [x], attributes: { to } }) => [convert(x, to)],
  select: ({ inputs: [condition, a, b], shape }) => [choose(condition, a, b, shape)],
  reshape: ({ inputs: [x], shape }) => [withShape(x, shape)],
  transpose: ({ inputs: [x], attributes: { permutation }, shape }) => [transposeValue(x, permutation, shape)],
  broadcast: ({ inputs: [x], shape }) => [broadcastValue(x, shape)],
  slice: ({ inputs: [x], attributes: { axis, start, end }, shape, sizes }) => [
    sliceValue(x, axis, start, end, shape, sizes),
  ],
  pad: ({ inputs: [x], attributes: { axis, start }, shape }) => [padValue(x, axis, start, shape)],
  concat: ({ inputs, attributes: { axis }, shape }) => [concatValues(inputs, axis, shape)],
  reduceSum: ({ inputs: [x], attributes: { axes }, shape }) => [
    reduceFloats(x, axes, shape, 0, (sum, value) => sum + value),
  ],
  reduceMax: ({ inputs: [x], attributes: { axes }, shape }) => [reduceFloats(x, axes, shape, -Infinity, Math.max)],
  matmul: ({ inputs: [a, b], attributes: { transA, transB }, shape }) => [matmulValues(a, b, transA, transB, shape)],
  contract: ({ inputs: [a, b], shape }) => [contractValues(a, b, shape)],
  gather: ({ inputs: [x, ids], attributes: { rowAxes }, shape }) => [gatherRows(x, ids, rowAxes, shape)],
  scatterAdd: ({ inputs: [ids, updates], attributes: { rowAxes }, shape }) => [
    scatterAddRows(ids, updates, rowAxes, shape),
  ],
  gatherLast: ({ inputs: [x, ids], shape }) => [gatherLastElements(x, ids, shape)],
  scatterAddLast: ({ inputs: [ids, updates], shape }) => [scatterAddElements(ids, updates, shape)],
  sumRows: ({ inputs: [x, ...tables], attributes: { tables: own } }) => [sumListedRows(x, tables.slice(0, own))],
  softmax: ({ inputs: [x] }) => [softmaxRows(x)],
  layerNorm: ({ inputs: [x, scale, bias], attributes: { epsilon } }) => layerNormRows(x, scale, bias, epsilon),
  tableCrossEntropy: ({ inputs: [h, table, targets], attributes: { firstClass } }) => [
    crossEntropyRows(h, table, targets, firstClass),
  ],
  tableCrossEntropyGrad: ({ inputs: [h, table, targets, weights], attributes: { firstClass } }) =>
    crossEntropyGradients(h, table, targets, weights, firstClass),
  topK: ({ inputs: [x], attributes: { k }, shape }) => topKRows(x, k, shape),
  rank: ({ inputs: [scores, targets, excluded], attributes: { firstItem } }) => [
    rankTargets(scores, targets, excluded, firstItem),
  ],
  scan: ({ inputs, attributes, runBody }) =>
    scanValues(inputs, attributes, (values) => runBody(attributes.body, values)),
};
