// A step that several workers share: each has some rows of the batch, their gradients are added, and one update follows.
import {
  createReferenceBackend,
  optimizerScalars,
  sizeOf,
  splitTrainingStep,
  trainingStep,
  type Feeds,
  type HostTensor,
  type OptimizerConfig,
  type TrainingStepOptions,
} from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import {
  allPositions,
  DIF,
  FEATURES,
  itemsOf,
  MAX_LENGTH,
  ints,
  SEQUENCES,
  taskOf,
  tiny,
  type Values,
} from './tiny.test.support.js';

const OPTIMIZER: OptimizerConfig = { kind: 'adam', decay: 0.1 };
const STEPS = 2;

/** Some rows of a batch: their targets keep the weights that they have in the whole. */
function rowsOf(batch: Values, from: number, to: number): Values {
  const sequences = SEQUENCES.slice(from, to);
  const before = SEQUENCES.slice(0, from).reduce((sum, { length }) => sum + length - 1, 0);
  const count = sequences.reduce((sum, { length }) => sum + length - 1, 0);
  const slice = (name: string): HostTensor => {
    const whole = batch[name];
    if (whole === undefined) throw new Error(`no ${name} in the batch`);
    return { ...whole, shape: [count, ...whole.shape.slice(1)], data: whole.data.slice(before, before + count) };
  };
  return {
    ...FEATURES,
    items: itemsOf(sequences, MAX_LENGTH),
    targetPositions: ints(
      [count],
      Array.from(slice('targetPositions').data, (place) => place - from * MAX_LENGTH),
    ),
    targetItems: slice('targetItems'),
    negativeItems: slice('negativeItems'),
    weights: slice('weights'),
  };
}

/** Adds tensors of the same shapes, one part after the other. */
function added(parts: readonly Values[]): Record<string, HostTensor> {
  const [first = {}] = parts;
  return Object.fromEntries(
    Object.entries(first).map(([name, { dtype, shape, data }]) => [
      name,
      {
        dtype,
        shape,
        data: Float64Array.from(data, (_, i) => parts.reduce((sum, part) => sum + (part[name]?.data[i] ?? 0), 0)),
      },
    ]),
  );
}

const fitting = (inputs: ReadonlyMap<string, unknown>, feeds: Feeds): Feeds =>
  Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.has(name)));

const scalarsOf = (step: number): Feeds =>
  Object.fromEntries(
    Object.entries(optimizerScalars(OPTIMIZER, step, 0.05)).map(([name, value]): [string, HostTensor] => [
      name,
      { dtype: 'float32', shape: [], data: Float64Array.of(value) },
    ]),
  );

const zerosOf = (state: ReadonlyMap<string, readonly number[]>): Record<string, HostTensor> =>
  Object.fromEntries(
    [...state].map(([name, shape]): [string, HostTensor] => [
      name,
      { dtype: 'float32', shape, data: new Float64Array(sizeOf(shape)) },
    ]),
  );

interface Trained {
  /** Loss and its parts, of each step. */
  readonly reported: readonly Values[];
  readonly variables: Values;
}

async function trainWhole(options: TrainingStepOptions, weights: Values, batch: Values): Promise<Trained> {
  const backend = createReferenceBackend();
  const { graph, updates, state } = trainingStep(options);
  const variables = await backend.createVariables({ ...weights, ...zerosOf(state) });
  const program = await backend.compile(graph, { variables, updates });
  const reported: Values[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const { gradientNorm: _, ...values } = await program.run(fitting(graph.inputs, { ...batch, ...scalarsOf(step) }));
    reported.push(values);
  }
  return { reported, variables: await variables.read() };
}

async function trainInParts(options: TrainingStepOptions, weights: Values, parts: readonly Values[]): Promise<Trained> {
  const backend = createReferenceBackend();
  const { gradient, update, gradients, updates, state } = splitTrainingStep(options);
  const variables = await backend.createVariables({ ...weights, ...zerosOf(state) });
  const differ = await backend.compile(gradient, { variables });
  const updater = await backend.compile(update, { variables, updates });
  const reported: Values[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const outputs: Values[] = [];
    for (const part of parts) outputs.push(await differ.run(fitting(gradient.inputs, part)));
    const sums = Object.entries(added(outputs));
    const handed = Object.fromEntries(sums.filter(([name]) => gradients.has(name)));
    await updater.run(fitting(update.inputs, { ...handed, ...scalarsOf(step) }));
    reported.push(Object.fromEntries(sums.filter(([name]) => !gradients.has(name))));
  }
  return { reported, variables: await variables.read() };
}

function expectSame(actual: Values, expected: Values): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { data }] of Object.entries(expected))
    for (let i = 0; i < data.length; i++)
      expect(Math.abs((actual[name]?.data[i] ?? Number.NaN) - (data[i] ?? 0)), name).toBeLessThan(1e-10);
}

describe.each([
  ['dif-sr', DIF],
  ['dif-sr', { ...DIF, loss: 'bpr' }],
  ['sasrec', {}],
])('a step of %s in parts (%j)', (name, options) => {
  const { task, weights } = taskOf(tiny(name, options));
  const batch = allPositions(SEQUENCES, MAX_LENGTH);
  const step: TrainingStepOptions = {
    loss: task.loss,
    parameters: task.trained,
    optimizer: OPTIMIZER,
    clipNorm: 0.5,
    reported: task.parts,
  };

  it('is the step of the whole batch, whatever the parts', async () => {
    const whole = await trainWhole(step, weights, batch);
    // Parts with 4 and 5 targets, and one for each row.
    for (const cuts of [
      [0, 1, 3],
      [0, 1, 2, 3],
    ]) {
      const parts = cuts.slice(1).map((to, i) => rowsOf(batch, cuts[i] ?? 0, to));
      const shared = await trainInParts(step, weights, parts);
      shared.reported.forEach((values, i) => expectSame(values, whole.reported[i] ?? {}));
      expectSame(shared.variables, whole.variables);
    }
    // It is not all the same what is trained on: one part alone moves elsewhere.
    const alone = await trainInParts(step, weights, [rowsOf(batch, 0, 1)]);
    expect(() => expectSame(alone.variables, whole.variables)).toThrow();
  });
});
