// Training in the page: a tiny DIF-SR, the whole step (forward, backward, Adam) as one graph on tfjs.
import {
  optimizerScalars,
  sizeOf,
  trainingStep,
  type Feeds,
  type HostTensor,
  type OptimizerConfig,
} from '@difsr/graph';
import { difSr, instantiate, trainingTask } from '@difsr/models';
import { initialValues } from '@difsr/nn';
import { createTfjsBackend } from '@difsr/tfjs';
import { memory } from '@tensorflow/tfjs-core';

const floats = (shape: readonly number[], data: Float32Array): HostTensor => ({ dtype: 'float32', shape, data });
const ints = (shape: readonly number[], data: readonly number[]): HostTensor => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(data),
});

/** Items go round in a circle, 1 to 6; each is red or blue. */
const ITEMS = 6;
const LENGTH = 5;
const ROWS = [1, 2, 4];

/** The loss of each step, and how many tensors tfjs held after the second one and at the end. */
export async function train(steps: number): Promise<{ losses: number[]; tensors: [early: number, late: number] }> {
  const model = instantiate(
    difSr,
    {
      hiddenSize: 16,
      innerSize: 32,
      layers: 1,
      heads: 2,
      maxLength: 8,
      sideWidth: 8,
      attributeLoss: 1,
      hiddenDropout: 0.1,
      attentionDropout: 0.1,
    },
    { items: ITEMS, fields: [{ name: 'color', kind: 'categorical', values: 3, maxValues: 1 }] },
  );
  const task = trainingTask(model);
  const optimizer: OptimizerConfig = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0 };
  const step = trainingStep({ loss: task.loss, parameters: task.trained, optimizer });
  const backend = await createTfjsBackend({ device: 'wasm' });
  const zeros = [...step.state].map(([name, shape]) => [name, floats(shape, new Float32Array(sizeOf(shape)))] as const);
  const variables = await backend.createVariables({
    ...initialValues(task.parameters, 1),
    ...Object.fromEntries(zeros),
    'feature.color': ints([ITEMS + 1, 1], [0, 1, 2, 1, 2, 1, 2]),
  });
  const program = await backend.compile(step.graph, { variables, updates: step.updates });
  const losses: number[] = [];
  let early = 0;
  for (let i = 1; i <= steps; i++) {
    const feeds: Record<string, Feeds[string]> = { ...batch() };
    for (const [name, value] of Object.entries(optimizerScalars(optimizer, i, 0.02)))
      if (step.graph.inputs.has(name)) feeds[name] = floats([], Float32Array.of(value));
    for (const { name, shape, rate } of task.masks) {
      const sizes: Readonly<Record<string, number>> = {
        batch: ROWS.length,
        length: LENGTH,
        targets: ROWS.length * LENGTH,
      };
      const bound = shape.map((dim) => (typeof dim === 'number' ? dim : (sizes[dim] ?? 0)));
      feeds[name] = { mask: { seed: 1, step: i, stream: name.length }, rate, shape: bound };
    }
    losses.push((await program.run(feeds))['loss']?.data[0] ?? Number.NaN);
    if (i === 2) early = memory().numTensors;
  }
  const late = memory().numTensors;
  await backend.dispose();
  return { losses, tensors: [early, late] };
}

/** Three users, a target at every position: the item that comes next. */
function batch(): Record<string, HostTensor> {
  const count = ROWS.length * LENGTH;
  const itemAt = (i: number): number => (((ROWS[Math.floor(i / LENGTH)] ?? 0) + (i % LENGTH) - 1) % ITEMS) + 1;
  const each = Array.from({ length: count }, (_, i) => i);
  return {
    items: ints([ROWS.length, LENGTH], each.map(itemAt)),
    targetPositions: ints([count], each),
    targetItems: ints(
      [count],
      each.map((i) => (itemAt(i) % ITEMS) + 1),
    ),
    weights: floats([count], new Float32Array(count).fill(1 / count)),
  };
}
