// Hoisting changes when something is computed, never what.
import { describe, expect, it } from 'vitest';
import type { HostTensor } from './backend.js';
import { add, concat, gather, input, matmul, mul, reduceSum, slice } from './build.js';
import { createGraph } from './graph.js';
import { hoist } from './hoist.js';
import { evaluate } from './reference/index.js';
import { GraphError } from './types.js';
import type { Graph } from './signatures.js';

const floats = (shape: readonly number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + shape.length)),
});

/** Both parts, one after the other. */
function inTwoParts(
  graph: Graph,
  fixed: Record<string, HostTensor>,
  others: Record<string, HostTensor>,
): Record<string, HostTensor> {
  const { prepare, main, direct } = hoist(graph, Object.keys(fixed));
  const pick = (names: Iterable<string>, from: Record<string, HostTensor>): Record<string, HostTensor> =>
    Object.fromEntries([...names].flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
  return evaluate(main, {
    ...others,
    ...pick(direct, fixed),
    ...evaluate(prepare, pick(prepare.inputs.keys(), fixed)),
  });
}

describe('hoisting', () => {
  const x = input('x', ['batch', 4]);
  const w = input('w', [4, 4]);
  const v = input('v', [4, 4]);

  it('computes what depends on fixed inputs alone beforehand, and the rest alike', () => {
    const table = input('table', [5, 4]);
    const ids = input('ids', ['batch'], 'int32');
    const merged = concat([mul(w, 2), v], 0);
    const projected = matmul(table, w);
    const graph = createGraph({
      y: matmul(x, merged, { transB: true }),
      rows: gather(projected, ids),
      both: add(slice(matmul(x, merged, { transB: true }), 1, 0, 4), gather(projected, ids)),
    });
    const fixed = { w: floats([4, 4]), v: floats([4, 4]), table: floats([5, 4]) };
    const others = {
      x: floats([3, 4]),
      ids: { dtype: 'int32', shape: [3], data: Int32Array.of(4, 0, 4) } satisfies HostTensor,
    };
    const { main, hoisted, direct } = hoist(graph, ['w', 'v', 'table']);
    expect([...main.inputs.keys()].toSorted()).toEqual([...hoisted, 'ids', 'x'].toSorted());
    expect(hoisted).toHaveLength(2); // merged, and the product with the table
    expect(direct).toEqual([]);
    expect(inTwoParts(graph, fixed, others)).toEqual(evaluate(graph, { ...fixed, ...others }));
  });

  it('leaves fixed inputs that are used as they are, and inputs that nothing needs any more', () => {
    const unused = input('unused', ['batch']);
    const graph = createGraph({ y: matmul(x, w) }, [unused]);
    const { prepare, main, direct } = hoist(graph, ['w']);
    expect(direct).toEqual(['w']);
    expect(prepare.outputs.size).toBe(0);
    expect([...main.inputs.keys()].toSorted()).toEqual(['unused', 'w', 'x']);
  });

  it('hoists whole outputs, and not what has the shape of a run', () => {
    const graph = createGraph({ norm: reduceSum(mul(w, w)), y: add(x, matmul(x, mul(w, w))) });
    const fixed = { w: floats([4, 4]) };
    const { hoisted } = hoist(graph, ['w']);
    expect(hoisted).toHaveLength(2);
    expect(inTwoParts(graph, fixed, { x: floats([2, 4]) })).toEqual(evaluate(graph, { ...fixed, x: floats([2, 4]) }));
  });

  it('names an input that does not exist', () => {
    expect(() => hoist(createGraph({ y: matmul(x, w) }), ['weight'])).toThrow(GraphError);
    expect(() => hoist(createGraph({ y: matmul(x, w) }), ['weight'])).toThrow(/no input "weight"; inputs are x, w/);
  });
});
