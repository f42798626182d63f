// Examples of leaves, elementwise ops, and ops that move or reduce elements.
import {
  add,
  apply,
  broadcast,
  cast,
  concat,
  constant,
  constantArray,
  iota,
  mul,
  pad,
  reduceMax,
  reduceSum,
  reshape,
  select,
  size,
  slice,
  transpose,
} from '../build.js';
import type { None, OpName, Tensor } from '../signatures.js';
import { at } from '../types.js';
import type { KernelOp } from './examples-kernels.js';
import {
  distinct,
  large,
  quantized,
  small,
  uniform,
  type Example,
  type Examples,
  type Fill,
  type Scene,
} from './scene.js';

type Binary = Extract<OpName, 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'equal' | 'less'>;
type Unary = Extract<
  OpName,
  'neg' | 'exp' | 'log' | 'sqrt' | 'erf' | 'sigmoid' | 'softplus' | 'tanh' | 'relu' | 'gelu' | 'stopGradient'
>;
type Logical = Extract<OpName, 'and' | 'or'>;
const none: None = {};

function pairs(op: Binary, left: Fill, right: Fill = left): Example[] {
  const of = (a: Tensor, b: Tensor): { y: Tensor } => ({ y: at(apply(op, [a, b], none), 0) });
  return [
    small('same shape', (s) => {
      const shape = [s.symbol('batch'), s.int(1, 5)];
      return of(s.float('a', shape, left), s.float('b', shape, right));
    }),
    small('a vector on the right', (s) => {
      const width = s.int(1, 4);
      return of(s.float('a', [s.symbol('batch'), s.symbol('length'), width], left), s.float('b', [width], right));
    }),
    small('a vector on the left', (s) => {
      const width = s.int(2, 4);
      return of(s.float('a', [width], left), s.float('b', [s.symbol('batch'), 3, width], right));
    }),
    small('both repeat', (s) =>
      of(s.float('a', [s.symbol('batch'), 1, s.int(2, 4)], left), s.float('b', [s.symbol('length'), 1], right)),
    ),
    small('a scalar on the left', (s) =>
      of(s.float('a', [], left), s.float('b', [s.int(1, 3), s.symbol('batch')], right)),
    ),
    small('scalars', (s) => of(s.float('a', [], left), s.float('b', [], right))),
    large('a row', (s) => of(s.float('a', [s.symbol('batch', 500, 520), 513], left), s.float('b', [513], right))),
  ];
}

function integerPairs(op: Binary): Example[] {
  return [
    small('int32', (s) => {
      const [a, b] = [s.ints('a', [s.symbol('batch'), 4], -3, 3), s.ints('b', [4], -3, 3)];
      return { y: at(apply(op, [a, b], none), 0) };
    }),
  ];
}

function logical(op: Logical): Example[] {
  return [
    small('same shape', (s) => {
      const shape = [s.symbol('batch'), 5];
      return { y: at(apply(op, [s.bools('a', shape), s.bools('b', shape)], none), 0) };
    }),
    small('both repeat', (s) => ({
      y: at(apply(op, [s.bools('a', [s.symbol('batch'), 1]), s.bools('b', [1, s.int(2, 5)])], none), 0),
    })),
  ];
}

function singles(op: Unary, fill: Fill): Example[] {
  const of = (x: Tensor): { y: Tensor } => ({ y: at(apply(op, [x], none), 0) });
  return [
    small('matrix', (s) => of(s.float('x', [s.symbol('batch'), s.int(1, 7)], fill))),
    small('scalar', (s) => of(s.float('x', [], fill))),
    large('matrix', (s) => of(s.float('x', [s.symbol('batch', 500, 520), 513], fill))),
  ];
}

function reductions(
  reduce: (x: Tensor, axes?: readonly number[], keepDims?: boolean) => Tensor,
  fill: Fill,
): Example[] {
  const box = (s: Scene): Tensor => s.float('x', [s.symbol('batch'), s.symbol('length'), s.int(1, 4)], fill);
  return [
    small('last axis', (s) => ({ y: reduce(box(s), [-1]) })),
    small('last axis, kept', (s) => ({ y: reduce(box(s), [-1], true) })),
    small('first axis', (s) => ({ y: reduce(box(s), [0]) })),
    small('outer axes, kept', (s) => ({ y: reduce(box(s), [0, 2], true) })),
    small('leading axes', (s) => ({ y: reduce(box(s), [0, 1]) })),
    small('everything', (s) => ({ y: reduce(box(s)) })),
    large('first axis', (s) => ({ y: reduce(s.float('x', [s.symbol('batch', 500, 520), 130], fill), [0]) })),
    large('last axis', (s) => ({ y: reduce(s.float('x', [s.symbol('batch', 500, 520), 130], fill), [1]) })),
  ];
}

/** Adds 0 times an input, so that a graph without other inputs knows its symbols. */
const withSymbols = (x: Tensor, source: Tensor): Tensor => add(x, mul(source, 0));

export const elementwiseExamples: Examples<Exclude<OpName, KernelOp | 'scan'>> = {
  input: [
    small('float32 handed on', (s) => ({ y: s.float('x', [s.symbol('batch'), 3]) })),
    small('int32 and bool handed on', (s) => ({
      i: s.ints('i', [s.symbol('batch')], -9, 9),
      b: s.bools('b', ['batch', 2]),
    })),
  ],
  constant: [
    small('each dtype', () => ({
      f: constantArray([1.5, -2, 0.25, 3, 4, 1e-6], [2, 3]),
      i: constantArray([-7, 2_000_000_000], [2], 'int32'),
      b: constantArray([1, 0, 1], [3], 'bool'),
    })),
    small('scalars and no elements', () => ({ f: constant(0.5), i: constant(-3, 'int32'), b: constant(1, 'bool') })),
    small('infinite', () => ({ low: constant(-Infinity), high: constant(Infinity) })),
    small('as an operand', (s) => ({ y: mul(s.float('x', [s.symbol('batch'), 2]), constantArray([2, -3], [2])) })),
  ],
  iota: [
    small('known', () => ({ y: iota(5) })),
    small('symbol', (s) => ({ y: add(iota(s.symbol('length')), s.ints('x', ['length'], -3, 3)) })),
  ],
  size: [
    small('known', () => ({ y: size(7) })),
    small('symbols', (s) => ({
      y: mul(mul(size(s.symbol('length')), size(s.symbol('batch'))), s.float('x', ['batch', 'length'])),
    })),
  ],
  add: [...pairs('add', uniform(-2, 2)), ...integerPairs('add')],
  sub: [...pairs('sub', uniform(-2, 2)), ...integerPairs('sub')],
  mul: [...pairs('mul', uniform(-2, 2)), ...integerPairs('mul')],
  div: pairs('div', uniform(-2, 2), uniform(0.5, 2)),
  maximum: pairs('maximum', distinct(), distinct(0.5)),
  minimum: pairs('minimum', distinct(), distinct(0.5)),
  equal: [...pairs('equal', quantized(-1, 1)), ...integerPairs('equal')],
  less: [...pairs('less', quantized(-2, 2)), ...integerPairs('less')],
  and: logical('and'),
  or: logical('or'),
  not: [small('vector', (s) => ({ y: at(apply('not', [s.bools('x', [s.symbol('batch'), 5])], none), 0) }))],
  neg: singles('neg', uniform(-3, 3)),
  exp: singles('exp', uniform(-3, 3)),
  log: singles('log', uniform(0.2, 4)),
  sqrt: singles('sqrt', uniform(0.2, 4)),
  erf: singles('erf', uniform(-3.5, 3.5)),
  sigmoid: singles('sigmoid', uniform(-6, 6)),
  softplus: singles('softplus', uniform(-6, 6)),
  tanh: singles('tanh', uniform(-3, 3)),
  relu: singles('relu', distinct()),
  gelu: singles('gelu', uniform(-4, 4)),
  stopGradient: singles('stopGradient', uniform(-3, 3)),
  cast: [
    small('int32 to float32', (s) => ({ y: cast(s.ints('x', [s.symbol('batch'), 3], -9, 9), 'float32') })),
    small('float32 to int32 cuts off', (s) => ({
      y: cast(s.float('x', [s.symbol('batch'), 7], uniform(-9, 9)), 'int32'),
    })),
    small('bool to float32 and int32', (s) => {
      const x = s.bools('x', [s.symbol('batch'), 3]);
      return { f: cast(x, 'float32'), i: cast(x, 'int32') };
    }),
    small('int32 to bool', (s) => ({ y: cast(s.ints('x', [s.symbol('batch'), 4], -1, 1), 'bool') })),
    small('float32 to bool', (s) => ({ y: cast(s.float('x', [s.symbol('batch'), 4], quantized(-1, 1)), 'bool') })),
  ],
  select: [
    small('same shape', (s) => {
      const shape = [s.symbol('batch'), s.int(1, 5)];
      return { y: select(s.bools('c', shape), s.float('a', shape), s.float('b', shape)) };
    }),
    small('all three repeat', (s) => ({
      y: select(
        s.bools('c', [s.symbol('batch'), 1, 1]),
        s.float('a', [1, s.int(2, 3), 1]),
        s.float('b', [s.symbol('length')]),
      ),
    })),
    small('scalar branch', (s) => ({
      y: select(s.bools('c', [s.symbol('batch'), 1, 4]), s.float('a', ['batch', 2, 4]), -10_000),
    })),
    small('int32', (s) => ({
      y: select(s.bools('c', [s.symbol('batch'), 4]), s.ints('a', ['batch', 4], -9, 9), s.ints('b', [4], -9, 9)),
    })),
    large('mask', (s) => ({
      y: select(s.bools('c', [s.symbol('batch', 300, 310), 513]), s.float('a', ['batch', 513]), 0),
    })),
  ],
  reshape: [
    small('split the last axis', (s) => ({
      y: reshape(s.float('x', [s.symbol('batch'), s.symbol('length'), 6]), ['batch', 'length', 2, 3]),
    })),
    small('merge known axes', (s) => ({ y: reshape(s.float('x', [s.symbol('batch'), 2, 3]), ['batch', 6]) })),
    small('add and drop ones', (s) => ({ y: reshape(s.float('x', [1, s.symbol('batch'), 3]), ['batch', 1, 3, 1]) })),
    small('to a scalar', (s) => ({ y: reshape(s.float('x', [1, 1]), []) })),
    small('int32 and bool', (s) => ({
      i: reshape(s.ints('i', [s.symbol('batch'), 4], 0, 9), ['batch', 2, 2]),
      b: reshape(s.bools('b', [2, 3]), [6]),
    })),
  ],
  transpose: [
    small('matrix', (s) => ({ y: transpose(s.float('x', [s.symbol('batch'), s.int(1, 4)]), [1, 0]) })),
    small('heads', (s) => ({
      y: transpose(s.float('x', [s.symbol('batch'), s.symbol('length'), 2, 3]), [0, 2, 1, 3]),
    })),
    small('a cycle', (s) => ({ y: transpose(s.float('x', [2, s.symbol('batch'), 3]), [2, 0, 1]) })),
    small('int32 and bool', (s) => ({
      i: transpose(s.ints('i', [s.symbol('batch'), 3], 0, 9), [1, 0]),
      b: transpose(s.bools('b', ['batch', 3]), [1, 0]),
    })),
    large('heads', (s) => ({ y: transpose(s.float('x', [s.symbol('batch', 60, 65), 50, 4, 16]), [0, 2, 1, 3]) })),
  ],
  broadcast: [
    small('a vector to rows', (s) => ({ y: broadcast(s.float('x', [4]), [3, 4]) })),
    small('a scalar to symbols', (s) => ({
      y: withSymbols(
        broadcast(s.float('x', []), [s.symbol('batch'), s.symbol('length')]),
        s.float('like', ['batch', 'length']),
      ),
    })),
    small('inner axes', (s) => ({
      y: withSymbols(
        broadcast(s.float('x', [s.symbol('batch'), 1, 3]), ['batch', s.symbol('length'), 3]),
        s.float('like', ['length', 1]),
      ),
    })),
    small('int32', (s) => ({ y: broadcast(s.ints('x', [s.symbol('batch'), 1], -9, 9), [2, 'batch', 3]) })),
  ],
  slice: [
    small('middle of a known axis', (s) => ({ y: slice(s.float('x', [s.symbol('batch'), 7, 2]), 1, 2, 5) })),
    small('head of a symbolic axis', (s) => ({ y: slice(s.float('x', [s.symbol('batch', 2), 3]), 0, 0, 2) })),
    small('to a symbolic size', (s) => ({
      y: add(slice(s.float('x', [6, 2]), 0, 0, s.symbol('length', 1, 6)), s.float('z', ['length', 2])),
    })),
    small('last axis', (s) => ({ y: slice(s.float('x', [s.symbol('batch'), 5]), -1, 4, 5) })),
    small('int32', (s) => ({ y: slice(s.ints('x', [s.symbol('batch'), 5], 0, 9), 1, 1, 4) })),
  ],
  pad: [
    small('into a known axis', (s) => ({ y: pad(s.float('x', [s.symbol('batch'), 3, 2]), 1, 2, 6) })),
    small('into a symbolic axis', (s) => ({
      y: add(pad(s.float('x', [2, 3]), 0, 0, s.symbol('batch', 2, 5)), s.float('z', ['batch', 3])),
    })),
    small('a symbolic axis into a known one', (s) => ({
      y: pad(s.float('x', [s.symbol('length', 1, 5), 2]), 0, 0, 5),
    })),
    small('at the end', (s) => ({ y: pad(s.float('x', [s.symbol('batch'), 2]), 1, 3, 5) })),
  ],
  concat: [
    small('two, last axis', (s) => ({
      y: concat([s.float('a', [s.symbol('batch'), 2]), s.float('b', ['batch', 3])], 1),
    })),
    small('three, middle axis', (s) => ({
      y: concat(
        [s.float('a', [s.symbol('batch'), 1, 2]), s.float('b', ['batch', 3, 2]), s.float('c', ['batch', 2, 2])],
        1,
      ),
    })),
    small('the same twice', (s) => {
      const x = s.float('x', [2, s.symbol('batch')]);
      return { y: concat([x, x], 0) };
    }),
    small('int32', (s) => ({ y: concat([s.ints('a', [3], 0, 9), s.ints('b', [2], 0, 9)], 0) })),
  ],
  reduceSum: reductions(reduceSum, uniform(-2, 2)),
  reduceMax: reductions(reduceMax, distinct()),
};
