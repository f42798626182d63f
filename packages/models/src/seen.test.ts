// Items that a history has already: what is trained, ranked and recommended with is one and the same.
import { evaluate } from '@difsr/graph';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { traceScores, trainingTask, type Windows } from './index.js';
import { seenFeed } from './seen.js';
import { programOf, servingTask } from './serving-task.js';
import { FEATURES, ints, MAX_LENGTH, numbers, run, tiny, weightsOf, type Values } from './tiny.test.support.js';

/** Item 6 twice, and once more as the target. */
const HISTORY = [8, 6, 10, 6];
const row = (history: readonly number[]): Values['items'] =>
  ints(
    [1, MAX_LENGTH],
    Array.from({ length: MAX_LENGTH }, (_, i) => history[i] ?? 0),
  );
const bias = (value: number): Values => ({
  'seen.bias': { dtype: 'float32', shape: [1], data: Float64Array.of(value) },
});

describe('a bias of seen items', () => {
  const model = tiny('sasrec', { seenBias: true });
  const plain = tiny('sasrec');
  const weights = weightsOf(traceScores(plain));

  it('is added to the scores of the items of the history, once each, and to no others', () => {
    const given = { ...weights, items: row(HISTORY) };
    const without = numbers(traceScores(plain).scores, given);
    const found = numbers(traceScores(model).scores, { ...given, ...bias(-2) });
    expect(found).toHaveLength(12);
    found.forEach((score, item) =>
      expect(score).toBeCloseTo((without[item] ?? NaN) - ([6, 8, 10].includes(item) ? 2 : 0), 12),
    );
  });

  it('is in the scores of candidates', () => {
    const program = programOf(servingTask(model).graph, 'candidates');
    const given = { ...weights, ...bias(1.5), items: row(HISTORY) };
    const candidates = ints([1, 5], [10, 3, 6, 0, 8]);
    const { scores } = evaluate(program, { ...given, candidates });
    const all = numbers(traceScores(model).scores, given);
    [...candidates.data].forEach((item, i) => {
      if (item > 0) expect(scores?.data[i]).toBeCloseTo(all[item] ?? NaN, 12);
    });
  });

  it.each([6, 3])('is trained as it is asked: the loss of target %i is that of its score', (target) => {
    const windows: Windows = {
      length: MAX_LENGTH,
      items: Int32Array.from([...HISTORY, target]),
      starts: Int32Array.of(0),
      inputs: Int32Array.of(HISTORY.length),
      targets: Int32Array.of(1),
      slots: 1,
    };
    const { feeds } = model.objective.batch(model, windows, { seed: 1, step: 1 });
    const fed = Object.entries(feeds).flatMap(([name, feed]) => ('data' in feed ? [[name, feed] as const] : []));
    const given = { ...weights, ...bias(0.7), ...Object.fromEntries(fed) };
    const { loss } = run({ loss: trainingTask(model, { training: false }).loss }, given);
    const scores = numbers(traceScores(model).scores, { ...given, items: row(HISTORY) });
    const total = scores.slice(1).reduce((sum, score) => sum + Math.exp(score), 0);
    expect(loss?.data[0]).toBeCloseTo(Math.log(total) - (scores[target] ?? NaN), 10);
  });

  it('is 0 at first: the scores of the model without', () => {
    const [spec] = trainingTask(model).parameters.filter(({ name }) => name === 'seen.bias');
    expect(spec).toMatchObject({ shape: [1], initializer: { kind: 'zeros' }, decay: false });
    const given = { ...weights, ...FEATURES, items: row(HISTORY) };
    expect(numbers(traceScores(model).scores, { ...given, ...bias(0) })).toEqual(
      numbers(traceScores(plain).scores, given),
    );
  });

  it.each([
    ['sasrec', { loss: 'bpr' }, /the loss bpr compares a target with a sample of items.*cross-entropy/s],
    ['bert4rec', {}, /a masked item stands between others/],
  ])('is refused where it has no meaning: %s %j', (name, options, message) => {
    expect(() => tiny(name, { ...options, seenBias: true })).toThrow(message);
  });

  it('waits while weights are pre-trained', () => {
    const names = trainingTask(tiny('s3-rec', { stage: 'pretrain', seenBias: true })).parameters.map(
      ({ name }) => name,
    );
    expect(names).not.toContain('seen.bias');
    expect(trainingTask(tiny('s3-rec', { seenBias: true })).parameters.map(({ name }) => name)).toContain('seen.bias');
  });
});

it('what is fed are the items of the row up to the place, each once, and nothing in slots without a target', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.nat(3),
      (rows, spare) => {
        const length = Math.max(...rows.map((items) => items.length));
        const items = Int32Array.from(rows.flatMap((own) => [...own, ...Array<number>(length - own.length).fill(0)]));
        const places = rows.flatMap((own, at) => own.map((_, column) => ({ at, column })));
        const positions = Int32Array.from([
          ...places.map(({ at, column }) => at * length + column),
          ...Array<number>(spare).fill(0),
        ]);
        const { seenItems } = seenFeed(items, positions, places.length, length);
        expect(seenItems.shape).toEqual([places.length + spare, length]);
        places.forEach(({ at, column }, slot) => {
          const found = Array.from(seenItems.data.subarray(slot * length, (slot + 1) * length)).filter(
            (item) => item > 0,
          );
          expect(found.toSorted()).toEqual([...new Set(rows[at]?.slice(0, column + 1))].toSorted());
        });
        expect(Array.from(seenItems.data.subarray(places.length * length)).every((item) => item === 0)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});
