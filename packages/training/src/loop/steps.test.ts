// The steps that are given out are those that `train` takes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset } from '@difsr/data';
import { createReferenceBackend, trainingStep } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import { runConfigSchema } from '../config.js';
import { trainingSteps } from './steps.js';
import { train } from './trainer.js';

const SLOTS = 100;
const dataset = generateDataset({ users: 16, items: 126 });

function configOf(model: object) {
  return runConfigSchema.parse({
    data: { path: 'generated' },
    model,
    training: { epochs: 2, targetsPerStep: SLOTS, earlyStopping: { patience: 0 } },
    threads: 1,
  });
}

describe('the steps of a training', () => {
  it.each([
    { name: 'dif-sr', hiddenSize: 8 },
    { name: 'p-rnn', hiddenSize: 8, strategy: 'alternating' },
  ])(
    'of %j give the losses of a run of the same configuration',
    async (model) => {
      const config = configOf(model);
      const backend = createReferenceBackend();
      const folder = await mkdtemp(join(tmpdir(), 'difsr-steps-'));
      try {
        const expected: number[] = [];
        await train({
          config,
          dataset,
          backend,
          out: join(folder, 'run'),
          onEvent: (event) => void (event.kind === 'step' && expected.push(event.loss)),
        });

        const steps = await trainingSteps({ config, dataset });
        const { graph, state, updates } = trainingStep(steps.step);
        const zeros = Object.fromEntries(
          [...state].map(([name, shape]) => {
            const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
            return [name, { dtype: 'float32' as const, shape, data }];
          }),
        );
        const variables = await backend.createVariables({ ...steps.tensors, ...zeros });
        const program = await backend.compile(graph, { variables, updates });
        const losses: number[] = [];
        let targets = 0;
        for (const epoch of [0, 1])
          for await (const step of steps.epoch(epoch)) {
            const { loss } = await program.run(step.feeds);
            // Events tell the mean over the targets that a step has; the loss is one over its slots.
            losses.push(((loss?.data[0] ?? Number.NaN) * Math.min(SLOTS, steps.targetsPerEpoch)) / step.targets);
            if (epoch === 0) targets += step.targets;
          }
        expect(losses).toHaveLength(expected.length);
        losses.forEach((loss, step) => expect(loss).toBeCloseTo(expected[step] ?? Number.NaN, 9));
        expect(targets).toBe(steps.targetsPerEpoch);
      } finally {
        await backend.dispose();
        await rm(folder, { recursive: true });
      }
    },
    60_000,
  );

  it('of a model that is counted are none, which is said', async () => {
    await expect(trainingSteps({ config: configOf({ name: 'popular' }), dataset })).rejects.toThrow(
      /popular is counted: it has no training steps[^]*cure: take a model that is trained/,
    );
  });

  it('of a model that cannot be trained in the form of its configuration are none, either', async () => {
    await expect(trainingSteps({ config: configOf({ name: 'caser' }), dataset })).rejects.toThrow(/training\.form/);
  });
});
