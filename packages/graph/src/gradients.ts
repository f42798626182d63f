// Every gradient rule, the formula above each. `g` is the cotangent of the first output,
// `y` the first output itself; a rule gives one cotangent per input, undefined for none.
import {
  add,
  apply,
  broadcast,
  cast,
  contract,
  div,
  equal,
  erf,
  exp,
  gather,
  gatherLast,
  less,
  matmul,
  mul,
  neg,
  pad,
  reduceSum,
  reshape,
  scatterAdd,
  scatterAddLast,
  select,
  sigmoid,
  slice,
  sub,
  sumTo,
  transpose,
} from './build.js';
import type { GradientRule, NoGradient } from './gradient-rule.js';
import { scanGradient } from './scan.js';
import type { OpName, Tensor } from './signatures.js';
import { at, GraphError, type Shape } from './types.js';

const zero = (why: string): NoGradient => ({ kind: 'zero', why });

/** Shape with the reduced axes kept as 1. */
const kept = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
const spread = (x: Tensor, shape: Shape, axes: readonly number[]): Tensor =>
  broadcast(reshape(x, kept(shape, axes)), shape);

/** Every gradient, by op. */
export const gradients: { readonly [N in OpName]: GradientRule<N> | NoGradient } = {
  input: zero('a leaf'),
  constant: zero('a leaf'),
  iota: zero('integers'),
  size: zero('a size'),
  equal: zero('a truth value'),
  less: zero('a truth value'),
  and: zero('a truth value'),
  or: zero('a truth value'),
  not: zero('a truth value'),
  rank: zero('a rank is constant almost everywhere'),
  stopGradient: zero('that is its meaning'),
  // da = g, db = g
  add: ({ inputs: [a, b], g }) => [sumTo(g, a.shape), sumTo(g, b.shape)],
  // da = g, db = -g
  sub: ({ inputs: [a, b], g }) => [sumTo(g, a.shape), neg(sumTo(g, b.shape))],
  // da = g b, db = g a
  mul: ({ inputs: [a, b], g }) => [sumTo(mul(g, b), a.shape), sumTo(mul(g, a), b.shape)],
  // da = g / b, db = -g y / b
  div: ({ inputs: [a, b], y, g }) => [sumTo(div(g, b), a.shape), neg(sumTo(div(mul(g, y), b), b.shape))],
  // the larger operand takes g; b at a tie
  maximum: ({ inputs: [a, b], g }) => {
    const toA = mul(g, cast(less(b, a), 'float32'));
    return [sumTo(toA, a.shape), sumTo(sub(g, toA), b.shape)];
  },
  // the smaller operand takes g; b at a tie
  minimum: ({ inputs: [a, b], g }) => {
    const toA = mul(g, cast(less(a, b), 'float32'));
    return [sumTo(toA, a.shape), sumTo(sub(g, toA), b.shape)];
  },
  // -g
  neg: ({ g }) => [neg(g)],
  // g y
  exp: ({ y, g }) => [mul(g, y)],
  // g / x
  log: ({ inputs: [x], g }) => [div(g, x)],
  // g / 2y
  sqrt: ({ y, g }) => [div(g, mul(y, 2))],
  // g 2/sqrt(pi) e^(-x^2)
  erf: ({ inputs: [x], g }) => [mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))],
  // g y (1 - y)
  sigmoid: ({ y, g }) => [mul(g, mul(y, sub(1, y)))],
  // g sigmoid(x)
  softplus: ({ inputs: [x], g }) => [mul(g, sigmoid(x))],
  // g (1 - y^2)
  tanh: ({ y, g }) => [mul(g, sub(1, mul(y, y)))],
  // g where x > 0
  relu: ({ inputs: [x], g }) => [mul(g, cast(less(0, x), 'float32'))],
  // g (Phi(x) + x phi(x)), Phi and phi the normal distribution and density
  gelu: ({ inputs: [x], g }) => {
    const distribution = add(mul(erf(mul(x, Math.SQRT1_2)), 0.5), 0.5);
    const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [mul(g, add(distribution, mul(x, density)))];
  },
  // g; from integers and truth values none
  cast: ({ inputs: [x], g }) => [x.dtype === 'float32' && g.dtype === 'float32' ? g : undefined],
  // g to the branch that was taken
  select: ({ inputs: [condition, a, b], g }) => [
    undefined,
    sumTo(select(condition, g, 0), a.shape),
    sumTo(select(condition, 0, g), b.shape),
  ],
  // g in the old shape
  reshape: ({ inputs: [x], g }) => [reshape(g, x.shape)],
  // the inverse permutation
  transpose: ({ attributes: { permutation }, g }) => [
    transpose(
      g,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  // g summed over what was repeated
  broadcast: ({ inputs: [x], g }) => [sumTo(g, x.shape)],
  // slice and pad are each other's transpose
  slice: ({ inputs: [x], attributes: { axis, start }, g }) => [pad(g, axis, start, at(x.shape, axis))],
  pad: ({ inputs: [x], attributes: { axis, start }, g }) => {
    const width = at(x.shape, axis);
    return [slice(g, axis, start, typeof width === 'number' ? start + width : width)];
  },
  // each operand's stretch of g
  concat: ({ inputs, attributes: { axis }, g }) => {
    let start = 0;
    return inputs.map((x) => {
      const width = at(x.shape, axis);
      if (typeof width !== 'number') throw new GraphError('concat along a symbolic axis');
      start += width;
      return slice(g, axis, start - width, start);
    });
  },
  // g repeated
  reduceSum: ({ inputs: [x], attributes: { axes }, g }) => [spread(g, x.shape, axes)],
  // g shared by the largest elements
  reduceMax: ({ inputs: [x], attributes: { axes }, y, g }) => {
    const largest = cast(equal(x, spread(y, x.shape, axes)), 'float32');
    const share = div(reshape(g, kept(x.shape, axes)), reduceSum(largest, axes, true));
    return [mul(largest, share)];
  },
  // Y = A B: dA = g B^T, dB = A^T g (and with either side transposed, the transposes of these)
  matmul: ({ inputs: [a, b], attributes: { transA, transB }, g }) => {
    const da = transA ? matmul(b, g, { transA: transB, transB: true }) : matmul(g, b, { transB: !transB });
    const shared = b.shape.length === 2 && a.shape.length > 2 && !transA; // one weight for all rows: no [batch, k, n] in between
    const db = shared
      ? transB
        ? contract(g, a)
        : contract(a, g)
      : transB
        ? matmul(g, a, { transA: true, transB: transA })
        : matmul(a, g, { transA: !transA });
    return [sumTo(da, a.shape), sumTo(db, b.shape)];
  },
  // Y = sum a b^T: da = b g^T, db = a g
  contract: ({ inputs: [a, b], g }) => [matmul(b, g, { transB: true }), matmul(a, g)],
  // gather and scatterAdd are each other's transpose
  gather: ({ inputs: [x, ids], attributes: { rowAxes }, g }) => [
    x.dtype === 'float32' ? scatterAdd(ids, g, x.shape, rowAxes) : undefined,
    undefined,
  ],
  scatterAdd: ({ inputs: [ids], attributes: { rowAxes }, g }) => [undefined, gather(g, ids, rowAxes)],
  gatherLast: ({ inputs: [x, ids], g }) => [
    x.dtype === 'float32' ? scatterAddLast(ids, g, at(x.shape, -1)) : undefined,
    undefined,
  ],
  scatterAddLast: ({ inputs: [ids], g }) => [undefined, gatherLast(g, ids)],
  // the same lists the other way round
  sumRows: ({ inputs: [, ...tables], attributes: { tables: own }, g }) => {
    const back = tables.slice(own);
    if (back.length === 0) throw new GraphError('sumRows has no gradient without tables that list the other way round');
    return apply('sumRows', [g, ...back, ...tables.slice(0, own)], { tables: back.length });
  },
  // y (g - sum(g y))
  softmax: ({ y, g }) => [mul(y, sub(g, reduceSum(mul(g, y), [-1], true)))],
  // n = (x - mean) r; dn = g scale; dx = r (dn - mean(dn) - n mean(dn n)); dscale = sum(g n); dbias = sum(g)
  // and for the statistics: d mean/dx = 1/d, d r/dx = -r^2 n / d
  layerNorm: ({ inputs: [x, scale, bias], outputs, cotangents: [g, gMean, gDeviation] }) => {
    const width = at(x.shape, -1);
    if (typeof width !== 'number') throw new GraphError('layerNorm over a symbolic axis');
    const [mean, deviation] = [at(outputs, 1), at(outputs, 2)];
    const normalized = mul(sub(x, mean), deviation);
    const last = (t: Tensor): Tensor => reduceSum(t, [-1], true);
    const terms: Tensor[] = [];
    if (g !== undefined) {
      const dn = mul(g, scale);
      const centered = sub(
        sub(dn, mul(last(dn), 1 / width)),
        mul(normalized, mul(last(mul(dn, normalized)), 1 / width)),
      );
      terms.push(mul(centered, deviation));
    }
    if (gMean !== undefined) terms.push(broadcast(mul(gMean, 1 / width), x.shape));
    if (gDeviation !== undefined)
      terms.push(mul(normalized, mul(mul(gDeviation, mul(deviation, deviation)), -1 / width)));
    return [terms.reduce((a, b) => add(a, b)), g && sumTo(mul(g, normalized), scale.shape), g && sumTo(g, bias.shape)];
  },
  // p = softmax(h E^T): dh = g (p E - E[target]), dE = p^T (g h) - scatter(target, g h)
  tableCrossEntropy: ({ inputs: [h, table, targets], attributes, g }) => [
    ...apply('tableCrossEntropyGrad', [h, table, targets, g], attributes),
    undefined,
  ],
  tableCrossEntropyGrad: {
    kind: 'unsupported',
    why: 'second derivatives of the cross-entropy kernel are not provided',
  },
  // g at the ids that were chosen
  topK: ({ inputs: [x], outputs, cotangents: [g] }) => [g && scatterAddLast(at(outputs, 1), g, at(x.shape, -1))],
  // s_t = f(s_t-1, x_t, o): walking back with c_t = cotangent of s_t: c_t-1 = c_t df/ds + what arrives, dx_t = c_t df/dx, do = sum of c_t df/do
  scan: scanGradient,
};
