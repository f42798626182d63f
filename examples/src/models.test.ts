// Both examples, before and after, on a small generated data set: they train, evaluate, and the changed ones use genres.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as bert4recAfter from './bert4rec/after.js';
import * as bert4rec from './bert4rec/before.js';
import * as sasrecAfter from './sasrec/after.js';
import * as sasrec from './sasrec/before.js';
import { generatedData, type Catalogue, type ExampleData } from './shared/data.js';
import { setUp } from './shared/setup.js';
import { batches, evaluate, train, type ModelOptions, type Recommender } from './shared/train.js';

const OPTIONS = { width: 16, inner: 16, layers: 1, heads: 2, length: 12, dropout: 0.1, seed: 1 } as const;

const MODELS: readonly (readonly [string, new (catalogue: Catalogue, options: ModelOptions) => Recommender, number])[] =
  [
    ['SASRec before', sasrec.SASRec, 4.3],
    ['SASRec after', sasrecAfter.SASRec, 4.3],
    ['BERT4Rec before', bert4rec.BERT4Rec, 4.7],
    ['BERT4Rec after', bert4recAfter.BERT4Rec, 4.7],
  ];

let data: ExampleData;
beforeAll(async () => {
  await setUp('wasm');
  data = generatedData({ users: 150, items: 126, meanLength: 10 });
});

/** The same items, each with the genres of the one before it. */
function otherGenres({ items, genres }: Catalogue): Catalogue {
  const real = genres.slice(1, items + 1);
  return { items, genres: [genres[0] ?? [], ...real.slice(-1), ...real.slice(0, -1), genres[items + 1] ?? []] };
}

/** Does something with a model whose matrices are of a trained size: with fresh ones, scores of genres drown in round-off. */
function withGrown<T>(make: () => Recommender, use: (model: Recommender) => T): T {
  const engine = tf.engine();
  engine.startScope();
  tf.disposeVariables();
  const model = make();
  for (const variable of Object.values(engine.state.registeredVariables)) {
    if (variable.shape.length > 1) variable.assign(tf.mul(variable, 20));
  }
  const result = use(model);
  engine.endScope();
  return result;
}

describe.each(MODELS)('%s', (name, Model, bound) => {
  it('learns: the loss falls, no tensor is left alive, and evaluation ranks all cases', async () => {
    const model = new Model(data, OPTIONS);
    const counts: number[] = [];
    const { epochs, best } = await train(model, data, {
      length: OPTIONS.length,
      batch: 16,
      learningRate: 0.01,
      epochs: 8,
      patience: 8,
      seed: 1,
      onEpoch: () => counts.push(tf.memory().numTensors),
    });
    expect(epochs[0]?.loss).toBeLessThan(Math.log(data.items + 2) + 0.3); // no worse than a guess among all items
    expect(epochs.at(-1)?.loss).toBeLessThan(bound);
    expect(new Set(counts).size).toBe(1);
    expect(best.test?.recall).toBeGreaterThan(10 / data.items); // better than chance
  });

  it('is the same again from the same seed', () => {
    const loss = (): number =>
      tf.tidy(() => {
        const [first] = batches(data.train, { length: OPTIONS.length, batch: 4, seed: 1 }, 1);
        if (first === undefined) throw new Error('no batch');
        return new Model(data, OPTIONS).loss(first).dataSync()[0] ?? NaN;
      });
    expect(loss()).toBe(loss());
  });

  it(
    name.endsWith('after') ? 'uses genres: others give other scores' : 'knows no genres: others give the same scores',
    () => {
      const histories = tf.tensor2d([[5, 9, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]], [1, OPTIONS.length], 'int32');
      const scores = (catalogue: Catalogue): number[] =>
        withGrown(
          () => new Model(catalogue, OPTIONS),
          (model) => [...model.scores(histories).dataSync()],
        );
      const [own, other] = [scores(data), scores(otherGenres(data))];
      expect(own).toHaveLength(data.items + 1);
      if (name.endsWith('after')) expect(own).not.toEqual(other);
      else expect(own).toEqual(other);
    },
  );
});

describe('BERT4Rec after', () => {
  it('hides the genres of a masked place with its item', () => {
    const loss = (catalogue: Catalogue, rows: number[][]): number =>
      withGrown(
        () => new bert4recAfter.BERT4Rec(catalogue, { ...OPTIONS, dropout: 0 }),
        (model) => model.loss(tf.tensor2d(rows, [rows.length, OPTIONS.length + 1], 'int32')).dataSync()[0] ?? NaN,
      );
    const rows = (count: number): number[][] =>
      Array.from({ length: 40 }, (_, i) =>
        Array.from({ length: OPTIONS.length + 1 }, (_, place) =>
          place <= count ? 1 + ((7 * i + place) % data.items) : 0,
        ),
      );
    // One item per row (the first place is not read): where it is masked nothing else is there to see, and where it is not,
    // the row has no target.
    expect(loss(data, rows(1))).toBe(loss(otherGenres(data), rows(1)));
    expect(loss(data, rows(2))).not.toBe(loss(otherGenres(data), rows(2)));
  });
});

describe('batches', () => {
  it('have every item but the first of a sequence as a target exactly once, wherever the sequence is cut', () => {
    const sequences = [30, 13, 2, 1, 14].map((length, user) =>
      Int32Array.from({ length }, (_, i) => 100 * (user + 1) + i),
    );
    for (const epoch of [1, 2, 3, 4]) {
      const targets: number[] = [];
      for (const windows of batches(sequences, { length: 12, batch: 3, seed: 5 }, epoch)) {
        for (const row of windows.arraySync()) targets.push(...row.slice(1).filter((id) => id !== 0));
        windows.dispose();
      }
      const expected = sequences.flatMap((sequence) => [...sequence.subarray(1)]);
      expect(targets.toSorted((a, b) => a - b)).toEqual(expected);
    }
  });
});

it('evaluation gives a model that knows the answer 1, and one that knows nothing about nothing', () => {
  const cases = data.test.slice(0, 20);
  const oracle = (right: boolean): Recommender => ({
    loss: () => tf.scalar(0),
    scores: () =>
      tf.tidy(() =>
        tf.mul(
          tf.oneHot(
            tf.tensor1d(
              cases.map(({ target }) => target),
              'int32',
            ),
            data.items + 1,
          ),
          right ? 1 : -1,
        ),
      ),
  });
  expect(evaluate(oracle(true), cases, 5)).toEqual({ ndcg: 1, recall: 1 });
  expect(evaluate(oracle(false), cases, 5)).toEqual({ ndcg: 0, recall: 0 });
});
