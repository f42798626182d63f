// Scan beside an unrolled recurrence, and around it: sharing, printing, verification, what is refused. Values and gradients of
// every form of it are in the conformance suite and in gradients.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from './backend.js';
import { add, constant, exp, input, matmul, mul, neg, reduceSum, reshape, slice, tanh } from './build.js';
import { createGraph } from './graph.js';
import { hoist } from './hoist.js';
import { optimize, shareCommon } from './passes.js';
import { printGraph } from './print.js';
import { evaluate } from './reference/index.js';
import { scan, type ScanBody } from './scan.js';
import { at, GraphError } from './types.js';
import type { Graph, Tensor } from './signatures.js';
import { verify } from './verify.js';
import { differentiate, vjp } from './vjp.js';

const opsOf = (graph: Graph): string[] => graph.nodes.map(({ op }) => op).filter((op) => op !== 'input');
const random = (shape: readonly number[], seed: number): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + 1.7 * i)),
});
const recurrent =
  (weights: Tensor): ScanBody =>
  (states, elements) => [tanh(add(at(elements, 0), matmul(at(states, 0), weights)))];

describe('scan', () => {
  it('gives the values and the gradients of the same steps written one after the other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }), fc.boolean(), (steps, d, reverse) => {
        const [start, x, w] = [input('start', [2, d]), input('x', [2, steps, d]), input('w', [d, d])];
        const all = at(scan([start], [x], recurrent(w), { axis: 1, reverse }), 0);
        const one = (i: number): Tensor => slice(all, 1, i, i + 1);
        const unrolled: Tensor[] = [];
        let state = start;
        for (let i = 0; i < steps; i++) {
          const place = reverse ? steps - 1 - i : i;
          state = tanh(add(reshape(slice(x, 1, place, place + 1), [2, d]), matmul(state, w)));
          unrolled[place] = state;
        }
        const loss = (values: readonly Tensor[]): Tensor =>
          values.map((value, i) => mul(reduceSum(mul(value, value)), i + 1)).reduce((a, b) => add(a, b));
        const [scanned, written] = [loss(unrolled.map((_, i) => one(i))), loss(unrolled)];
        const outputs = [scanned, written].flatMap((value, i) => {
          const grads = differentiate([[value, constant(1)]], [start, x, w]);
          return [value, ...grads].map((tensor, k) => [`${i}.${k}`, tensor ?? value] as const);
        });
        const values = evaluate(createGraph(Object.fromEntries(outputs)), {
          start: random([2, d], 1),
          x: random([2, steps, d], 2),
          w: random([d, d], 3),
        });
        for (let k = 0; k < 4; k++)
          values[`1.${k}`]?.data.forEach((expected, i) => expect(values[`0.${k}`]?.data[i]).toBeCloseTo(expected, 12));
      }),
      { numRuns: 40 },
    );
  });

  it('computes what depends on the outside alone before the first step', () => {
    const [start, x, w] = [input('start', [3]), input('x', ['length', 3]), input('w', [3])];
    const all = scan([start], [x], ([h], [own]) => [add(mul(h ?? 0, exp(neg(w))), own ?? 0)]);
    const { node } = at(all, 0);
    expect(node.op === 'scan' && opsOf(node.attributes.body)).toEqual(['mul', 'add']);
    expect(opsOf(createGraph({ y: at(all, 0) }))).toEqual(['neg', 'exp', 'scan']);
  });

  it('is one node where states, sequences and body are the same, and two where a body differs in a number', () => {
    const [start, x] = [input('start', [3]), input('x', ['length', 3])];
    const decayed = (factor: number): Tensor =>
      at(
        scan([start], [x], ([h], [own]) => [add(mul(h ?? 0, factor), own ?? 0)]),
        0,
      );
    const count = (...factors: number[]): number =>
      opsOf(shareCommon(createGraph(Object.fromEntries(factors.map((f, i) => [`y${i}`, decayed(f)]))))).length;
    expect(count(0.5, 0.5)).toBe(1);
    expect(count(0.5, 0.25)).toBe(2);
    expect(count(0, -0)).toBe(2);
    const forthAndBack = {
      a: decayed(0.5),
      b: at(
        scan([start], [x], ([h], [own]) => [add(mul(h ?? 0, 0.5), own ?? 0)], { reverse: true }),
        0,
      ),
    };
    expect(opsOf(shareCommon(createGraph(forthAndBack)))).toEqual(['scan', 'scan']);
  });

  it('is printed with its body, and checked with it', () => {
    const all = scan([input('start', [3])], [input('x', ['length', 3])], ([h], [own]) => [add(h ?? 0, own ?? 0)]);
    const graph = createGraph({ y: at(all, 0) });
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "%0 = input "start"                               : float32[3]
      %1 = input "x"                                   : float32[length, 3]
      %2 = scan %0 %1 {states: 1, sequences: 1, reverse: false, collect: [true]} : float32[length, 3]
        | %0 = input "state.0"                             : float32[3]
        | %1 = input "element.0"                           : float32[3]
        | %2 = add %0 %1                                   : float32[3]
        | state.0 = %2
      y = %2"
    `);
    const { node } = at(all, 0);
    if (node.op !== 'scan') throw new Error('no scan');
    const sum = at(
      node.attributes.body.nodes.filter(({ op }) => op === 'add'),
      0,
    );
    Object.assign(at(sum.outputs, 0), { shape: [4] }); // as a faulty pass might
    expect(() => verify(graph)).toThrow(GraphError);
  });

  it('goes through the passes, vjp and hoisting with the same values', () => {
    const [start, x, w] = [input('start', [2, 3]), input('x', ['length', 2, 3]), input('w', [3, 3])];
    const graph = createGraph({ y: at(scan([start], [x], recurrent(mul(w, 2))), 0) });
    const feeds = { start: random([2, 3], 1), x: random([4, 2, 3], 2), w: random([3, 3], 3) };
    const expected = evaluate(graph, feeds)['y'];
    expect(evaluate(optimize(graph), feeds)['y']).toEqual(expected);
    const { prepare, main, hoisted } = hoist(graph, ['w']);
    expect(hoisted).toHaveLength(1);
    const prepared = evaluate(prepare, { w: feeds.w });
    expect(evaluate(main, { start: feeds.start, x: feeds.x, ...prepared })['y']).toEqual(expected);
    const { forward, backward, residuals } = vjp(graph, ['w']);
    const values = evaluate(forward, feeds);
    const kept = Object.fromEntries(residuals.map((name) => [name, values[name]!]));
    const { 'grad.w': gradient } = evaluate(backward, { ...kept, 'cotangent.y': random([4, 2, 3], 5) });
    expect(gradient?.shape).toEqual([3, 3]);
  });

  it('refuses states that change their type, sequences of two lengths, and no sequence', () => {
    const [start, x] = [input('start', [3]), input('x', ['length', 3])];
    expect(() => scan([start], [x], () => [reduceSum(start)])).toThrow(
      'state 0 after a step is float32[], given float32[3]',
    );
    expect(() => scan([start], [x, input('y', ['other', 3])], ([h]) => [h ?? start])).toThrow(
      'sequences differ in length: length and other',
    );
    expect(() => scan([start], [], ([h]) => [h ?? start])).toThrow('needs a sequence');
    expect(() => scan([start], [x], () => [])).toThrow(GraphError);
  });
});
