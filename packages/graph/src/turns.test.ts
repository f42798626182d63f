// Parameters that are trained in turns, against optimizers written by hand: one for each group, which sees its own steps alone.
import { describe, expect, it } from 'vitest';
import type { HostTensor } from './backend.js';
import { input, mul, reduceSum, sub } from './build.js';
import { optimizerScalars, type GroupTurn, type OptimizerConfig } from './optimizers.js';
import { normal } from './random.js';
import { createReferenceBackend } from './reference/index.js';
import { trainingStep } from './training-step.js';

const SIZE = 3;
const GROUPS = ['a', 'b'] as const;
type Group = (typeof GROUPS)[number];
/** Which group is on in each step; neither is in the fourth. */
const PATTERN: readonly (Group | 'both' | 'none')[] = ['a', 'a', 'b', 'none', 'a', 'both', 'b'];
const RATE = 0.05;

const draw = (stream: number): Float64Array => normal({ seed: 5, step: 0, stream }, SIZE);
const start: Readonly<Record<Group, Float64Array>> = { a: draw(1), b: draw(2) };
const y = draw(3);
const isOn = (group: Group, step: number): boolean => PATTERN[step] === group || PATTERN[step] === 'both';
const turnsAt = (step: number): GroupTurn[] =>
  GROUPS.map((group) => ({
    group,
    on: isOn(group, step),
    updates: PATTERN.slice(0, step + 1).filter((_, earlier) => isOn(group, earlier)).length,
  }));

interface Own {
  readonly m: Float64Array;
  readonly v: Float64Array;
  updates: number;
}

/** sum (a b - y)^2 by hand: after each step the values, and the norm of what was trained. */
function byHand(config: OptimizerConfig, clipNorm?: number): { values: Record<Group, Float64Array>; norms: number[] } {
  const values = { a: start.a.slice(), b: start.b.slice() };
  const own: Record<Group, Own> = {
    a: { m: new Float64Array(SIZE), v: new Float64Array(SIZE), updates: 0 },
    b: { m: new Float64Array(SIZE), v: new Float64Array(SIZE), updates: 0 },
  };
  const norms = PATTERN.map((_, step) => {
    const error = Array.from(y, (target, i) => values.a[i]! * values.b[i]! - target);
    const gradients: Record<Group, number[]> = {
      a: error.map((e, i) => 2 * e * values.b[i]!),
      b: error.map((e, i) => 2 * e * values.a[i]!),
    };
    const on = GROUPS.filter((group) => isOn(group, step));
    const norm = Math.sqrt(on.flatMap((group) => gradients[group]).reduce((sum, g) => sum + g * g, 0));
    const scale = clipNorm === undefined ? 1 : Math.min(1, clipNorm / norm);
    for (const group of on) {
      const state = own[group];
      state.updates++;
      gradients[group].forEach((slope, i) => {
        const old = values[group][i]!;
        const decay = config.decay ?? 0;
        const g = slope * scale + (config.kind === 'adamw' ? 0 : decay * old);
        if (config.kind === 'sgd') {
          state.m[i] = (config.momentum ?? 0) * state.m[i]! + g;
          values[group][i] = old - RATE * state.m[i]!;
          return;
        }
        state.m[i] = 0.9 * state.m[i]! + 0.1 * g;
        state.v[i] = 0.999 * state.v[i]! + 0.001 * g * g;
        const first = state.m[i]! / (1 - 0.9 ** state.updates);
        const second = state.v[i]! / (1 - 0.999 ** state.updates);
        const moved = old - (config.kind === 'adamw' ? RATE * decay * old : 0);
        values[group][i] = moved - (RATE * first) / (Math.sqrt(second) + 1e-8);
      });
    }
    return norm;
  });
  return { values, norms };
}

const tensor = (data: Float64Array, shape: readonly number[] = [data.length]): HostTensor => ({
  dtype: 'float32',
  shape,
  data,
});

const loss = (): Parameters<typeof trainingStep>[0] => {
  const [a, b] = [input('a', [SIZE]), input('b', [SIZE])];
  const error = sub(mul(a, b), input('y', [SIZE]));
  const parameter = (name: Group, of: typeof a): Parameters<typeof trainingStep>[0]['parameters'][number] => ({
    name,
    tensor: of,
    decay: true,
    trainable: true,
    group: name,
  });
  return {
    loss: reduceSum(mul(error, error)),
    parameters: [parameter('a', a), parameter('b', b)],
    optimizer: { kind: 'adam' },
  };
};

describe.each<[string, OptimizerConfig, number?]>([
  ['Adam', { kind: 'adam' }],
  ['Adam with L2, clipped', { kind: 'adam', decay: 0.1 }, 0.3],
  ['AdamW', { kind: 'adamw', decay: 0.1 }],
  ['SGD with momentum and L2', { kind: 'sgd', momentum: 0.9, decay: 0.1 }],
])('%s', (_, optimizer, clipNorm) => {
  it('trains a group in its turns as an optimizer of its own would, and touches it in no other step', async () => {
    const options = { ...loss(), optimizer, ...(clipNorm === undefined ? {} : { clipNorm }) };
    const { graph, updates, state } = trainingStep(options);
    const backend = createReferenceBackend();
    const zeros = [...state].map(([name, shape]) => [name, tensor(new Float64Array(SIZE), shape)] as const);
    const variables = await backend.createVariables({
      a: tensor(start.a),
      b: tensor(start.b),
      ...Object.fromEntries(zeros),
    });
    const program = await backend.compile(graph, { variables, updates });
    const norms: number[] = [];
    for (const step of PATTERN.keys()) {
      const before = await variables.read();
      const scalars = Object.entries(optimizerScalars(optimizer, step + 1, RATE, turnsAt(step)));
      const feeds = Object.fromEntries(scalars.map(([name, value]) => [name, tensor(Float64Array.of(value), [])]));
      norms.push((await program.run({ y: tensor(y), ...feeds }))['gradientNorm']!.data[0]!);
      const after = await variables.read();
      for (const [name, { data }] of Object.entries(before)) {
        const group = GROUPS.find((own) => name === own || name.endsWith(`.${own}`));
        if (group === undefined) throw new Error(`${name} is of no group`);
        if (isOn(group, step)) expect(after[name]?.data, name).not.toEqual(data);
        else expect(after[name]?.data, name).toEqual(data);
      }
    }
    const expected = byHand(optimizer, clipNorm);
    expected.norms.forEach((norm, i) => expect(norms[i]).toBeCloseTo(norm, 12));
    const trained = await variables.read(['a', 'b']);
    for (const group of GROUPS)
      expected.values[group].forEach((value, i) => expect(trained[group]?.data[i]).toBeCloseTo(value, 11));
    await backend.dispose();
  });
});

it('averages what is not on as it stands, from its first value on', async () => {
  const optimizer: OptimizerConfig = { kind: 'adam', averageDecay: 0.5 };
  const { graph, updates, state } = trainingStep({ ...loss(), optimizer });
  const backend = createReferenceBackend();
  const zeros = [...state].map(([name, shape]) => [name, tensor(new Float64Array(SIZE), shape)] as const);
  const values = { a: tensor(start.a), b: tensor(start.b), ...Object.fromEntries(zeros) };
  const variables = await backend.createVariables(values);
  const program = await backend.compile(graph, { variables, updates });
  const turns = [
    { group: 'a', on: true, updates: 1 },
    { group: 'b', on: false, updates: 0 },
  ];
  const scalars = Object.entries(optimizerScalars(optimizer, 1, RATE, turns));
  const feeds = Object.fromEntries(scalars.map(([name, value]) => [name, tensor(Float64Array.of(value), [])]));
  await program.run({ y: tensor(y), ...feeds });
  const after = await variables.read();
  await backend.dispose();
  expect(after['average.b']?.data).toEqual(start.b);
  expect(after['average.a']?.data).toEqual(after['a']?.data);
  expect(after['a']?.data).not.toEqual(start.a);
});

it('small parameters of one group share their moments', () => {
  const { parameters, ...others } = loss();
  const plain = parameters.map((parameter) => ({ ...parameter, group: 'both' }));
  expect([...trainingStep({ ...others, parameters: plain }).state.keys()]).toEqual([
    'adam.m.small@both',
    'adam.v.small@both',
  ]);
});

it('parameters with and without a group do not go together', () => {
  const { parameters, ...others } = loss();
  const mixed = parameters.map(({ group, ...parameter }) => (group === 'a' ? { ...parameter, group } : parameter));
  expect(() => trainingStep({ ...others, parameters: mixed })).toThrow('parameter "b" has no group');
});
