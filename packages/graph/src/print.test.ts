// The printer's text, frozen: people compare graphs by it.
import { describe, expect, it } from 'vitest';
import { constantArray, input, iota, layerNorm, matmul, mul, rank, reduceSum, slice, softmax, topK } from './build.js';
import { createGraph } from './graph.js';
import { printGraph } from './print.js';

describe('printGraph', () => {
  it('prints the example of its documentation', () => {
    expect(printGraph(createGraph({ y: mul(input('x', ['batch', 3]), 2) }))).toBe(
      [
        '%0 = input "x"                                   : float32[batch, 3]',
        '%1 = constant 2                                  : float32[]',
        '%2 = mul %0 %1                                   : float32[batch, 3]',
        'y = %2',
      ].join('\n'),
    );
  });

  it('prints attributes, long constants and several outputs, numbered by place and not by id', () => {
    const x = input('x', ['batch', 4]);
    const { values, ids } = topK(
      softmax(
        matmul(
          x,
          constantArray(
            Array.from({ length: 8 }, (_, i) => i),
            [2, 4],
          ),
          { transB: true },
        ),
      ),
      1,
    );
    const [, mean] = layerNorm(x, constantArray([1, 1, 1, 1], [4]), constantArray([0, 0, 0, 0], [4]), 1e-12).node
      .outputs;
    const graph = createGraph({
      values,
      ids,
      mean: mean!,
      total: reduceSum(x, [0], true),
      head: slice(iota(9), 0, 0, 'batch'),
      rank: rank(x, input('t', ['batch'], 'int32')),
    });
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "%0 = input "x"                                   : float32[batch, 4]
      %1 = constant 0 1 2 .. (8)                       : float32[2, 4]
      %2 = matmul %0 %1 {transA: false, transB: true}  : float32[batch, 2]
      %3 = softmax %2                                  : float32[batch, 2]
      %4.0, %4.1 = topK %3 {k: 1}                      : float32[batch, 1], int32[batch, 1]
      %5 = constant 1 1 1 1                            : float32[4]
      %6 = constant 0 0 0 0                            : float32[4]
      %7.0, %7.1, %7.2 = layerNorm %0 %5 %6 {epsilon: 1e-12} : float32[batch, 4], float32[batch, 1], float32[batch, 1]
      %8 = reduceSum %0 {axes: [0], keepDims: true}    : float32[1, 4]
      %9 = iota {size: 9}                              : int32[9]
      %10 = slice %9 {axis: 0, start: 0, end: "batch"} : int32[batch]
      %11 = input "t"                                  : int32[batch]
      %12 = rank %0 %11 {firstItem: 1}                 : int32[batch]
      values = %4.0
      ids = %4.1
      mean = %7.1
      total = %8
      head = %10
      rank = %12"
    `);
  });
});
