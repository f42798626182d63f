// The promise that training relies on: a step in one program, or in two with gradients in between, moves variables alike.
import type { Backend, Feeds, HostTensor, Variables } from '../backend.js';
import { add, input, matmul, mul, reduceSum, sub, tanh } from '../build.js';
import { optimizerScalars, type OptimizerConfig } from '../optimizers.js';
import { normal } from '../random.js';
import { splitTrainingStep, trainingStep, type TrainingStepOptions } from '../training-step.js';

const [ROWS, IN, OUT, STEPS] = [5, 3, 2, 3];
const OPTIMIZER: OptimizerConfig = { kind: 'adam', decay: 0.01 };

const floats = (shape: readonly number[], data: ArrayLike<number>): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});
const noise = (stream: number, shape: readonly number[]): HostTensor =>
  floats(
    shape,
    normal(
      { seed: 5, step: 0, stream },
      shape.reduce((a, b) => a * b, 1),
    ),
  );

/** sum (tanh(x w + b) - y)^2 of some rows, clipped. */
function options(): TrainingStepOptions {
  const [w, b] = [input('w', [IN, OUT]), input('b', [OUT])];
  const error = sub(tanh(add(matmul(input('x', ['rows', IN]), w), b)), input('y', ['rows', OUT]));
  return {
    loss: reduceSum(mul(error, error)),
    parameters: [
      { name: 'w', tensor: w, decay: true, trainable: true },
      { name: 'b', tensor: b, decay: false, trainable: true },
    ],
    optimizer: OPTIMIZER,
    clipNorm: 0.5,
  };
}

const batchOf = (step: number): Feeds => ({ x: noise(10 + step, [ROWS, IN]), y: noise(20 + step, [ROWS, OUT]) });
const scalarsOf = (step: number): Feeds =>
  Object.fromEntries(
    Object.entries(optimizerScalars(OPTIMIZER, step, 0.1)).map(([name, value]) => [name, floats([], [value])]),
  );

async function variablesOf(
  backend: Backend,
  zeros: Iterable<readonly [string, readonly number[]]>,
): Promise<Variables> {
  const state = [...zeros].map(([name, shape]) => [
    name,
    floats(shape, new Float64Array(shape.reduce((a, b) => a * b, 1))),
  ]);
  return backend.createVariables({ w: noise(1, [IN, OUT]), b: noise(2, [OUT]), ...Object.fromEntries(state) });
}

async function trainWhole(backend: Backend): Promise<Record<string, HostTensor>> {
  const { graph, updates, state } = trainingStep(options());
  const variables = await variablesOf(backend, state);
  const program = await backend.compile(graph, { variables, updates });
  for (let step = 1; step <= STEPS; step++) await program.run({ ...batchOf(step), ...scalarsOf(step) });
  return variables.read(['w', 'b', ...state.keys()]);
}

async function trainInTwo(backend: Backend, how: 'fed' | 'kept'): Promise<Record<string, HostTensor>> {
  const { gradient, update, gradients, updates, state } = splitTrainingStep(options());
  const names = [...gradients.keys()];
  const variables = await variablesOf(backend, how === 'kept' ? [...state, ...gradients] : state);
  const kept = how === 'kept' ? { updates: Object.fromEntries(names.map((name) => [name, name])) } : {};
  const differ = await backend.compile(gradient, { variables, ...kept });
  const updater = await backend.compile(update, { variables, updates });
  for (let step = 1; step <= STEPS; step++) {
    const { loss: _, ...handed } = await differ.run(batchOf(step));
    await updater.run({ ...handed, ...scalarsOf(step) });
  }
  return variables.read(['w', 'b', ...state.keys()]);
}

/**
 * Trains some steps in one program, and in two whose gradients are fed or kept as variables.
 *
 * @throws where a variable differs by more than 1e-6 of its largest element.
 */
export async function checkSplitStep(backend: Backend): Promise<void> {
  const whole = await trainWhole(backend);
  for (const how of ['fed', 'kept'] as const) {
    for (const [name, { data }] of Object.entries(await trainInTwo(backend, how))) {
      const expected = Array.from(whole[name]?.data ?? []);
      const allowed = 1e-6 * Math.max(...expected.map(Math.abs));
      const worst = Math.max(...expected.map((value, i) => Math.abs(value - (data[i] ?? Number.NaN))));
      if (!(worst <= allowed)) throw new Error(`gradients ${how}: ${name} differs by ${worst}, more than ${allowed}`);
    }
  }
}
