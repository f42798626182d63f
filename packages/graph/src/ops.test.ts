// Shape and dtype rules: what they infer, with symbols, and what their errors say.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  and,
  apply,
  broadcast,
  concat,
  constantArray,
  contract,
  div,
  equal,
  expandDims,
  gather,
  gatherLast,
  input,
  iota,
  layerNorm,
  less,
  matmul,
  maximum,
  pad,
  rank,
  reduceMax,
  reduceMean,
  reduceSum,
  reshape,
  scatterAdd,
  scatterAddLast,
  select,
  slice,
  softmax,
  sumTo,
  tableCrossEntropy,
  topK,
  transpose,
} from './build.js';
import { examples } from './conformance/examples.js';
import { Scene } from './conformance/scene.js';
import { createGraph } from './graph.js';
import { opNames, ops } from './ops.js';
import { evaluate } from './reference/index.js';
import { bindShape, broadcastShapes, broadcastsTo, normalizeAxis } from './shapes.js';
import { formatType, GraphError, type Shape } from './types.js';
import type { Tensor } from './signatures.js';

const f = (...shape: Shape): Tensor => input('f', shape);
const i = (...shape: Shape): Tensor => input('i', shape, 'int32');
const b = (...shape: Shape): Tensor => input('b', shape, 'bool');

describe('inferred types', () => {
  const cases: [string, Tensor, string][] = [
    ['broadcasting repeats ones', add(f('batch', 1, 3), f('length', 1)), 'float32[batch, length, 3]'],
    ['a symbol broadcasts with itself and with 1', maximum(f('batch', 3), f(1, 3)), 'float32[batch, 3]'],
    ['comparison gives truth values', less(i('batch'), i('batch')), 'bool[batch]'],
    ['select broadcasts all three', select(b('batch', 1), f(3), f(1, 1)), 'float32[batch, 3]'],
    [
      'reshape keeps symbols',
      reshape(f('batch', 'length', 6), ['batch', 'length', 2, 3]),
      'float32[batch, length, 2, 3]',
    ],
    ['transpose', transpose(f('batch', 2, 3), [2, 0, 1]), 'float32[3, batch, 2]'],
    ['slice to a symbol', slice(f(50, 4), 0, 0, 'length'), 'float32[length, 4]'],
    ['slice counts negative axes from the end', slice(f('batch', 9), -1, 2, 5), 'float32[batch, 3]'],
    ['pad', pad(f(2, 3), 0, 1, 5), 'float32[5, 3]'],
    ['concat', concat([f('batch', 2), f('batch', 3)], -1), 'float32[batch, 5]'],
    ['reduce drops axes', reduceSum(f('batch', 2, 3), [0, -1]), 'float32[2]'],
    ['reduce keeps axes', reduceMax(f('batch', 2, 3), [1], true), 'float32[batch, 1, 3]'],
    ['mean over symbols', reduceMean(f('batch', 'length', 3), [0, 1]), 'float32[3]'],
    ['matmul', matmul(f('batch', 2, 3, 4), f('batch', 1, 4, 5)), 'float32[batch, 2, 3, 5]'],
    ['matmul, both transposed', matmul(f(4, 'batch'), f(5, 4), { transA: true, transB: true }), 'float32[batch, 5]'],
    ['contract', contract(f('batch', 'length', 3), f('batch', 'length', 5)), 'float32[3, 5]'],
    ['gather', gather(f(9, 4), i('batch', 'length')), 'float32[batch, length, 4]'],
    ['gather over two axes', gather(f('batch', 'length', 4), i('targets'), 2), 'float32[targets, 4]'],
    ['gather keeps the dtype', gather(i(9), i('targets')), 'int32[targets]'],
    ['scatterAdd', scatterAdd(i('targets'), f('targets', 4), ['batch', 'length', 4], 2), 'float32[batch, length, 4]'],
    ['gatherLast', gatherLast(f('batch', 9), i('batch', 3)), 'float32[batch, 3]'],
    ['scatterAddLast', scatterAddLast(i('batch', 3), f('batch', 3), 9), 'float32[batch, 9]'],
    ['cross-entropy', tableCrossEntropy(f('targets', 4), f(9, 4), i('targets'), 1), 'float32[targets]'],
    ['top-k ids', topK(f('batch', 9), 3).ids, 'int32[batch, 3]'],
    ['rank', rank(f('batch', 9), i('batch'), i('batch', 'seen')), 'int32[batch]'],
    ['expandDims at the end', expandDims(f('batch'), -1), 'float32[batch, 1]'],
    ['sumTo', sumTo(f('batch', 'length', 3), [1, 3]), 'float32[1, 3]'],
  ];
  it.each(cases)('%s', (_, tensor, type) => expect(formatType(tensor)).toBe(type));

  it('is what the interpreter gives, for the examples of every op', () => {
    for (const op of opNames) {
      for (const { build } of examples[op].filter(({ large }) => !large)) {
        const scene = new Scene(2);
        const graph = createGraph(build(scene));
        const values = evaluate(graph, scene.feeds);
        for (const [name, tensor] of graph.outputs) {
          expect(values[name]?.dtype).toBe(tensor.dtype);
          expect(values[name]?.shape).toEqual(tensor.shape.map((dim) => scene.size(dim)));
        }
      }
    }
  });
});

describe('errors', () => {
  const cases: [string, () => unknown, string][] = [
    [
      'shapes that do not broadcast',
      () => add(f(2), f(3)),
      'add(float32[2], float32[3]): [2] and [3] do not broadcast: 2 against 3',
    ],
    ['a symbol against a number', () => add(f('batch'), f(3)), 'batch against 3'],
    ['two symbols', () => add(f('batch'), f('length')), 'batch against length'],
    ['operands of two dtypes', () => add(f(2), i(2)), 'add(float32[2], int32[2]): operands differ in dtype'],
    ['a dtype that an op does not take', () => div(i(2), i(2)), 'div(int32[2], int32[2]): takes float32, got int32[2]'],
    ['numbers where truth values belong', () => and(f(1), f(1)), 'takes bool, got float32[1]'],
    ['a condition that is a number', () => select(f(1), f(1), f(1)), 'takes bool, got float32[1]'],
    [
      'inner dimensions',
      () => matmul(f(2, 3), f(4, 5)),
      'matmul(float32[2, 3], float32[4, 5]): inner dimensions differ: 3 in [2, 3], 4 in [4, 5]',
    ],
    ['a vector in a product', () => matmul(f(3), f(3, 2)), 'needs ranks of 2 or more'],
    [
      'leading axes of contract',
      () => contract(f('batch', 2), f(3, 2)),
      'leading axes differ: float32[batch, 2] and float32[3, 2]',
    ],
    [
      'a reshape that loses elements',
      () => reshape(f('batch', 6), ['batch', 5]),
      'reshape [batch, 6] to [batch, 5] changes the number of elements',
    ],
    ['a reshape that loses a symbol', () => reshape(f('batch', 6), [6]), 'changes the number of elements'],
    ['an axis outside', () => reduceSum(f(2, 3), [2]), 'axis 2 is outside a tensor of rank 2'],
    ['a repeated axis', () => reduceSum(f(2, 3), [0, -2]), 'repeated axis in [0, 0]'],
    ['a slice past its axis', () => slice(f(5), 0, 2, 6), 'slice ends at 6 on an axis of size 5'],
    [
      'a slice that starts late with a symbolic end',
      () => slice(f(5), 0, 1, 'length'),
      'starts at 0 where the end is a symbol',
    ],
    ['a pad that does not fit', () => pad(f(3), 0, 2, 4), '2 + 3 does not fit into 4'],
    ['a pad of a symbolic axis that could not be differentiated', () => pad(f('length'), 0, 1, 9), 'padded from 0 on'],
    [
      'an axis that was not counted from the start',
      () => apply('reduceSum', [f(2, 3)], { axes: [-1], keepDims: false }),
      'attributes hold 0..1',
    ],
    [
      'a transpose that forgets an axis',
      () => transpose(f(2, 3), [0, 0]),
      '[0, 0] does not permute the axes of float32[2, 3]',
    ],
    [
      'a concat along a symbol',
      () => concat([f('batch'), f('batch')], 0),
      'must have a known size, got float32[batch]',
    ],
    [
      'a concat of what does not continue',
      () => concat([f(2, 3), f(2, 4)], 0),
      'float32[2, 4] does not continue float32[2, 3] along axis 0',
    ],
    ['a broadcast that shrinks', () => broadcast(f(3), [1]), '[3] does not broadcast to [1]'],
    ['ids that are floats', () => gather(f(3, 2), f(2)), 'takes int32, got float32[2]'],
    ['more row axes than axes', () => gather(f(3, 2), i(2), 3), 'rowAxes 3 outside 1..2'],
    ['updates of another shape', () => scatterAdd(i(4), f(4, 3), [9, 2]), 'updates [4, 3] should be [4, 2]'],
    ['ids of another shape', () => gatherLast(f(2, 3), i(3, 1)), 'leading axes differ'],
    [
      'a scale of another width',
      () => layerNorm(f('batch', 4), f(3), f(4), 1e-5),
      'scale [3] and bias [4] should be [4]',
    ],
    ['softmax of a scalar', () => softmax(f()), 'needs an axis, got a scalar'],
    [
      'widths of the cross-entropy',
      () => tableCrossEntropy(f('t', 4), f(9, 3), i('t')),
      'width 4 of h against 3 of the table',
    ],
    [
      'targets of the cross-entropy',
      () => tableCrossEntropy(f('t', 4), f(9, 4), i('u')),
      't rows of h against u targets',
    ],
    ['more than there is', () => topK(f(3), 4), 'k 4 outside 1..3'],
    [
      'exclusions of another batch',
      () => rank(f('batch', 9), i('batch'), i(3, 2)),
      'excluded takes [b, s], got int32[3, 2]',
    ],
    ['values that do not fill a constant', () => constantArray([1, 2], [3]), '2 values for shape [3]'],
    ['a size that is none', () => iota(-1), 'size -1 is not a size'],
  ];
  it.each(cases)('name %s', (_, make, message) => {
    expect(make).toThrow(GraphError);
    expect(make).toThrow(message);
  });

  it('name the op and its operands in front', () => {
    expect(() => equal(f('batch', 2), i(2))).toThrow('equal(float32[batch, 2], int32[2]): ');
  });
});

describe('shape arithmetic', () => {
  const dims = fc.array(fc.oneof(fc.constantFrom(1, 2, 3), fc.constantFrom('batch', 'length')), { maxLength: 4 });
  const attempt = (x: Shape, y: Shape): Shape | undefined => {
    try {
      return broadcastShapes(x, y);
    } catch {
      return undefined;
    }
  };

  it('broadcasting is symmetric, and its result takes both operands', () => {
    fc.assert(
      fc.property(dims, dims, (x, y) => {
        const common = attempt(x, y);
        expect(attempt(y, x)).toEqual(common);
        if (common === undefined) return;
        expect(broadcastsTo(x, common) && broadcastsTo(y, common)).toBe(true);
        expect(attempt(common, x)).toEqual(common);
      }),
    );
  });

  it('binds symbols and names the one that is not bound', () => {
    expect(bindShape(['batch', 3], new Map([['batch', 7]]))).toEqual([7, 3]);
    expect(() => bindShape(['length'], new Map([['batch', 7]]))).toThrow(
      'dimension "length" is not bound by any input',
    );
  });

  it('counts negative axes from the end', () => {
    expect([-1, -3, 0, 2].map((axis) => normalizeAxis(axis, 3))).toEqual([2, 0, 0, 2]);
    for (const axis of [3, -4, 0.5, Number.NaN]) expect(() => normalizeAxis(axis, 3)).toThrow(GraphError);
  });
});

describe('the op table', () => {
  it('gives every op a meaning of one line', () => {
    for (const op of opNames) expect(ops[op].meaning).toMatch(/^[^\n]{2,200}$/);
  });
});
