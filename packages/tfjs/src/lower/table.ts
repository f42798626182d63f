// The lowering of every op to tfjs kernels: a mapped type, so an op without one does not compile.
import { at, bindDim, type OpName } from '@difsr/graph';
import { alias, reshape, run, scalar, tensorOf } from '../kernel.js';
import { logical, select } from './choice.js';
import { binary, broadcastTo, cast, concat, gelu, iota, pad, reduction, slice, unary } from './elementwise.js';
import type { Lowering } from './lowering.js';
import { layerNorm, softmax, tableCrossEntropy, tableCrossEntropyGrad } from './normalized.js';
import { contract, matmul } from './products.js';
import { rank, topK } from './ranking.js';
import { gather, gatherLast, same, scatterAdd, scatterAddLast, sumRows } from './rows.js';
import { scan } from './scan.js';

/** Every lowering, by op. */
export const lower: { readonly [N in OpName]: Lowering<N> } = {
  input: ({ attributes: { name }, feed }) => [alias(feed(name))],
  constant: ({ attributes: { dtype, shape }, constant }) => [tensorOf(constant(), shape, dtype)],
  iota: ({ shape }) => [iota(at(shape, 0))],
  size: ({ attributes: { dim }, sizes }) => [scalar(bindDim(dim, sizes))],
  add: binary('Add'),
  sub: binary('Sub'),
  mul: binary('Multiply'),
  div: binary('RealDiv'),
  maximum: binary('Maximum'),
  minimum: binary('Minimum'),
  equal: binary('Equal'),
  less: binary('Less'),
  and: logical('LogicalAnd'),
  or: logical('LogicalOr'),
  not: unary('LogicalNot'),
  neg: unary('Neg'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  erf: unary('Erf'),
  sigmoid: unary('Sigmoid'),
  softplus: unary('Softplus'),
  tanh: unary('Tanh'),
  relu: unary('Relu'),
  gelu,
  stopGradient: same,
  cast,
  select,
  reshape: ({ inputs: [x], shape }) => [reshape(x, shape)],
  transpose: ({ inputs: [x], attributes: { permutation } }) => [run('Transpose', { x }, { perm: [...permutation] })],
  broadcast: ({ inputs: [x], shape, scratch }) => [broadcastTo(x, shape, scratch)],
  slice,
  pad,
  concat,
  reduceSum: reduction('Sum'),
  reduceMax: reduction('Max'),
  matmul,
  contract,
  gather,
  scatterAdd,
  gatherLast,
  scatterAddLast,
  sumRows,
  softmax,
  layerNorm,
  tableCrossEntropy,
  tableCrossEntropyGrad,
  topK,
  rank,
  scan,
};
