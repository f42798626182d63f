// What a recommender prepares once changes no score.
import { evaluate, type HostTensor } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import { EVERY, FEEDS, SIDED } from './every-kind.test.support.js';
import { declareInputs, splitTask, traceScores, type ModelInstance, type ModelSchema } from './index.js';
import { programOf, servingTask, splitServing } from './serving-task.js';
import {
  DIF,
  FEATURES,
  ints,
  itemsOf,
  MAX_LENGTH,
  numbers,
  SEQUENCES,
  tiny,
  weightsOf,
  type Values,
} from './tiny.test.support.js';

/** Sequences in rows of `MAX_LENGTH`: most of them end with padding. */
const items = itemsOf(SEQUENCES, MAX_LENGTH);

function expectSameScores(model: ModelInstance, feeds: Values): void {
  const plain = traceScores(model);
  const weights = weightsOf(plain);
  const expected = numbers(plain.scores, { ...feeds, ...weights });
  const tabulated = traceScores(model, declareInputs(model), { tabulated: true });
  const found = numbers(tabulated.scores, { ...feeds, ...weights });
  expect(found).toHaveLength(expected.length);
  found.forEach((score, i) => expect(score).toBeCloseTo(expected[i] ?? Number.NaN, 10));
  expect(tabulated.parameters.map(({ name }) => name).toSorted()).toEqual(
    plain.parameters.map(({ name }) => name).toSorted(),
  );
}

describe('a tabulated model scores as it does without tables', () => {
  const fusions = ['sum', 'concat', 'gate'];
  const dif = fusions.flatMap((fusion) => [
    ['dif-sr', { ...DIF, fusion }] as const,
    ['dif-sr', { ...DIF, fusion, fusionForm: 'reference' }] as const,
    ['dif-sr', { ...DIF, fusion, scale: 'hiddenSize', itemFields: 'sum' }] as const,
  ]);
  it.each([
    ...dif,
    ['dif-sr', { ...DIF, pooling: 'max' }] as const,
    ['dif-sr', { ...DIF, fields: [] }] as const,
    ...fusions.map((fusion) => ['dif-sr', { ...DIF, fusion, positions: 'from-end' }] as const),
    ['sasrec', { positions: 'from-end' }] as const,
    ['sasrec', {}] as const,
    ['gru4rec', {}] as const,
    ['gru4recf', { pooling: 'mean' }] as const,
    ['p-rnn', {}] as const,
    ['icai-sr', {}] as const,
    ['icai-sr', { sequence: 'gru', itemFields: 'sum', fields: ['tags'] }] as const,
    ['icai-sr', { fields: [] }] as const,
    ...['sasrecf', 'nova'].flatMap((name) => fusions.map((fusion) => [name, { fusion, pooling: 'mean' }] as const)),
  ])('%s %j', (name, options) => expectSameScores(tiny(name, options), { ...FEATURES, items }));

  it.each(SIDED)('%s with fields of every kind and owner', (name) =>
    expectSameScores(tiny(name, { userFields: 'stream', numeric: 'buckets', vectors: 'tuned' }, EVERY), FEEDS),
  );
});

describe('what is prepared once', () => {
  const model = tiny('dif-sr', DIF);

  it('is what depends on parameters and tables alone: the rest reads no table of attributes', () => {
    const { prepare, main } = splitServing(model);
    const feeds = { ...FEATURES, ...weightsOf(servingTask(model)) };
    const prepared = evaluate(prepare, only(feeds, prepare.inputs.keys()));
    const program = programOf(main, 'candidates');
    const names = [...program.inputs.keys()];
    expect(names.filter((name) => name.startsWith('feature.') || name.startsWith('fields.'))).toEqual([]);
    expect(names.filter((name) => name.startsWith('hoisted.')).length).toBeGreaterThan(0);
    const candidates = ints([3, 2], [1, 2, 3, 11, 0, 7]);
    const found = evaluate(program, only({ ...feeds, ...prepared, items, candidates }, names));
    const scores = numbers(traceScores(model).scores, { ...feeds, items });
    [...candidates.data].forEach((item, i) =>
      expect(found['scores']?.data[i]).toBeCloseTo(scores[Math.floor(i / 2) * 12 + item] ?? Number.NaN, 10),
    );
  });

  it('is not tabulated where the tables of a catalogue would be too large', () => {
    const large: ModelSchema = { ...model.schema, items: 2_000_000 };
    const { prepare } = splitServing(tiny('dif-sr', DIF, large));
    const shapes = [...prepare.outputs.values()].map(({ shape }) => shape);
    expect(shapes.filter(([rows, width = 1]) => rows === 2_000_001 && Number(width) > 1)).toEqual([]);
  });

  it('is nothing in a ranking without item fields, of which parameters change between runs', () => {
    expect(splitTask(model, servingTask(model)).hoisted).toEqual([]);
  });
});

function only(feeds: Values, names: Iterable<string>): Record<string, HostTensor> {
  return Object.fromEntries([...names].flatMap((name) => (feeds[name] === undefined ? [] : [[name, feeds[name]]])));
}
