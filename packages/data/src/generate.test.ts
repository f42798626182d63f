// The generated data set: repeatable, of the promised size, and such that attributes tell what item ids cannot.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DataError } from './errors.js';
import { generateDataset } from './generate.js';
import { itemCategories } from './schema.js';
import { leaveOneOut, sequenceAt } from './split.js';
import { datasetStatistics } from './statistics.js';
import type { CategoricalField, Dataset } from './types.js';

function digest(dataset: Dataset): string {
  const hash = createHash('sha256');
  hash.update(dataset.sequences.offsets).update(dataset.sequences.items).update(JSON.stringify(dataset.itemNames));
  for (const { offsets, values, vocabulary } of itemCategories(dataset))
    hash.update(offsets).update(values).update(vocabulary.tokens.join());
  return hash.digest('hex').slice(0, 16);
}

describe('generateDataset', () => {
  const dataset = generateDataset();

  test('the default has the documented size and fields', () => {
    const statistics = datasetStatistics(dataset);
    expect(statistics).toMatchObject({ users: 2400, items: 1500, attributes: { categories: 28, brand: 56 } });
    expect(statistics.lengths.min).toBe(5);
    expect(statistics.lengths.mean).toBeGreaterThan(11);
    expect(statistics.lengths.mean).toBeLessThan(13);
    expect(statistics.fields.map(({ kind, coverage }) => [kind, coverage])).toEqual([
      ['multi-categorical', 1],
      ['categorical', 1],
    ]);
    expect(dataset.itemNames?.[1]).toMatch(/^[A-Z][a-z]+ [a-z ]+ \d+$/);
    expect(new Set(dataset.itemNames).size).toBe(1501);
  });

  test('the same seed gives the same data, to the bit, on every machine', () => {
    expect(digest(generateDataset())).toBe(digest(dataset));
    expect(digest(dataset)).toMatchInlineSnapshot(`"09974f6d9224b404"`);
  });

  test('seeds differ; a user`s history does not depend on how many users there are', () => {
    expect(digest(generateDataset({ seed: 2 }))).not.toBe(digest(dataset));
    const few = generateDataset({ users: 10 });
    const names = (data: Dataset, index: number): unknown =>
      [...sequenceAt(data.sequences, index)].map((item) => data.itemNames?.[item]);
    for (let index = 0; index < 10; index++) expect(names(few, index)).toEqual(names(dataset, index));
  });

  test('nobody gets an item twice', () => {
    for (let index = 0; index < 2400; index++) {
      const sequence = sequenceAt(dataset.sequences, index);
      expect(new Set(sequence).size).toBe(sequence.length);
    }
  });

  test('extreme settings end all the same', () => {
    const tight = { items: 126, minLength: 31, meanLength: 31, chain: 1, back: 0, stay: 1, loyalty: 1, users: 5 };
    expect(datasetStatistics(generateDataset(tight)).lengths.min).toBe(31);
    const wide = { ...tight, chain: 0, stay: 0, loyalty: 0 };
    expect(datasetStatistics(generateDataset(wide)).lengths.min).toBe(31);
  });

  test('most items are sparse, a few are popular', () => {
    const { itemInteractions } = datasetStatistics(dataset);
    expect(itemInteractions.median).toBeLessThan(15);
    expect(itemInteractions.max).toBeGreaterThan(6 * itemInteractions.mean);
  });

  test('counting category and brand predicts the next item better than counting items that follow each other', () => {
    const byItems = recallAt20(dataset, itemTransitions(dataset));
    const byAttributes = recallAt20(dataset, attributeModel(dataset));
    expect(byItems).toBeGreaterThan(0.05);
    expect(byAttributes).toBeGreaterThan(1.3 * byItems);
  });

  test.each([
    [{ users: 0 }, /column "users": "0" is not a whole number from 1 to/],
    [{ stay: 1.5 }, /column "stay": "1.5" is not a number from 0 to 1/],
    [{ items: 100 }, /column "items": "100" is not a whole number from 126/],
    [{ seed: 0.5 }, /column "seed"/],
  ])('refuses %j', (options, message) => {
    expect(() => generateDataset(options)).toThrow(message);
    expect(() => generateDataset(options)).toThrow(DataError);
  });
});

/** Scores of all items after a history. */
type Model = (history: Int32Array) => Float64Array;

function recallAt20(dataset: Dataset, model: Model): number {
  const { histories, targets } = leaveOneOut(dataset).test;
  let hits = 0;
  for (const [index, target] of targets.entries()) {
    const scores = model(sequenceAt(histories, index));
    const own = scores[target] ?? 0;
    let better = 0;
    for (let item = 1; item < scores.length; item++) {
      const score = scores[item] ?? 0;
      if (score > own || (score === own && item < target)) better++;
    }
    if (better < 20) hits++;
  }
  return hits / targets.length;
}

/** Pairs of training interactions in a row. */
function* transitions(dataset: Dataset): Generator<readonly [number, number]> {
  const { train } = leaveOneOut(dataset);
  for (let index = 0; index + 1 < train.offsets.length; index++) {
    const sequence = sequenceAt(train, index);
    for (let at = 1; at < sequence.length; at++) yield [sequence[at - 1] ?? 0, sequence[at] ?? 0];
  }
}

function popularity(dataset: Dataset): Float64Array {
  const counts = new Float64Array(dataset.items.size);
  for (const item of leaveOneOut(dataset).train.items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

/** How often the item followed each of the last three of the history, then popularity: what ids alone tell. */
function itemTransitions(dataset: Dataset): Model {
  const counts = popularity(dataset);
  const followers = new Map<number, number[]>();
  for (const [from, to] of transitions(dataset)) followers.set(from, [...(followers.get(from) ?? []), to]);
  return (history) => {
    const scores = counts.map((count) => count / 1e6);
    for (const [age, item] of [...history.subarray(-3)].reverse().entries()) {
      for (const next of followers.get(item) ?? []) scores[next] = (scores[next] ?? 0) + 1 / (age + 1);
    }
    return scores;
  };
}

/** How often the category followed the last one, times whether the user had this brand, times popularity. */
function attributeModel(dataset: Dataset): Model {
  const [categories, brands] = itemCategories(dataset);
  if (categories === undefined || brands === undefined) throw new Error('the generated data set has two fields');
  const counts = popularity(dataset);
  const size = categories.vocabulary.size;
  const follows = new Float64Array(size * size).fill(0.1);
  for (const [from, to] of transitions(dataset)) {
    const cell = lastValue(categories, from) * size + lastValue(categories, to);
    follows[cell] = (follows[cell] ?? 0) + 1;
  }
  return (history) => {
    const last = lastValue(categories, history.at(-1) ?? 0);
    const own = new Set(Array.from(history, (item) => `${lastValue(categories, item)}/${lastValue(brands, item)}`));
    const seen = new Set(history);
    return counts.map((count, item) => {
      const category = lastValue(categories, item);
      const loyal = own.has(`${category}/${lastValue(brands, item)}`) ? 8 : 1;
      return seen.has(item) ? -1 : (follows[last * size + category] ?? 0) * loyal * (count + 0.5);
    });
  };
}

/** The finest value: the category of (department, category), the brand of (brand). */
function lastValue({ offsets, values }: CategoricalField, item: number): number {
  return values[(offsets[item + 1] ?? 0) - 1] ?? 0;
}
