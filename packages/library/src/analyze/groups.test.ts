import { describe, expect, it } from 'vitest';
import { groupTargets, LENGTHS, POPULARITIES, type RankedTarget } from './groups.js';

const target = (rank: number | null, length: number, popularity: number): RankedTarget => ({
  rank,
  length,
  popularity,
});

describe('targets in groups', () => {
  const targets = [target(1, 4, 0), target(3, 5, 2), target(null, 9, 2), target(11, 50, 400), target(2, 700, 99)];

  it('stand in the group whose edges their number is between, and every one in exactly one', () => {
    const groups = groupTargets(targets, ({ length }) => length, LENGTHS, [10]);
    expect(groups.map(({ name, targets: count, share }) => [name, count, share])).toEqual([
      ['1–4', 1, 0.2],
      ['5–9', 2, 0.4],
      ['50 or more', 2, 0.4],
    ]);
    const popular = groupTargets(targets, ({ popularity }) => popularity, POPULARITIES, [10]);
    expect(popular.map(({ name, targets: count }) => [name, count])).toEqual([
      ['0', 1],
      ['1–4', 2],
      ['50–99', 1],
      ['100 or more', 1],
    ]);
  });

  it('have the metrics of their ranks; a hidden target is a miss', () => {
    const [, middle, long] = groupTargets(targets, ({ length }) => length, LENGTHS, [10, 20]);
    expect(middle?.metrics).toMatchObject({ 'recall@10': 0.5, 'ndcg@10': 0.25, 'mrr@10': 1 / 6 });
    expect(long?.metrics).toMatchObject({ 'recall@10': 0.5, 'recall@20': 1 });
  });

  it('below the first edge have a group of their own: none is dropped', () => {
    const groups = groupTargets([target(1, 0, 0), target(1, 1, 0)], ({ length }) => length, LENGTHS, [10]);
    expect(groups.map(({ name }) => name)).toEqual(['less than 1', '1–4']);
  });
});
