// Every gradient against central finite differences in double precision, over the examples of every op.
import { describe, expect, it } from 'vitest';
import { sizeOf, type HostTensor } from './backend.js';
import { add, apply, cast, constant, input, layerNorm, maximum, mul, reduceMax, reduceSum } from './build.js';
import { withGradients } from './conformance/cases.js';
import { examples } from './conformance/examples.js';
import { Scene, type Example } from './conformance/scene.js';
import { gradients } from './gradients.js';
import type { GradientRule, NoGradient } from './gradient-rule.js';
import { createGraph } from './graph.js';
import { opNames } from './ops.js';
import { normal } from './random.js';
import { evaluate } from './reference/index.js';
import type { OpName, Tensor } from './signatures.js';
import { at } from './types.js';
import { differentiate } from './vjp.js';

const STEP = 1e-4;
const SEEDS = [11, 12, 13, 14];

type Feeds = Record<string, HostTensor>;

/** Double-precision feeds, moved off ties and kinks by a little noise. */
function jittered(feeds: Feeds, seed: number): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed], stream) => {
      if (feed.dtype !== 'float32') return [name, feed];
      const noise = normal({ seed, step: 0, stream }, feed.data.length);
      return [name, { ...feed, data: Float64Array.from(feed.data, (x, i) => x + 1e-3 * noise[i]!) }];
    }),
  );
}

/** d(f)/d(input) by central differences of fourth order, where f is a number. */
function numericGradient(f: (feeds: Feeds) => number, feeds: Feeds, name: string): Float64Array {
  const feed = feeds[name]!;
  return Float64Array.from(feed.data, (x, i) => {
    const moved = (by: number): number => {
      const data = Float64Array.from(feed.data);
      data[i] = x + by;
      return f({ ...feeds, [name]: { ...feed, data } });
    };
    const slope = (step: number): number => (moved(step) - moved(-step)) / (2 * step);
    return (4 * slope(STEP) - slope(2 * STEP)) / 3;
  });
}

/** Sum over float outputs of output times cotangent; other outputs stand still. */
function pairing(outputs: Record<string, Tensor>, cotangents: Record<string, HostTensor>): (feeds: Feeds) => number {
  const graph = createGraph(outputs);
  return (feeds) => {
    const values = evaluate(
      graph,
      Object.fromEntries(Object.entries(feeds).filter(([name]) => graph.inputs.has(name))),
    );
    let sum = 0;
    for (const [name, value] of Object.entries(values)) {
      const cotangent = cotangents[`cotangent.${name}`];
      value.data.forEach((x, i) => (sum += x * (cotangent?.data[i] ?? (value.dtype === 'float32' ? 0 : 1))));
    }
    return sum;
  };
}

/** Whether an op has no gradient, and why. */
const noGradient = <N extends OpName>(op: N): NoGradient | undefined => {
  const rule: GradientRule<N> | NoGradient = gradients[op];
  return typeof rule === 'function' ? undefined : rule;
};

const isFloat = ({ dtype }: Tensor): boolean => dtype === 'float32';

/** Whether an example goes from float inputs to float outputs. */
function isSmooth(example: Example): boolean {
  const outputs = example.build(new Scene(0, false));
  return Object.values(outputs).some(isFloat) && [...createGraph(outputs).inputs.values()].some(isFloat);
}

function checkExample(example: Example, seed: number): number {
  const scene = new Scene(seed);
  const outputs = example.build(scene);
  const all = withGradients(outputs, scene);
  const feeds = jittered(scene.feeds, seed);
  const graph = createGraph(all);
  const values = evaluate(graph, Object.fromEntries(Object.entries(feeds).filter(([name]) => graph.inputs.has(name))));
  const f = pairing(outputs, feeds);
  let checked = 0;
  for (const [name, feed] of Object.entries(feeds)) {
    if (feed.dtype !== 'float32' || name.startsWith('cotangent.')) continue;
    const numeric = numericGradient(f, feeds, name);
    const exact = values[`grad.${name}`];
    expect(exact, `no gradient for ${name}`).toBeDefined();
    expect(exact?.shape).toEqual(feed.shape);
    const scale = Math.max(...numeric.map(Math.abs), 1e-2);
    numeric.forEach((slope, i) =>
      expect(
        Math.abs(slope - exact!.data[i]!) / scale,
        `${example.name}, seed ${seed}, d ${name}[${i}]: ${exact!.data[i]}, by differences ${slope}`,
      ).toBeLessThan(1e-6),
    );
    checked += numeric.length;
  }
  return checked;
}

describe('gradients agree with finite differences', () => {
  // `cast` is a rule that never meets a float input and a float output at once: its own test is below.
  it.each(opNames.filter((op) => noGradient(op) === undefined && op !== 'cast'))('%s', (op) => {
    let checked = 0;
    for (const example of examples[op].filter((candidate) => !candidate.large && isSmooth(candidate))) {
      for (const seed of SEEDS) checked += checkExample(example, seed);
    }
    expect(checked).toBeGreaterThan(10);
  });
});

describe('ops without a gradient', () => {
  const leaves = new Set<OpName>(['input', 'constant', 'iota', 'size']);
  const zeros = opNames.filter((op) => noGradient(op)?.kind === 'zero' && !leaves.has(op));

  it.each(zeros)('%s passes nothing on, and finite differences are 0', (op) => {
    for (const example of examples[op].filter(({ large }) => !large)) {
      const scene = new Scene(3);
      const outputs = example.build(scene);
      const inputs = [...createGraph(outputs).inputs.values()];
      const cotangents = Object.values(outputs).map((y) => [y, input('g', y.shape)] as const);
      expect(differentiate(cotangents, inputs)).toEqual(inputs.map(() => undefined));
      const feeds = jittered(scene.feeds, 3);
      for (const [name, feed] of Object.entries(feeds)) {
        if (feed.dtype === 'float32')
          expect([...numericGradient(pairing(outputs, {}), feeds, name)]).toEqual(Array(sizeOf(feed.shape)).fill(0));
      }
    }
  });

  it('stop at integers and truth values: a cast passes nothing on', () => {
    const x = input('x', [3]);
    expect(differentiate([[cast(cast(x, 'int32'), 'float32'), input('g', [3])]], [x])).toEqual([undefined]);
    expect(differentiate([[cast(cast(x, 'bool'), 'float32'), input('g', [3])]], [x])).toEqual([undefined]);
  });

  it('name themselves and the reason when a gradient is unsupported', () => {
    const [h, table, weights] = [input('h', ['t', 2]), input('table', [3, 2]), input('weights', ['t'])];
    const [dh] = apply('tableCrossEntropyGrad', [h, table, input('targets', ['t'], 'int32'), weights], {
      firstClass: 0,
    });
    expect(() => differentiate([[dh!, input('g', ['t', 2])]], [h])).toThrow(
      'tableCrossEntropyGrad has no gradient: second derivatives',
    );
  });
});

describe('gradients at special points', () => {
  const gradientAt = (y: Tensor, feeds: Feeds, ...wrt: Tensor[]): number[][] => {
    const found = differentiate([[reduceSum(y), constant(1)]], wrt);
    const values = evaluate(
      createGraph(Object.fromEntries(found.map((g, i) => [`g${i}`, at([g ?? constant(0)], 0)]))),
      feeds,
    );
    return wrt.map((_, i) => [...values[`g${i}`]!.data]);
  };
  const vector = (...values: number[]): HostTensor => ({
    dtype: 'float32',
    shape: [values.length],
    data: Float64Array.from(values),
  });

  it('are shared among equal largest elements', () => {
    const x = input('x', [4]);
    expect(gradientAt(reduceMax(x), { x: vector(2, 5, 5, 1) }, x)).toEqual([[0, 0.5, 0.5, 0]]);
  });

  it('go to the second operand of maximum at a tie, never to both', () => {
    const [a, b] = [input('a', [3]), input('b', [3])];
    expect(gradientAt(maximum(a, b), { a: vector(1, 2, 3), b: vector(2, 2, 2) }, a, b)).toEqual([
      [0, 0, 1],
      [1, 1, 0],
    ]);
  });

  it('add up where a tensor is used twice, and where an output is asked for twice', () => {
    const [x, ones] = [input('x', [2]), input('ones', [2])];
    const y = mul(x, x);
    const [g] = differentiate(
      [
        [add(y, x), ones],
        [y, ones],
      ],
      [x],
    );
    expect([...evaluate(createGraph({ g: g! }), { x: vector(3, -2), ones: vector(1, 1) })['g']!.data]).toEqual([
      13, -7,
    ]);
  });

  it('pass through one output of several when the others have no cotangent', () => {
    const [x, scale, bias] = [input('x', [2, 3]), input('scale', [3]), input('bias', [3])];
    const y = layerNorm(x, scale, bias, 1e-5);
    for (const index of [0, 1, 2]) {
      const output = at(y.node.outputs, index);
      const [dx] = differentiate([[output, input('g', output.shape)]], [x]);
      const feeds: Feeds = {
        x: { dtype: 'float32', shape: [2, 3], data: Float64Array.of(0.3, -1, 2, 0.5, 0.1, -0.7) },
        scale: vector(1, 2, -1),
        bias: vector(0, 1, 2),
        g: {
          dtype: 'float32',
          shape: output.shape.map(Number),
          data: Float64Array.from({ length: index === 0 ? 6 : 2 }, (_, i) => i - 1.5),
        },
      };
      const graph = createGraph({ dx: dx! });
      const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => graph.inputs.has(name)));
      const exact = evaluate(graph, used)['dx']!;
      const { g, ...rest } = feeds;
      const numeric = numericGradient(pairing({ y: output }, { 'cotangent.y': g! }), rest, 'x');
      numeric.forEach((slope, i) => expect(exact.data[i]).toBeCloseTo(slope, 6));
    }
  });
});
