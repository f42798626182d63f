// A step that several workers share gives what one worker gets of it: losses and gradients, with dropout, draws and all.
import { createGraph, createReferenceBackend, gradientOf, type Feeds, type Graph, type HostTensor } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import {
  countedLaw,
  dealOut,
  maskFeeds,
  models,
  trainingTask,
  type ModelInstance,
  type ObjectiveBatch,
  type Windows,
} from '../index.js';
import { DIF, FEATURES, tiny, weightsOf } from '../tiny.test.support.js';

const HISTORIES = [
  [3, 7, 4, 1, 9],
  [5, 2, 11],
  [8, 6, 10, 6],
  [1, 2],
  [2, 9, 5, 4, 3],
  [7, 11],
  [10, 1, 8],
];
const DRAW = { seed: 5, step: 3, popularity: () => countedLaw([0, 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]) };
const DROPOUT = { hiddenDropout: 0.3, attentionDropout: 0.2, itemDropout: 0.4, decoderDropout: 0.3 };

/** Histories with their last inputs as targets, and slots to spare. */
function windowsOf(histories: readonly (readonly number[])[], { name, config }: ModelInstance): Windows {
  const onePerRow = name === 'caser';
  const inputs = Int32Array.from(histories, ({ length }) => length - 1);
  let at = 0;
  return {
    length: onePerRow ? config.maxLength : Math.max(...inputs),
    items: Int32Array.from(histories.flat()),
    starts: Int32Array.from(histories, ({ length }) => (at += length) - length),
    inputs,
    targets: onePerRow ? inputs.map(() => 1) : inputs,
    slots: 21,
  };
}

/** A model with dropout, as far as it has the options. */
function model(name: string, options: Readonly<Record<string, unknown>> = {}): ModelInstance {
  const definition = models.find((each) => each.name === name);
  const dropout = Object.entries(DROPOUT).filter(
    ([key, value]) => definition?.config.safeParse({ [key]: value }).success,
  );
  return tiny(name, { ...Object.fromEntries(dropout), ...options });
}

interface Step {
  readonly graph: Graph;
  readonly feeds: Feeds;
  readonly batch: ObjectiveBatch;
  readonly values: Readonly<Record<string, HostTensor>>;
}

function stepOf(instance: ModelInstance, histories: readonly (readonly number[])[] = HISTORIES): Step {
  const task = trainingTask(instance);
  const gradients = gradientOf(task.loss, new Map(task.trained.map(({ name, tensor }) => [name, tensor])));
  const graph = createGraph({ loss: task.loss, ...task.parts, ...Object.fromEntries(gradients) });
  const batch = instance.objective.batch(instance, windowsOf(histories, instance), DRAW);
  const feeds = { ...batch.feeds, ...maskFeeds(task.masks, batch.sizes, DRAW) };
  const values = { ...weightsOf(task), ...FEATURES };
  return { graph, feeds, batch, values };
}

/** What a graph gives for some feeds; those that it does not have are left out. */
async function run({ graph, values }: Step, feeds: Feeds): Promise<Record<string, HostTensor>> {
  const backend = createReferenceBackend();
  try {
    const program = await backend.compile(graph);
    const all = Object.entries({ ...values, ...feeds }).filter(([name]) => graph.inputs.has(name));
    return await program.run(Object.fromEntries(all));
  } finally {
    await backend.dispose();
  }
}

async function differences(instance: ModelInstance, parts: number, histories = HISTORIES): Promise<[string, number][]> {
  const step = stepOf(instance, histories);
  const whole = await run(step, step.feeds);
  const dealt = dealOut({ feeds: step.feeds, inputs: step.graph.inputs, objective: instance.objective }, parts);
  expect(dealt).toHaveLength(parts);
  const given = await Promise.all(dealt.map(async (feeds) => run(step, feeds)));
  return Object.entries(whole).map(([name, { data }]) => {
    const sums = Float64Array.from(data, (_, i) => given.reduce((sum, each) => sum + (each[name]?.data[i] ?? NaN), 0));
    return [name, Math.max(...Array.from(data, (value, i) => Math.abs(value - (sums[i] ?? NaN))))];
  });
}

const CASES: readonly (readonly [name: string, options: Readonly<Record<string, unknown>>])[] = [
  ...['sasrec', 'sasrecf', 'nova', 'fdsa', 'bert4rec', 'gru4rec', 'gru4recf', 'narm', 'p-rnn', 'icai-sr', 's3-rec'].map(
    (name) => [name, {}] as const,
  ),
  ['dif-sr', { ...DIF, itemFields: 'sum' }],
  ['bert4rec', { ...DIF, attention: 'dif' }],
  ['s3-rec', { stage: 'pretrain' }],
  ['caser', { userEmbedding: false, normLoss: 0 }],
  ['sasrec', { seenBias: true }],
  ['sasrec', { loss: 'bpr', negatives: 2 }],
  ['sasrec', { loss: 'bce', negativeSampling: 'in-batch' }],
  ['sasrec', { loss: 'gbce', negatives: 20 }],
  ['sasrec', { loss: 'sampled-softmax', negatives: 5, negativeSampling: 'popularity' }],
];

describe('a step that is dealt out', () => {
  it.each(CASES)('of %s %j adds up to the whole', async (name, options) => {
    for (const parts of [2, 3])
      for (const [what, difference] of await differences(model(name, options), parts))
        expect(difference, `${what} of ${parts} parts`).toBeLessThan(1e-10);
  });

  it('adds up where there are more workers than rows', async () => {
    for (const [what, difference] of await differences(model('dif-sr', DIF), 5, HISTORIES.slice(0, 2)))
      expect(difference, what).toBeLessThan(1e-10);
  });

  it('is dealt out evenly: targets differ by at most one where rows allow it', () => {
    const instance = model('sasrec');
    const { feeds, graph } = stepOf(instance);
    const dealt = dealOut({ feeds, inputs: graph.inputs, objective: instance.objective }, 3);
    const targets = dealt.map(({ weights }) => {
      if (weights === undefined || 'mask' in weights) throw new Error('no weights');
      return Array.from(weights.data).filter((weight) => weight > 0).length;
    });
    expect(targets).toEqual([6, 6, 5]);
    expect(dealt.map(({ weights }) => weights?.shape)).toEqual([[7], [7], [7]]);
  });

  it('is itself with one worker', () => {
    const instance = model('sasrec');
    const { feeds, graph } = stepOf(instance);
    expect(dealOut({ feeds, inputs: graph.inputs, objective: instance.objective }, 1)).toEqual([feeds]);
  });
});
