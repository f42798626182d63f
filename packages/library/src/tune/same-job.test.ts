// What may be added to a tuning, and what makes another one of it.
import { expect, it } from 'vitest';
import { tuneChange, type TuneJob } from './same-job.js';
import type { TuneSpecification } from './types.js';

const job = (more: Partial<TuneSpecification> = {}, data: Partial<TuneJob['data']> = {}): TuneJob => ({
  version: 1,
  data: { label: 'shop', name: 'shop', users: 4, items: 5, interactions: 20, fingerprint: 'a', sides: [], ...data },
  specification: {
    model: { label: 'a', name: 'a', settings: {} },
    data: { label: 'shop', config: { path: 'data/shop', userMin: 5 } },
    space: { 'model.layers': { kind: 'values', values: [1, 2] } },
    trials: 4,
    rungs: [1, 2],
    factor: 2,
    seed: 1,
    seeds: 1,
    finalists: 1,
    settings: { model: { heads: 2 } },
    metric: 'ndcg@10',
    ...more,
  },
});

it('trials and seeds may be added, finalists may be any, and the data may have moved', () => {
  expect(tuneChange(job(), job())).toEqual({ added: [], refused: [] });
  const moved = { label: 'shop', config: { path: 'elsewhere', userMin: 5 } };
  expect(tuneChange(job(), job({ trials: 8, seeds: 3, finalists: 2, data: moved }))).toEqual({
    added: ['8 trials instead of 4', '3 seeds instead of 1'],
    refused: [],
  });
});

it.each<[Partial<TuneSpecification>, RegExp]>([
  [{ trials: 2 }, /it was of 4 trials, is of 2/],
  [{ rungs: [1, 4] }, /rungs was \[1,2\], is \[1,4\]/],
  [{ factor: 3 }, /factor was 2, is 3/],
  [{ seed: 2 }, /seed was 1, is 2/],
  [{ metric: 'recall@10' }, /metric was "ndcg@10", is "recall@10"/],
  [{ preset: 'paper' }, /preset was null, is "paper"/],
  [{ settings: { model: { heads: 4 } } }, /model\.heads was 2, is 4/],
  [
    { space: { 'model.layers': { kind: 'values', values: [1, 2, 3] } } },
    /model\.layers\.values was \[1,2\], is \[1,2,3\]/,
  ],
  [{ space: { 'model.heads': { kind: 'values', values: [1] } } }, /space\.model\.layers.*not set/],
  [{ model: { label: 'b', name: 'b', settings: {} } }, /model was "a", is "b"/],
  [{ data: { label: 'shop', config: { path: 'data/shop', userMin: 3 } } }, /data\.userMin was 5, is 3/],
])('%j is another tuning', (more, message) => {
  expect(tuneChange(job(), job(more)).refused.join('; ')).toMatch(message);
});

it('other data is another tuning, with both counts', () => {
  expect(tuneChange(job(), job({}, { fingerprint: 'b', users: 7 })).refused.join()).toMatch(/4 users.*now it has 7/);
});
