// Training steps against optimizers written by hand in double precision, five steps each.
import { describe, expect, it } from 'vitest';
import type { Backend, Feeds, HostTensor, Variables } from './backend.js';
import { add, input, matmul, mul, reduceMean, reduceSum, sub, tanh } from './build.js';
import { averagesOf, type OptimizerConfig, optimizerScalars } from './optimizers.js';
import { normal } from './random.js';
import { createReferenceBackend } from './reference/index.js';
import { FLOAT16_LOSS_SCALE, splitTrainingStep, trainingStep, type TrainingStepOptions } from './training-step.js';
import type { Parameter } from './parameter.js';
import type { Graph, Tensor } from './signatures.js';

const [ROWS, IN, OUT, STEPS] = [6, 3, 2, 5];
const noise = (stream: number, count: number): Float64Array => normal({ seed: 3, step: 0, stream }, count);
const tensor = (shape: readonly number[], data: Float64Array): HostTensor => ({ dtype: 'float32', shape, data });

const start = { weight: noise(1, IN * OUT), bias: noise(2, OUT), frozen: noise(3, OUT) };
const data = Array.from({ length: STEPS }, (_, step) => ({
  x: noise(10 + step, ROWS * IN),
  y: noise(20 + step, ROWS * OUT),
}));
type Values = { weight: Float64Array; bias: Float64Array };

/** Mean of (tanh(x W + b) + frozen - y)^2, in the graph. */
function model(): { loss: Tensor; parameters: Parameter[] } {
  const [weight, bias, frozen] = [input('weight', [IN, OUT]), input('bias', [OUT]), input('frozen', [OUT])];
  const error = sub(
    add(tanh(add(matmul(input('x', ['batch', IN]), weight), bias)), frozen),
    input('y', ['batch', OUT]),
  );
  return {
    loss: reduceMean(mul(error, error)),
    parameters: [
      { name: 'weight', tensor: weight, decay: true, trainable: true },
      { name: 'bias', tensor: bias, decay: false, trainable: true },
      { name: 'frozen', tensor: frozen, decay: true, trainable: false },
    ],
  };
}

/** The same loss and its gradients by hand. */
function byHand(
  { weight, bias }: Values,
  { x, y }: { x: Float64Array; y: Float64Array },
): { loss: number; gradients: Values } {
  const gradients = { weight: new Float64Array(IN * OUT), bias: new Float64Array(OUT) };
  let loss = 0;
  for (let row = 0; row < ROWS; row++) {
    for (let o = 0; o < OUT; o++) {
      let z = bias[o]!;
      for (let i = 0; i < IN; i++) z += x[row * IN + i]! * weight[i * OUT + o]!;
      const error = Math.tanh(z) + start.frozen[o]! - y[row * OUT + o]!;
      loss += error ** 2 / (ROWS * OUT);
      const dz = ((2 * error) / (ROWS * OUT)) * (1 - Math.tanh(z) ** 2);
      gradients.bias[o]! += dz;
      for (let i = 0; i < IN; i++) gradients.weight[i * OUT + o]! += dz * x[row * IN + i]!;
    }
  }
  return { loss, gradients };
}

const norm = ({ weight, bias }: Values): number => Math.sqrt([...weight, ...bias].reduce((sum, g) => sum + g * g, 0));
const rateAt = (step: number): number => 0.05 / step;

/** Five steps by hand. Decay belongs to `weight` alone. */
function trainByHand(
  config: OptimizerConfig,
  clipNorm?: number,
): { values: Values; losses: number[]; norms: number[]; path: Values[] } {
  const path: Values[] = [];
  const values = { weight: start.weight.slice(), bias: start.bias.slice() };
  const first = { weight: new Float64Array(IN * OUT), bias: new Float64Array(OUT) };
  const second = { weight: new Float64Array(IN * OUT), bias: new Float64Array(OUT) };
  const [losses, norms]: [number[], number[]] = [[], []];
  for (let step = 1; step <= STEPS; step++) {
    const { loss, gradients } = byHand(values, data[step - 1]!);
    losses.push(loss);
    norms.push(norm(gradients));
    const scale = clipNorm === undefined ? 1 : Math.min(1, clipNorm / norm(gradients));
    const rate = rateAt(step);
    for (const name of ['weight', 'bias'] as const) {
      const decay = name === 'weight' ? (config.decay ?? 0) : 0;
      const [w, m, v] = [values[name], first[name], second[name]];
      w.forEach((old, i) => {
        let g = gradients[name][i]! * scale;
        if (config.kind !== 'adamw') g += decay * old;
        if (config.kind === 'sgd') {
          m[i] = (config.momentum ?? 0) * m[i]! + g;
          w[i] = old - rate * m[i]!;
          return;
        }
        const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = config;
        m[i] = beta1 * m[i]! + (1 - beta1) * g;
        v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
        const corrected = m[i]! / (1 - beta1 ** step) / (Math.sqrt(v[i]! / (1 - beta2 ** step)) + epsilon);
        w[i] = old - rate * corrected - (config.kind === 'adamw' ? rate * decay * old : 0);
      });
    }
    path.push({ weight: values.weight.slice(), bias: values.bias.slice() });
  }
  return { values, losses, norms, path };
}

interface InGraph {
  readonly variables: Record<string, HostTensor>;
  readonly losses: number[];
  readonly norms: number[];
}

/** The same five steps as a graph on the reference backend, or as two. */
async function trainInGraph(
  config: OptimizerConfig,
  clipNorm?: number,
  lossScale?: number,
  split?: 'fed' | 'kept',
): Promise<InGraph> {
  const { loss, parameters } = model();
  const options: TrainingStepOptions = {
    loss,
    parameters,
    optimizer: config,
    ...(clipNorm === undefined ? {} : { clipNorm }),
    ...(lossScale === undefined ? {} : { lossScale }),
    reported: { twice: mul(loss, 2) },
  };
  const { state, compile } = split === undefined ? fused(options) : inTwo(options, split);
  const backend = createReferenceBackend();
  const zeros = [...state].map(
    ([name, shape]) => [name, tensor(shape, new Float64Array(shape.reduce((a, b) => a * b, 1)))] as const,
  );
  const variables = await backend.createVariables({
    weight: tensor([IN, OUT], start.weight),
    bias: tensor([OUT], start.bias),
    frozen: tensor([OUT], start.frozen),
    ...Object.fromEntries(zeros),
  });
  const run = await compile(backend, variables);
  const [losses, norms]: [number[], number[]] = [[], []];
  for (let i = 1; i <= STEPS; i++) {
    const { x, y } = data[i - 1]!;
    const scalars = Object.fromEntries(
      Object.entries(optimizerScalars(config, i, rateAt(i))).map(([name, value]) => [
        name,
        tensor([], Float64Array.of(value)),
      ]),
    );
    const outputs = await run({ x: tensor([ROWS, IN], x), y: tensor([ROWS, OUT], y) }, scalars);
    expect(Object.keys(outputs).toSorted()).toEqual(['gradientNorm', 'loss', 'twice']);
    losses.push(outputs['loss']!.data[0]!);
    norms.push(outputs['gradientNorm']!.data[0]!);
    expect(outputs['twice']!.data[0]).toBe(2 * outputs['loss']!.data[0]!);
  }
  const values = Object.entries(await variables.read()).filter(([name]) => !name.startsWith('gradient.'));
  await backend.dispose();
  return { variables: Object.fromEntries(values), losses, norms };
}

/** Runs one step. */
type Run = (batch: Feeds, scalars: Feeds) => Promise<Record<string, HostTensor>>;

/** A step that is yet to be compiled; `state` are variables that start as zeros. */
interface Compilable {
  readonly state: ReadonlyMap<string, readonly number[]>;
  readonly compile: (backend: Backend, variables: Variables) => Promise<Run>;
}

/** Those that a graph has an input for: a rate that no parameter needs is none. */
const inputsOf = (graph: Graph, scalars: Feeds): Feeds =>
  Object.fromEntries(Object.entries(scalars).filter(([name]) => graph.inputs.has(name)));

function fused(options: TrainingStepOptions): Compilable {
  const { graph, updates, state } = trainingStep(options);
  return {
    state,
    compile: async (backend, variables) => {
      const program = await backend.compile(graph, { variables, updates });
      return (batch, scalars) => program.run({ ...batch, ...inputsOf(graph, scalars) });
    },
  };
}

/** In two programs: gradients are fed from the one to the other, or are variables that both have. */
function inTwo(options: TrainingStepOptions, how: 'fed' | 'kept'): Compilable {
  const { gradient, update, gradients, updates, state } = splitTrainingStep(options);
  const kept = how === 'kept';
  return {
    state: kept ? new Map([...state, ...gradients]) : state,
    compile: async (backend, variables) => {
      const names = [...gradients.keys()];
      const same = Object.fromEntries(names.map((name) => [name, name]));
      const differ = await backend.compile(gradient, { variables, ...(kept ? { updates: same } : {}) });
      const updater = await backend.compile(update, { variables, updates });
      return async (batch, scalars) => {
        const outputs = await differ.run(batch);
        const handed = Object.fromEntries(Object.entries(outputs).filter(([name]) => gradients.has(name)));
        expect(Object.keys(handed)).toEqual(kept ? [] : names);
        const reported = Object.fromEntries(Object.entries(outputs).filter(([name]) => !gradients.has(name)));
        return { ...reported, ...(await updater.run({ ...handed, ...inputsOf(update, scalars) })) };
      };
    },
  };
}

const expectClose = (actual: ArrayLike<number>, expected: ArrayLike<number>): void => {
  expect(actual.length).toBe(expected.length);
  Array.from(expected).forEach((value, i) => expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-12));
};

const configs: [string, OptimizerConfig, number?][] = [
  ['Adam', { kind: 'adam' }],
  ['Adam with other constants', { kind: 'adam', beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }],
  ['Adam with L2 on the decay group', { kind: 'adam', decay: 0.1 }],
  ['AdamW with decay on the decay group', { kind: 'adamw', decay: 0.1 }],
  ['AdamW without decay', { kind: 'adamw' }],
  ['SGD', { kind: 'sgd' }],
  ['SGD with momentum and L2', { kind: 'sgd', momentum: 0.9, decay: 0.1 }],
  ['Adam, clipped', { kind: 'adam' }, 0.3],
  ['SGD with momentum, clipped', { kind: 'sgd', momentum: 0.9 }, 0.3],
  ['SGD, a clip that is never reached', { kind: 'sgd' }, 100],
  ['AdamW, clipped, with decay', { kind: 'adamw', decay: 0.1 }, 0.3],
  ['Adam, averaged', { kind: 'adam', averageDecay: 0.9 }],
];

describe('a step in two graphs', () => {
  it.each(configs)('gives the bits of the one: %s', async (_, config, clipNorm) => {
    const one = await trainInGraph(config, clipNorm);
    expect(await trainInGraph(config, clipNorm, undefined, 'fed')).toEqual(one);
    expect(await trainInGraph(config, clipNorm, undefined, 'kept')).toEqual(one);
  });

  it('gives the bits of the one at every loss scale', async () => {
    for (const scale of [FLOAT16_LOSS_SCALE, 3])
      expect(await trainInGraph({ kind: 'adam' }, 0.3, scale, 'fed')).toEqual(
        await trainInGraph({ kind: 'adam' }, 0.3, scale),
      );
  });

  it('reads no batch to update, and knows no optimizer to differentiate', () => {
    const { loss, parameters } = model();
    const { gradient, update, gradients } = splitTrainingStep({ loss, parameters, optimizer: { kind: 'sgd' } });
    expect([...gradient.inputs.keys()].toSorted()).toEqual(['bias', 'frozen', 'weight', 'x', 'y']);
    expect([...update.inputs.keys()].toSorted()).toEqual([
      'bias',
      'gradient.bias',
      'gradient.weight',
      'optimizer.learningRate',
      'weight',
    ]);
    expect([...gradients]).toEqual([
      ['gradient.weight', [IN, OUT]],
      ['gradient.bias', [OUT]],
    ]);
  });

  it('refuses what the one refuses, by its own name', () => {
    const { loss } = model();
    const other = { name: 'w', tensor: input('w', [2]), decay: false, trainable: true };
    const misspelt: object = { lossScales: 2 };
    expect(() => splitTrainingStep({ loss, parameters: [other], optimizer: { kind: 'sgd' } })).toThrow(
      'the loss does not depend on parameter "w"',
    );
    expect(() => splitTrainingStep({ loss, parameters: [other], optimizer: { kind: 'sgd' }, ...misspelt })).toThrow(
      /splitTrainingStep.*lossScale/,
    );
  });
});

describe('trainingStep equals an optimizer written by hand', () => {
  it.each(configs)('%s', async (_, config, clipNorm) => {
    const graph = await trainInGraph(config, clipNorm);
    const hand = trainByHand(config, clipNorm);
    expectClose(graph.losses, hand.losses);
    expectClose(graph.norms, hand.norms);
    expectClose(graph.variables['weight']!.data, hand.values.weight);
    expectClose(graph.variables['bias']!.data, hand.values.bias);
    expectClose(graph.variables['frozen']!.data, start.frozen);
    if (clipNorm === 0.3) expect(Math.min(...hand.norms)).toBeGreaterThan(0.3); // the clip took part in every step
  });

  it.each<[string, OptimizerConfig]>([
    ['Adam', { kind: 'adam', averageDecay: 0.6 }],
    ['AdamW with decay', { kind: 'adamw', decay: 0.1, averageDecay: 0.9 }],
    ['SGD', { kind: 'sgd', averageDecay: 0.3 }],
  ])('keeps the mean of all steps, the last weighing most: %s', async (_, config) => {
    const { averageDecay = 0, ...plain } = config;
    const { variables } = await trainInGraph(config);
    const { path, values } = trainByHand(plain);
    const shares = path.map((__, i) => averageDecay ** (STEPS - 1 - i));
    const total = shares.reduce((a, b) => a + b);
    const mean = (name: keyof Values): Float64Array =>
      values[name].map((__, j) => path.reduce((sum, each, i) => sum + (shares[i]! / total) * each[name][j]!, 0));
    const trained = model().parameters.filter(({ trainable }) => trainable);
    const averages = averagesOf(trained, variables);
    expectClose(averages['weight']!.data, mean('weight'));
    expectClose(averages['bias']!.data, mean('bias'));
    expect(averages['weight']!.shape).toEqual([IN, OUT]);
    expectClose(variables['weight']!.data, values.weight); // the training itself is what it was
  });

  it('gives the averages of small parameters apart, and says where none are kept', () => {
    const parameters = ['a', 'b'].map((name) => ({ name, tensor: input(name, [2]), decay: true, trainable: true }));
    const kept = tensor([4], Float64Array.of(1, 2, 3, 4));
    const { a, b } = averagesOf(parameters, { 'average.small': kept });
    expect([a, b]).toEqual([tensor([2], Float64Array.of(1, 2)), tensor([2], Float64Array.of(3, 4))]);
    expect(() => averagesOf(parameters, { 'adam.m.small': kept })).toThrow('its optimizer has no averageDecay');
  });

  it('gives the same bits at every loss scale that is a power of two', async () => {
    const plain = await trainInGraph({ kind: 'adam', decay: 0.1 }, 0.3);
    expect(await trainInGraph({ kind: 'adam', decay: 0.1 }, 0.3, FLOAT16_LOSS_SCALE)).toEqual(plain);
    expect(await trainInGraph({ kind: 'adam', decay: 0.1 }, 0.3, 3)).not.toEqual(plain); // the scale is in the graph
  });

  it('tells L2 from decoupled decay', async () => {
    const [coupled, decoupled] = [
      await trainInGraph({ kind: 'adam', decay: 0.1 }),
      await trainInGraph({ kind: 'adamw', decay: 0.1 }),
    ];
    expect(Math.abs(coupled.variables['weight']!.data[0]! - decoupled.variables['weight']!.data[0]!)).toBeGreaterThan(
      1e-4,
    );
  });

  it('moves many small parameters as it moves each alone', async () => {
    const shapes: Record<string, number[]> = { a: [2, 3], b: [4], c: [5], d: [1, 2] };
    const parameters = Object.entries(shapes).map(([name, shape]): Parameter => ({
      name,
      tensor: input(name, shape),
      decay: name < 'c',
      trainable: true,
    }));
    const cubes = parameters.map(({ tensor: x }) => reduceSum(mul(mul(x, x), x)));
    const optimizer: OptimizerConfig = { kind: 'adamw', decay: 0.1 };
    const run = async (chosen: readonly number[]): Promise<Record<string, HostTensor>> => {
      const loss = chosen.map((i) => cubes[i]!).reduce((x, y) => add(x, y));
      const step = trainingStep({ loss, parameters: chosen.map((i) => parameters[i]!), optimizer });
      const zeros = [...step.state].map(
        ([name, shape]) => [name, tensor([...shape], new Float64Array(shape.reduce((x, y) => x * y, 1)))] as const,
      );
      const values = chosen.map((i) => {
        const { name } = parameters[i]!;
        const size = shapes[name]!.reduce((x, y) => x * y, 1);
        return [
          name,
          tensor(
            shapes[name]!,
            Float64Array.from({ length: size }, (_, j) => Math.sin(i + j) + 2),
          ),
        ] as const;
      });
      const backend = createReferenceBackend();
      const variables = await backend.createVariables(Object.fromEntries([...values, ...zeros]));
      const program = await backend.compile(step.graph, { variables, updates: step.updates });
      for (let i = 1; i <= 3; i++) {
        await program.run(
          Object.fromEntries(
            Object.entries(optimizerScalars(optimizer, i, 0.01)).map(([name, value]) => [
              name,
              tensor([], Float64Array.of(value)),
            ]),
          ),
        );
      }
      return variables.read(values.map(([name]) => name));
    };
    const together = await run([0, 1, 2, 3]);
    for (const [i, { name }] of parameters.entries()) {
      const alone = i < 2 ? await run([i]) : await run([i, 0]); // one with decay, so that the learning rate is an input
      expectClose(together[name]!.data, alone[name]!.data);
    }
    expect(Object.keys(together)).toHaveLength(4);
  });

  it('keeps state for trained parameters only', () => {
    const { loss, parameters } = model();
    expect([...trainingStep({ loss, parameters, optimizer: { kind: 'adam' } }).state.keys()]).toEqual([
      'adam.m.weight',
      'adam.v.weight',
      'adam.m.bias',
      'adam.v.bias',
    ]);
    expect([...trainingStep({ loss, parameters, optimizer: { kind: 'sgd' } }).state.keys()]).toEqual([]);
  });

  it('refuses a parameter of unknown size, a loss that misses a parameter, and nothing to train', () => {
    const x = input('x', ['batch']);
    const parameter = (name: string, t: Tensor): Parameter => ({ name, tensor: t, decay: false, trainable: true });
    const step = (loss: Tensor, parameters: Parameter[]): void =>
      void trainingStep({ loss, parameters, optimizer: { kind: 'adam' } });
    expect(() => step(reduceSum(x), [parameter('x', x)])).toThrow(
      'parameter "x" is float32[batch]: a trained parameter has known sizes only',
    );
    expect(() => step(reduceSum(x), [parameter('w', input('w', [2]))])).toThrow(
      'the loss does not depend on parameter "w"',
    );
    expect(() => step(reduceSum(x), [])).toThrow('nothing to train');
  });
});
