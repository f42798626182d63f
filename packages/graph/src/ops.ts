// The op table: one line of meaning and the shape and dtype rule of every op.
// To add an op: its signature, its entry here, its gradient, its interpreter rule, and each
// backend's lowering; the compiler names the tables that still lack it.
import { inferScan } from './scan-types.js';
import { broadcastShapes, broadcastsTo, normalizeAxis, reducedShape, requireSameCount } from './shapes.js';
import type { OpAttributes, OpInputs, OpName } from './signatures.js';
import {
  at,
  formatShape,
  formatType,
  GraphError,
  sameShape,
  type Dim,
  type DType,
  type Shape,
  type TensorType,
} from './types.js';

interface Rule<InputTypes, Attributes> {
  /** One line: what the op computes. */
  readonly meaning: string;
  /** Types of the outputs; throws {@link GraphError} where the inputs do not fit. */
  infer(inputs: InputTypes, attributes: Attributes): readonly TensorType[];
}

/** What the graph must know of an op before running it. */
export type OpRule<N extends OpName> = Rule<OpInputs<N, TensorType>, OpAttributes[N]>;

const float = (shape: Shape): TensorType => ({ shape, dtype: 'float32' });
const typed = (dtype: DType, shape: Shape): TensorType => ({ shape, dtype });

function requireDType(type: TensorType, allowed: readonly DType[]): void {
  if (!allowed.includes(type.dtype)) throw new GraphError(`takes ${allowed.join(' or ')}, got ${formatType(type)}`);
}

function require(condition: boolean, message: () => string): void {
  if (!condition) throw new GraphError(message());
}

/** Rules and kernels read axes as they stand: the builders count negative ones from the end. */
function requireAxis(axis: number, rank: number): void {
  require(normalizeAxis(axis, rank) === axis, () => `axis ${axis} counts from the end: attributes hold 0..${rank - 1}`);
}

function unary(meaning: string): OpRule<'neg'> {
  return {
    meaning,
    infer: ([x]) => {
      requireDType(x, ['float32']);
      return [x];
    },
  };
}

function binary(meaning: string, takes: readonly DType[], gives?: DType): OpRule<'add'> {
  return {
    meaning,
    infer: ([a, b]) => {
      requireDType(a, takes);
      require(a.dtype === b.dtype, () => `operands differ in dtype: ${formatType(a)} and ${formatType(b)}`);
      return [typed(gives ?? a.dtype, broadcastShapes(a.shape, b.shape))];
    },
  };
}

function reduction(meaning: string): OpRule<'reduceSum'> {
  return {
    meaning,
    infer: ([x], { axes, keepDims }) => {
      requireDType(x, ['float32']);
      axes.forEach((axis) => requireAxis(axis, x.shape.length));
      require(new Set(axes).size === axes.length, () => `repeated axis in ${formatShape(axes)}`);
      return [float(reducedShape(x.shape, axes, keepDims))];
    },
  };
}

function positive(dim: Dim, what: string): void {
  require(typeof dim === 'string' || (Number.isInteger(dim) && dim >= 0), () => `${what} ${dim} is not a size`);
}

function inferMatmul([a, b]: OpInputs<'matmul', TensorType>, { transA, transB }: OpAttributes['matmul']): TensorType[] {
  requireDType(a, ['float32']);
  requireDType(b, ['float32']);
  require(a.shape.length >= 2 && b.shape.length >= 2, () =>
    `needs ranks of 2 or more, got ${formatType(a)} and ${formatType(b)}`);
  const [m, k] = transA ? [at(a.shape, -1), at(a.shape, -2)] : [at(a.shape, -2), at(a.shape, -1)];
  const [k2, n] = transB ? [at(b.shape, -1), at(b.shape, -2)] : [at(b.shape, -2), at(b.shape, -1)];
  require(k === k2, () => `inner dimensions differ: ${k} in ${formatShape(a.shape)}, ${k2} in ${formatShape(b.shape)}`);
  return [float([...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n])];
}

function inferCrossEntropy(h: TensorType, table: TensorType, targets: TensorType, firstClass: number): void {
  requireDType(h, ['float32']);
  requireDType(table, ['float32']);
  requireDType(targets, ['int32']);
  require(h.shape.length === 2 && table.shape.length === 2 && targets.shape.length === 1, () =>
    'takes h [t, d], table [n, d], targets [t]');
  require(h.shape[1] === table.shape[1], () => `width ${h.shape[1]} of h against ${table.shape[1]} of the table`);
  require(h.shape[0] === targets.shape[0], () => `${h.shape[0]} rows of h against ${targets.shape[0]} targets`);
  require(firstClass === 0 || firstClass === 1, () => `firstClass is 0 or 1, got ${firstClass}`);
}

/** Every op, by name. */
export const ops: { readonly [N in OpName]: OpRule<N> } = {
  input: { meaning: 'a named value given at run time', infer: (_, { shape, dtype }) => [typed(dtype, shape)] },
  constant: {
    meaning: 'a value written in the graph',
    infer: (_, { shape, dtype, data }) => {
      const count = shape.reduce((product, dim) => product * dim, 1);
      require(data.length === count, () => `${data.length} values for shape ${formatShape(shape)}`);
      return [typed(dtype, shape)];
    },
  },
  iota: {
    meaning: '0, 1, .., size-1 as int32',
    infer: (_, { size }) => {
      positive(size, 'size');
      return [typed('int32', [size])];
    },
  },
  size: { meaning: 'the size of a dimension as a float scalar', infer: () => [float([])] },
  add: binary('a + b', ['float32', 'int32']),
  sub: binary('a - b', ['float32', 'int32']),
  mul: binary('a * b', ['float32', 'int32']),
  div: binary('a / b', ['float32']),
  maximum: binary('the larger of a and b', ['float32']),
  minimum: binary('the smaller of a and b', ['float32']),
  equal: binary('a = b', ['float32', 'int32'], 'bool'),
  less: binary('a < b', ['float32', 'int32'], 'bool'),
  and: binary('a and b', ['bool']),
  or: binary('a or b', ['bool']),
  not: {
    meaning: 'not x',
    infer: ([x]) => {
      requireDType(x, ['bool']);
      return [x];
    },
  },
  neg: unary('-x'),
  exp: unary('e^x'),
  log: unary('natural logarithm'),
  sqrt: unary('square root'),
  erf: unary('error function'),
  sigmoid: unary('1 / (1 + e^-x)'),
  softplus: unary('log(1 + e^x), without overflow'),
  tanh: unary('hyperbolic tangent'),
  relu: unary('max(x, 0)'),
  gelu: unary('x/2 (1 + erf(x / sqrt 2))'),
  stopGradient: unary('x, and a constant for the gradient'),
  cast: { meaning: 'x as another dtype (bool: 0 or 1)', infer: ([x], { to }) => [typed(to, x.shape)] },
  select: {
    meaning: 'a where the condition holds, else b',
    infer: ([condition, a, b]) => {
      requireDType(condition, ['bool']);
      require(a.dtype === b.dtype, () => `branches differ in dtype: ${formatType(a)} and ${formatType(b)}`);
      return [typed(a.dtype, broadcastShapes(condition.shape, broadcastShapes(a.shape, b.shape)))];
    },
  },
  reshape: {
    meaning: 'the same elements, row-major, in another shape',
    infer: ([x], { shape }) => {
      requireSameCount(x.shape, shape);
      return [typed(x.dtype, shape)];
    },
  },
  transpose: {
    meaning: 'axes in another order: output axis i is input axis permutation[i]',
    infer: ([x], { permutation }) => {
      const sorted = permutation.toSorted((a, b) => a - b);
      require(sorted.length === x.shape.length && sorted.every((axis, i) => axis === i), () =>
        `${formatShape(permutation)} does not permute the axes of ${formatType(x)}`);
      return [
        typed(
          x.dtype,
          permutation.map((axis) => at(x.shape, axis)),
        ),
      ];
    },
  },
  broadcast: {
    meaning: 'x repeated to a larger shape',
    infer: ([x], { shape }) => {
      require(broadcastsTo(x.shape, shape), () =>
        `${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}`);
      return [typed(x.dtype, shape)];
    },
  },
  slice: {
    meaning: 'elements start..end-1 along an axis (a symbolic end is a size not above the axis, checked at run time)',
    infer: ([x], { axis, start, end }) => {
      requireAxis(axis, x.shape.length);
      positive(end, 'end');
      const size = at(x.shape, axis);
      require(start >= 0 && (typeof end === 'number' ? start <= end : start === 0), () =>
        `slice ${start}..${end}: starts at 0 where the end is a symbol, and not after its end`);
      require(typeof end !== 'number' || typeof size !== 'number' || end <= size, () =>
        `slice ends at ${end} on an axis of size ${size}`);
      return [typed(x.dtype, x.shape.with(axis, typeof end === 'number' ? end - start : end))];
    },
  },
  pad: {
    meaning: 'x at start.. along an axis of the given size, zeros elsewhere',
    infer: ([x], { axis, start, size }) => {
      requireDType(x, ['float32']);
      requireAxis(axis, x.shape.length);
      positive(size, 'size');
      const own = at(x.shape, axis);
      require(start >= 0 && (start === 0 || typeof own === 'number'), () =>
        `start ${start}: a symbolic axis is padded from 0 on, since slice, the gradient, starts at 0 there`);
      require(typeof own !== 'number' || typeof size !== 'number' || start + own <= size, () =>
        `${start} + ${own} does not fit into ${size}`);
      return [float(x.shape.with(axis, size))];
    },
  },
  concat: {
    meaning: 'tensors one after the other along an axis of known sizes',
    infer: (inputs, { axis }) => {
      const first = at(inputs, 0);
      requireAxis(axis, first.shape.length);
      let total = 0;
      for (const input of inputs) {
        const size = at(input.shape, axis);
        require(input.dtype === first.dtype && sameShape(input.shape.with(axis, 0), first.shape.with(axis, 0)), () =>
          `${formatType(input)} does not continue ${formatType(first)} along axis ${axis}`);
        if (typeof size !== 'number')
          throw new GraphError(`the concatenated axis must have a known size, got ${formatType(input)}`);
        total += size;
      }
      return [typed(first.dtype, first.shape.with(axis, total))];
    },
  },
  reduceSum: reduction('sum over axes'),
  reduceMax: reduction('largest element over axes'),
  matmul: {
    meaning: 'matrix product over the last two axes, either side transposed, leading axes broadcast',
    infer: inferMatmul,
  },
  contract: {
    meaning: 'sum over all leading axes of outer products: [.., m] and [.., k] give [m, k]',
    infer: ([a, b]) => {
      requireDType(a, ['float32']);
      requireDType(b, ['float32']);
      require(a.shape.length >= 2 && sameShape(a.shape.slice(0, -1), b.shape.slice(0, -1)), () =>
        `leading axes differ: ${formatType(a)} and ${formatType(b)}`);
      return [float([at(a.shape, -1), at(b.shape, -1)])];
    },
  },
  gather: {
    meaning: 'rows of x by id; the first rowAxes axes of x count as one list of rows',
    infer: ([x, ids], { rowAxes }) => {
      requireDType(ids, ['int32']);
      require(rowAxes >= 1 && rowAxes <= x.shape.length, () => `rowAxes ${rowAxes} outside 1..${x.shape.length}`);
      return [typed(x.dtype, [...ids.shape, ...x.shape.slice(rowAxes)])];
    },
  },
  scatterAdd: {
    meaning: 'zeros of a shape with rows added at ids, every repeated id counted (transpose of gather)',
    infer: ([ids, updates], { shape, rowAxes }) => {
      requireDType(ids, ['int32']);
      requireDType(updates, ['float32']);
      const expected = [...ids.shape, ...shape.slice(rowAxes)];
      require(sameShape(updates.shape, expected), () =>
        `updates ${formatShape(updates.shape)} should be ${formatShape(expected)}`);
      return [float(shape)];
    },
  },
  gatherLast: {
    meaning: 'elements of the last axis by id: out[.., j] = x[.., ids[.., j]]',
    infer: ([x, ids]) => {
      requireDType(ids, ['int32']);
      require(sameShape(x.shape.slice(0, -1), ids.shape.slice(0, -1)), () =>
        `leading axes differ: ${formatType(x)} and ${formatType(ids)}`);
      return [typed(x.dtype, ids.shape)];
    },
  },
  scatterAddLast: {
    meaning: 'zeros [.., size] with updates added at ids of the last axis (transpose of gatherLast)',
    infer: ([ids, updates], { size }) => {
      requireDType(ids, ['int32']);
      requireDType(updates, ['float32']);
      require(sameShape(ids.shape, updates.shape), () =>
        `ids ${formatShape(ids.shape)} against updates ${formatShape(updates.shape)}`);
      positive(size, 'size');
      return [float([...ids.shape.slice(0, -1), size])];
    },
  },
  sumRows: {
    meaning:
      'sums of rows by lists: each row of a table lists rows of x, then of the tables before it, 0 for nothing; the last table gives the result, further ones list the other way round',
    infer: ([x, ...tables], { tables: own }) => {
      if (x === undefined) throw new GraphError('takes x [n, d] and tables');
      requireDType(x, ['float32']);
      require(x.shape.length === 2, () => `takes x [n, d], got ${formatType(x)}`);
      tables.forEach((table) => requireDType(table, ['int32']));
      require(tables.every(({ shape }) => shape.length === 2), () =>
        `tables are [rows, width], got ${tables.map(formatType).join(', ')}`);
      require(own >= 1 && own <= tables.length, () =>
        `${own} of ${tables.length} tables are its own: it takes one at least`);
      const [made, read] = [at(tables, own - 1), tables.at(own === tables.length ? tables.length : -1)];
      require(read === undefined || at(read.shape, 0) === at(x.shape, 0), () =>
        `the last table makes ${read?.shape[0]} rows the other way round, x has ${at(x.shape, 0)}`);
      return [float([at(made.shape, 0), at(x.shape, 1)])];
    },
  },
  softmax: {
    meaning: 'softmax over the last axis',
    infer: ([x]) => {
      requireDType(x, ['float32']);
      require(x.shape.length >= 1, () => 'needs an axis, got a scalar');
      return [x];
    },
  },
  layerNorm: {
    meaning: 'x normalized over the last axis, times scale plus bias; also its mean and inverse deviation [.., 1]',
    infer: ([x, scale, bias]) => {
      requireDType(x, ['float32']);
      const width = [at(x.shape, -1)];
      require(sameShape(scale.shape, width) && sameShape(bias.shape, width), () =>
        `scale ${formatShape(scale.shape)} and bias ${formatShape(bias.shape)} should be ${formatShape(width)}`);
      require(typeof width[0] === 'number', () => 'the normalized axis must have a known size');
      const statistics = float([...x.shape.slice(0, -1), 1]);
      return [float(x.shape), statistics, statistics];
    },
  },
  tableCrossEntropy: {
    meaning: '-log softmax(h table^T)[target] per row of h; classes before firstClass take no part',
    infer: ([h, table, targets], { firstClass }) => {
      inferCrossEntropy(h, table, targets, firstClass);
      return [float(targets.shape)];
    },
  },
  tableCrossEntropyGrad: {
    meaning: 'gradients of the sum of weight * tableCrossEntropy with respect to h and to the table',
    infer: ([h, table, targets, weights], { firstClass }) => {
      inferCrossEntropy(h, table, targets, firstClass);
      require(sameShape(weights.shape, targets.shape), () =>
        `weights ${formatShape(weights.shape)} should be ${formatShape(targets.shape)}`);
      return [float(h.shape), float(table.shape)];
    },
  },
  topK: {
    meaning: 'the k largest of the last axis, largest first, and their ids; ties go to the lower id',
    infer: ([x], { k }) => {
      requireDType(x, ['float32']);
      const size = at(x.shape, -1);
      require(Number.isInteger(k) && k >= 1 && (typeof size !== 'number' || k <= size), () =>
        `k ${k} outside 1..${size}`);
      const shape = [...x.shape.slice(0, -1), k];
      return [float(shape), typed('int32', shape)];
    },
  },
  rank: {
    meaning:
      'how many columns from firstItem on, not among the excluded ids, come before the target (higher score, or equal score and lower id); NaN counts as higher',
    infer: ([scores, targets, excluded], { firstItem }) => {
      requireDType(scores, ['float32']);
      requireDType(targets, ['int32']);
      require(scores.shape.length === 2 && sameShape(targets.shape, scores.shape.slice(0, 1)), () =>
        `takes scores [b, n] and targets [b], got ${formatType(scores)} and ${formatType(targets)}`);
      require(firstItem === 0 || firstItem === 1, () => `firstItem is 0 or 1, got ${firstItem}`);
      if (excluded !== undefined) {
        requireDType(excluded, ['int32']);
        require(excluded.shape.length === 2 && excluded.shape[0] === scores.shape[0], () =>
          `excluded takes [b, s], got ${formatType(excluded)}`);
      }
      return [typed('int32', targets.shape)];
    },
  },
  scan: {
    meaning: 'states carried through a body along axis 0 of the sequences; of each, all values or the last',
    infer: inferScan,
  },
};

/** All op names, in table order. */
export const opNames: readonly OpName[] = Object.keys(ops).filter((name): name is OpName => name in ops);
