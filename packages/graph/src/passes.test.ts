// Passes: values stay, nodes go. Graph building, verifier and deep graphs are tested here as well.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from './backend.js';
import {
  add,
  broadcast,
  constant,
  constantArray,
  div,
  exp,
  input,
  matmul,
  mul,
  neg,
  reduceSum,
  relu,
  reshape,
  select,
  less,
  softmax,
  sub,
  tanh,
  transpose,
} from './build.js';
import { createGraph } from './graph.js';
import { optimize, shareCommon, simplify } from './passes.js';
import { printGraph } from './print.js';
import { evaluate } from './reference/index.js';
import { rewrite } from './rewrite.js';
import { at } from './types.js';
import type { Graph, Node, Tensor } from './signatures.js';
import { verify } from './verify.js';
import { differentiate } from './vjp.js';

const opsOf = (graph: Graph): string[] => graph.nodes.map(({ op }) => op).filter((op) => op !== 'input');
const feeds: Record<string, HostTensor> = {
  x: { dtype: 'float32', shape: [2, 3], data: Float64Array.of(0.5, -1, 2, 3, -0.25, 1) },
  v: { dtype: 'float32', shape: [3], data: Float64Array.of(1, -2, 0.125) },
};
const used = (graph: Graph): Record<string, HostTensor> =>
  Object.fromEntries(Object.entries(feeds).filter(([name]) => graph.inputs.has(name)));

/** Random programs over a pool of tensors: many duplicates, neutral constants, reshapes and transposes of each other. */
const programs = fc.array(fc.tuple(fc.nat(13), fc.nat(), fc.nat()), { minLength: 1, maxLength: 40 }).map((steps) => {
  const matrices: Tensor[] = [input('x', ['batch', 3])];
  const vectors: Tensor[] = [input('v', [3]), constantArray([1, 1, 1], [3]), constantArray([0, 0, 0], [3])];
  const scalars: Tensor[] = [constant(1), constant(0), constant(2)];
  const pick = (pool: readonly Tensor[], choice: number): Tensor => at(pool, choice % pool.length);
  for (const [op, i, j] of steps) {
    const [m, n, v, s] = [pick(matrices, i), pick(matrices, j), pick(vectors, j), pick(scalars, j)];
    const made: (() => Tensor)[] = [
      () => add(m, n),
      () => sub(m, v),
      () => mul(m, s),
      () => add(m, s),
      () => div(m, constant(j % 2 === 0 ? 1 : 4)),
      () => mul(v, m),
      () => tanh(m),
      () => transpose(transpose(m, [1, 0]), [1, 0]),
      () => reshape(reshape(m, ['batch', 1, 3]), ['batch', 3]),
      () => select(less(m, n), m, s),
      () => mul(m, broadcast(constant(1), ['batch', 3])),
      () => neg(m),
      () => softmax(m),
      () => sub(m, 0),
    ];
    matrices.push(at(made, op)());
    scalars.push(i % 2 === 0 ? add(pick(scalars, i), s) : mul(pick(scalars, i), s));
    if (scalars.length > 12) scalars.length = 4; // products of constants stay finite
  }
  return createGraph({
    last: at(matrices, -1),
    first: at(matrices, Math.min(1, matrices.length - 1)),
    scalar: at(scalars, -1),
    sum: reduceSum(at(matrices, -1)),
  });
});

describe('optimize', () => {
  it('keeps every value of random graphs, with no more nodes than before', () => {
    fc.assert(
      fc.property(programs, (graph) => {
        const optimized = optimize(graph);
        verify(optimized);
        expect(optimized.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
        expect([...optimized.inputs.keys()]).toEqual([...graph.inputs.keys()]);
        const [before, after] = [evaluate(graph, used(graph)), evaluate(optimized, used(optimized))];
        // +0 makes 0 of -0: x + 0 is x in the optimized graph
        for (const [name, { data }] of Object.entries(before))
          expect([...after[name]!.data].map((y) => y + 0)).toEqual([...data].map((y) => y + 0));
      }),
      { numRuns: 300 },
    );
  });

  it('reaches a fixed point', () => {
    fc.assert(
      fc.property(programs, (graph) => {
        const once = optimize(optimize(graph));
        expect(printGraph(optimize(once))).toBe(printGraph(once));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the values and shrinks the gradient of a network', () => {
    const [x, w] = [input('x', ['batch', 3]), constantArray([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3])];
    const h = relu(matmul(x, w));
    const y = reduceSum(mul(h, h));
    const [gx] = differentiate([[y, constant(1)]], [x]);
    const graph = createGraph({ y, gx: gx! });
    const optimized = optimize(graph);
    expect(optimized.nodes.length).toBeLessThan(graph.nodes.length);
    expect(evaluate(optimized, used(optimized))).toEqual(evaluate(graph, used(graph)));
  });
});

describe('simplify', () => {
  const x = input('x', ['batch', 3]);
  const cube = input('cube', [2, 2, 2]);
  const neutral: [string, Tensor][] = [
    ['x * 1', mul(x, 1)],
    ['1 * x', mul(1, x)],
    ['x + 0', add(x, 0)],
    ['0 + x', add(0, x)],
    ['x - 0', sub(x, 0)],
    ['x / 1', div(x, 1)],
    ['x times ones seen through a broadcast', mul(x, broadcast(constant(1), ['batch', 3]))],
    ['x times ones in an array', mul(x, constantArray([1, 1, 1], [3]))],
    ['a reshape and back', reshape(reshape(x, ['batch', 1, 3]), ['batch', 3])],
    ['a transpose and back', transpose(transpose(x, [1, 0]), [1, 0])],
    ['a cycle of axes and its inverse', transpose(transpose(cube, [1, 2, 0]), [2, 0, 1])],
    ['all of them', mul(add(div(sub(x, 0), 1), 0), 1)],
  ];
  it.each(neutral)('%s is the input', (_, y) => {
    const graph = simplify(createGraph({ y }));
    expect(opsOf(graph)).toEqual([]);
    expect(graph.outputs.get('y')?.node.op).toBe('input');
  });

  const kept: [string, Tensor, string][] = [
    ['a product with 1 that broadcasts', mul(input('v', [3]), broadcast(constant(1), [2, 3])), 'mul'],
    ['x * 0, which NaN would pass', mul(x, 0), 'mul'],
    ['0 - x', sub(0, x), 'sub'],
    ['1 / x', div(1, x), 'div'],
    ['a sum with an array that is not all zeros', add(x, constantArray([0, 0, 1], [3])), 'add'],
    ['a transpose that does not undo the first', transpose(transpose(cube, [1, 2, 0]), [1, 2, 0]), 'transpose'],
  ];
  it.each(kept)('%s stays', (_, y, op) => expect(opsOf(simplify(createGraph({ y })))).toContain(op));

  it('computes scalars of constants, int32 with wrap-around', () => {
    const graph = simplify(
      createGraph({ a: add(mul(constant(3), 4), 0.5), b: mul(constant(65_537, 'int32'), constant(65_537, 'int32')) }),
    );
    expect(opsOf(graph)).toEqual(['constant', 'constant']);
    const { a, b } = evaluate(graph);
    expect([a!.data[0], b!.data[0]]).toEqual([12.5, Math.imul(65_537, 65_537)]);
  });
});

describe('shareCommon', () => {
  const x = input('x', ['batch', 3]);

  it('computes equal expressions once', () => {
    const graph = shareCommon(createGraph({ y: add(exp(mul(x, 2)), exp(mul(x, 2))) }));
    expect(opsOf(graph)).toEqual(['constant', 'mul', 'exp', 'add']);
  });

  it('keeps apart what differs in an attribute, an operand or the order of operands', () => {
    const outputs = {
      a: reduceSum(x, [0]),
      b: reduceSum(x, [1]),
      c: reduceSum(x, [1], true),
      d: sub(x, mul(x, x)),
      e: sub(mul(x, x), x),
    };
    expect(opsOf(shareCommon(createGraph(outputs))).toSorted()).toEqual([
      'mul',
      'reduceSum',
      'reduceSum',
      'reduceSum',
      'sub',
      'sub',
    ]);
  });

  it('keeps apart constants that JSON writes alike', () => {
    const values = [NaN, Infinity, -Infinity, 0, -0];
    const graph = shareCommon(createGraph(Object.fromEntries(values.map((value, i) => [`v${i}`, constant(value)]))));
    const results = evaluate(graph);
    values.forEach((value, i) => expect(results[`v${i}`]!.data[0]).toBe(value));
  });

  it('keeps apart equal numbers of different dtype', () => {
    expect(
      opsOf(shareCommon(createGraph({ a: constant(1), b: constant(1, 'int32'), c: constant(1, 'bool') }))),
    ).toHaveLength(3);
  });
});

describe('graphs', () => {
  it('hold what their outputs reach and nothing else', () => {
    const x = input('x', [2]);
    const dead = exp(mul(x, 3));
    const graph = createGraph({ y: add(x, 1) });
    expect(graph.nodes).not.toContain(dead.node);
    expect(opsOf(graph)).toEqual(['constant', 'add']);
  });

  it('refuse two inputs of one name, and take one input twice', () => {
    expect(() => createGraph({ y: add(input('x', [2]), input('x', [2])) })).toThrow(
      'two different inputs are named "x"',
    );
    const x = input('x', [2]);
    expect([...createGraph({ y: add(x, x), z: x }).inputs.keys()]).toEqual(['x']);
  });

  it('of 10,000 nodes in a row do not overflow the stack', () => {
    let y = input('x', [2]);
    for (let i = 0; i < 5000; i++) y = add(mul(y, 1), i % 3 === 0 ? y : 1);
    let wide = y;
    for (let i = 0; i < 5000; i++) wide = reshape(wide, i % 2 === 0 ? [1, ...wide.shape] : wide.shape.slice(1));
    const [g] = differentiate([[reduceSum(wide), constant(1)]], [createGraph({ wide }).inputs.get('x')!]);
    const graph = createGraph({ y: wide, g: g! });
    expect(graph.nodes.length).toBeGreaterThan(10_000);
    const optimized = optimize(graph);
    expect(printGraph(optimized).split('\n').length).toBe(optimized.nodes.length + 2);
    expect(() =>
      evaluate(optimized, { x: { dtype: 'float32', shape: [2], data: Float64Array.of(0, 0) } }),
    ).not.toThrow();
  });

  it('of 20,000 broadcasts over a constant are looked through without recursion', () => {
    let one = broadcast(constant(1), [1]);
    for (let i = 0; i < 20_000; i++) one = reshape(one, i % 2 === 0 ? [1, 1] : [1]);
    expect(opsOf(simplify(createGraph({ y: mul(input('x', [1]), one) })))).toEqual([]);
  });
});

describe('rewrite', () => {
  it('replaces nodes by rule and leaves the untouched part as it is', () => {
    const x = input('x', [2]);
    const untouched = exp(x);
    const graph = createGraph({ y: tanh(untouched), z: untouched });
    const result = rewrite(graph, (node, outputs) =>
      node.op === 'tanh'
        ? [
            neg(
              at(
                node.inputs.filter((t) => t !== undefined),
                0,
              ),
            ),
          ]
        : outputs,
    );
    expect(opsOf(result)).toEqual(['exp', 'neg']);
    expect(result.outputs.get('z')).toBe(untouched);
  });

  it('substitutes given tensors, and then drops what only they needed', () => {
    const x = input('x', [2]);
    const inner = exp(x);
    const result = rewrite(
      createGraph({ y: neg(inner) }),
      (_, outputs) => outputs,
      new Map([[inner, input('inner', [2])]]),
    );
    expect([...result.inputs.keys()]).toEqual(['inner']);
    verify(result);
  });

  it('keeps inputs that a pass has made useless, so that feeds stay the same', () => {
    const graph = createGraph({ y: mul(input('x', [2]), input('w', [2])) });
    const result = rewrite(graph, (node, outputs) => (node.op === 'mul' ? [node.inputs[0]] : outputs));
    expect([...result.inputs.keys()]).toEqual(['x', 'w']);
    verify(result);
  });
});

describe('verify', () => {
  const x = input('x', [2]);
  const y = neg(x);
  const graph = createGraph({ y });
  const broken = (change: Partial<Node>): Graph => {
    const node = { ...y.node, ...change } as Node; // on purpose not a valid node
    return { ...graph, nodes: [x.node, node], outputs: new Map([['y', at(node.outputs, 0)]]) };
  };

  it('accepts what the builders make', () => expect(() => verify(graph)).not.toThrow());

  const cases: [string, Graph, string][] = [
    ['a use before the definition', { ...graph, nodes: graph.nodes.toReversed() }, 'uses #'],
    ['an output that is not computed', { ...graph, nodes: [x.node] }, 'output "y" is not computed by the graph'],
    ['an input that is not listed', { ...graph, inputs: new Map() }, 'input "x" is not listed'],
    [
      'another input under its name',
      { ...graph, inputs: new Map([['x', input('x', [2])]]) },
      'input "x" is not listed',
    ],
    [
      'a shape that the rule does not give',
      broken({ outputs: [{ ...y, shape: [3] }] }),
      'output 0 is float32[3], its rule gives float32[2]',
    ],
    [
      'a dtype that the rule does not give',
      broken({ outputs: [{ ...y, dtype: 'int32' }] }),
      'output 0 is int32[2], its rule gives float32[2]',
    ],
    ['an output too many', broken({ outputs: [y, y] }), 'has 2 outputs, its rule gives 1'],
    [
      'a tensor that its node does not have',
      broken({ inputs: [{ ...x, shape: [2] }] } as Partial<Node>),
      'uses a tensor that its node does not have',
    ],
    [
      'operands that do not fit',
      broken({ op: 'matmul', inputs: [x, x], attributes: { transA: false, transB: false } } as Partial<Node>),
      'needs ranks of 2 or more',
    ],
  ];
  it.each(cases)('catches %s', (_, bad, message) => expect(() => verify(bad)).toThrow(message));
});
