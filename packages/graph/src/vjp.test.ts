// The split of a derivative into two graphs: together they give what `differentiate` gives in one.
import { describe, expect, it } from 'vitest';
import type { HostTensor } from './backend.js';
import {
  add,
  broadcast,
  gather,
  gelu,
  input,
  layerNorm,
  matmul,
  mul,
  reduceSum,
  reshape,
  sigmoid,
  softmax,
} from './build.js';
import { withGradients } from './conformance/cases.js';
import { examples } from './conformance/examples.js';
import { Scene, type Example } from './conformance/scene.js';
import { createGraph } from './graph.js';
import { gradients } from './gradients.js';
import { opNames } from './ops.js';
import { optimize } from './passes.js';
import { evaluate } from './reference/index.js';
import type { Graph, Tensor } from './signatures.js';
import { verify } from './verify.js';
import { differentiate, gradientOf, vjp } from './vjp.js';

type Values = Record<string, HostTensor>;

const only = (graph: Graph, values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => graph.inputs.has(name)));

/** Runs both halves, the second with nothing but residuals and cotangents. */
function runSplit(graph: Graph, wrt: readonly string[], feeds: Values): { outputs: Values; grads: Values } {
  const { forward, backward, residuals } = vjp(graph, wrt);
  verify(forward);
  verify(backward);
  const outputs = evaluate(forward, only(forward, feeds));
  const saved = Object.fromEntries(residuals.map((name) => [name, outputs[name]!]));
  const cotangents = Object.fromEntries(Object.entries(feeds).filter(([name]) => name.startsWith('cotangent.')));
  expect([...backward.inputs.keys()].toSorted()).toEqual(
    [...Object.keys(saved), ...Object.keys(cotangents)].toSorted(),
  );
  return { outputs, grads: evaluate(backward, { ...saved, ...cotangents }) };
}

function checkSplit(build: Example['build'], seed: number): void {
  const scene = new Scene(seed);
  const outputs = build(scene);
  const fused = createGraph(withGradients(outputs, scene));
  const expected = evaluate(fused, only(fused, scene.feeds));
  const graph = createGraph(outputs);
  const wrt = [...graph.inputs].filter(([, { dtype }]) => dtype === 'float32').map(([name]) => name);
  const split = runSplit(graph, wrt, scene.feeds);
  for (const name of Object.keys(outputs)) expect(split.outputs[name]).toEqual(expected[name]);
  for (const name of wrt) {
    const wanted = expected[`grad.${name}`];
    if (wanted !== undefined) expect(split.grads[`grad.${name}`]).toEqual(wanted);
    else expect([...split.grads[`grad.${name}`]!.data].every((x) => x === 0)).toBe(true);
  }
}

/** A layer of everything: embedding, projection, attention, normalization, a product that is used twice. */
function layer(s: Scene): Record<string, Tensor> {
  const x = gather(s.float('table', [5, 4]), s.ints('ids', [s.symbol('batch'), s.symbol('length')], 0, 4));
  const q = matmul(x, s.float('query', [4, 4]));
  const attention = softmax(matmul(q, x, { transB: true }));
  const mixed = layerNorm(add(matmul(attention, x), x), s.float('scale', [4]), s.float('bias', [4]), 1e-5);
  return { states: mixed, pooled: reduceSum(mul(gelu(mixed), sigmoid(mixed)), [1]) };
}

describe('vjp', () => {
  it.each(opNames.filter((op) => typeof gradients[op] === 'function'))(
    '%s: two graphs give the gradients of one',
    (op) => {
      for (const { build } of examples[op].filter(({ large }) => !large)) {
        const floats = Object.values(build(new Scene(5, false))).some(({ dtype }) => dtype === 'float32');
        if (floats) checkSplit(build, 5);
      }
    },
  );

  it.each([1, 2, 3])('a whole layer, seed %i', (seed) => checkSplit(layer, seed));

  it('keeps the sizes that the backward graph needs, and takes every cotangent', () => {
    const x = input('x', ['batch', 3]);
    const graph = createGraph({ sum: reduceSum(x), other: mul(input('w', [2]), 2) });
    const feeds: Values = {
      x: { dtype: 'float32', shape: [2, 3], data: new Float64Array(6) },
      w: { dtype: 'float32', shape: [2], data: new Float64Array(2) },
      'cotangent.sum': { dtype: 'float32', shape: [], data: Float64Array.of(7) },
      'cotangent.other': { dtype: 'float32', shape: [2], data: new Float64Array(2) },
    };
    const { grads } = runSplit(graph, ['x'], feeds);
    expect(grads['grad.x']).toEqual({ dtype: 'float32', shape: [2, 3], data: new Float64Array(6).fill(7) });
    const { backward } = vjp(graph, ['x']);
    expect([...optimize(backward).inputs.keys()]).toEqual([...backward.inputs.keys()]);
  });

  it('gives zeros for an input that no output depends on', () => {
    const graph = createGraph({ y: mul(input('x', ['n']), 2), ids: input('w', [3]) });
    const { backward } = vjp(graph, ['w', 'x']);
    expect([...backward.outputs.keys()]).toEqual(['grad.w', 'grad.x']);
  });

  it('names the inputs there are when one is unknown', () => {
    expect(() => vjp(createGraph({ y: mul(input('x', [2]), input('w', [2])) }), ['z'])).toThrow(
      'no input "z"; inputs are x, w',
    );
  });
});

describe('differentiate', () => {
  it('refuses a cotangent of another shape, naming the op', () => {
    const x = input('x', [2]);
    expect(() => differentiate([[mul(x, 2), input('g', [3])]], [x])).toThrow('cotangent [3] for a tensor [2] of mul');
  });

  it('gives undefined for what the outputs do not depend on', () => {
    const [x, w] = [input('x', [2]), input('w', [2])];
    expect(differentiate([[mul(x, 2), input('g', [2])]], [x, w])[1]).toBeUndefined();
  });

  it('adds no nodes for branches without a wanted input', () => {
    const [x, w] = [input('x', [2, 2]), input('w', [2, 2])];
    const [g] = differentiate([[mul(x, softmax(w)), input('g', [2, 2])]], [x]);
    expect(
      createGraph({ g: g! })
        .nodes.map(({ op }) => op)
        .filter((op) => op === 'reduceSum'),
    ).toEqual([]);
  });
});

describe('gradientOf', () => {
  it('wants a scalar loss that depends on every parameter', () => {
    const [x, w] = [input('x', [2]), input('w', [2])];
    expect(() => gradientOf(mul(x, w), new Map([['w', w]]))).toThrow('a loss is a scalar, got [2]');
    expect(() =>
      gradientOf(
        reduceSum(x),
        new Map([
          ['x', x],
          ['w', w],
        ]),
      ),
    ).toThrow('the loss does not depend on parameter "w"');
  });

  it('differentiates through shapes that only a parameter has', () => {
    const w = input('w', [2, 2]);
    const grad = gradientOf(reduceSum(mul(broadcast(reshape(w, [1, 4]), [3, 4]), 2)), new Map([['w', w]])).get('w');
    const { g } = evaluate(createGraph({ g: grad! }), {});
    expect([...g!.data]).toEqual([6, 6, 6, 6]);
  });
});
