// The plain step against ours: the same losses, and the same parameters after some steps.
import { createReferenceBackend, trainingStep, type TrainingStep } from '@difsr/graph';
import type { TrainingSteps } from '@difsr/training';
import { expect, it } from 'vitest';
import { openWorkload } from '../workload/open.js';
import { plainStep } from './plain-step.js';

/** Losses of some steps, and all parameters after them, in float64. */
async function trained(steps: TrainingSteps, { graph, state, updates }: TrainingStep, count: number) {
  const backend = createReferenceBackend();
  const zeros = Object.fromEntries(
    [...state].map(([name, shape]) => [
      name,
      { dtype: 'float32' as const, shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) },
    ]),
  );
  const variables = await backend.createVariables({ ...steps.tensors, ...zeros });
  const program = await backend.compile(graph, { variables, updates });
  const losses: number[] = [];
  for await (const { feeds } of steps.epoch(0)) {
    losses.push((await program.run(feeds))['loss']?.data[0] ?? Number.NaN);
    if (losses.length === count) break;
  }
  return { losses, parameters: await variables.read(steps.task.parameters.map(({ name }) => name)) };
}

it.each(['dif-sr', 'gru4rec'])('a plain step of %s does what ours does, without our cross-entropy', async (model) => {
  const { steps } = await openWorkload({ data: 'generated', users: 6, items: 126, model, preset: 'small' });
  const [ours, plain] = [trainingStep(steps.step), plainStep(steps.step)];
  expect(ours.graph.nodes.some(({ op }) => op === 'tableCrossEntropyGrad')).toBe(true);
  expect(plain.graph.nodes.filter(({ op }) => op.startsWith('tableCrossEntropy'))).toEqual([]);
  const [first, second] = [await trained(steps, ours, 1), await trained(steps, plain, 1)];
  expect(second.losses[0]).toBeCloseTo(first.losses[0] ?? Number.NaN, 6);
  for (const [name, { data }] of Object.entries(first.parameters)) {
    const other = second.parameters[name]?.data ?? [];
    expect(Math.max(...data.map((value, i) => Math.abs(value - (other[i] ?? Number.NaN)))), name).toBeLessThan(1e-6);
  }
});
