// What may be added to a comparison, and what makes another one of it.
import { describe, expect, it } from 'vitest';
import { jobChange, type Job } from './same-job.js';
import type { Specification } from './types.js';

const facts = (label: string, fingerprint = label): Job['data'][number] => ({
  label,
  name: label,
  users: 4,
  items: 5,
  interactions: 20,
  fingerprint,
  sides: [],
});
const model = (label: string, settings = {}): Specification['models'][number] => ({ label, name: label, settings });
const job = (more: Partial<Specification> = {}, data: Job['data'] = [facts('shop')]): Job => ({
  version: 1,
  data,
  specification: {
    models: [model('a'), model('b', { model: { heads: 2 } })],
    data: data.map(({ label }) => ({ label, config: { path: `data/${label}`, userMin: 5 } })),
    seeds: [1, 2],
    settings: { training: { epochs: 3 } },
    search: { 'training.learningRate': [0.1, 0.2] },
    ...more,
  },
});
const { models, search } = job().specification;

describe('a call on the folder of a job', () => {
  it('that says the same changes nothing, and neither do the metric, the baseline and the place of the data', () => {
    const moved = { data: [{ label: 'shop', config: { path: 'elsewhere', userMin: 5 } }] };
    expect(jobChange(job(), job({ metric: 'recall@20', baseline: 'a', ...moved }))).toEqual({ added: [], refused: [] });
  });

  it('may add models, data sets, seeds and values', () => {
    const wider = job(
      {
        models: [...models, model('c')],
        seeds: [1, 2, 3],
        search: { 'training.learningRate': [0.1, 0.2, 0.3] },
      },
      [facts('shop'), facts('more')],
    );
    expect(jobChange(job(), wider)).toEqual({
      added: ['model c', 'data set more', 'seed 3', 'training.learningRate 0.3'],
      refused: [],
    });
  });

  it.each<[string, Job, RegExp]>([
    ['a model less', job({ models: models.slice(1) }), /^model a was compared, and is missing$/],
    [
      'a model set otherwise',
      job({ models: [model('a'), model('b', { model: { heads: 4 } })] }),
      /^model b: model.heads was 2, is 4$/,
    ],
    [
      'a model with a setting more',
      job({ models: [model('a', { model: { heads: 4 } }), models[1] ?? model('b')] }),
      /^model a: model.*heads/,
    ],
    ['another setting', job({ settings: { training: { epochs: 4 } } }), /^training.epochs was 3, is 4$/],
    [
      'a setting more',
      job({ settings: { training: { epochs: 3, clipNorm: 1 } } }),
      /^training.clipNorm was not set, is 1$/,
    ],
    ['other data of the same name', job({}, [facts('shop', 'other')]), /^data set shop: it is another one/],
    [
      'data read otherwise',
      job({ data: [{ label: 'shop', config: { path: 'x', userMin: 6 } }] }),
      /^data set shop: userMin was 5, is 6$/,
    ],
    ['a data set less', job({}, [facts('other')]), /^data set shop was compared, and is missing$/],
    ['a seed less', job({ seeds: [1] }), /^seed 2 was compared/],
    ['another first seed', job({ seeds: [3, 1, 2] }), /^the search was done with seed 1/],
    ['no search', job({ search: {} }), /^the search was over training.learningRate, is over nothing$/],
    [
      'another option in the search',
      job({ search: { ...search, 'model.heads': [1] } }),
      /^the search was over training.learningRate, is over/,
    ],
    ['a value less', job({ search: { 'training.learningRate': [0.1] } }), /^training.learningRate 0.2 was compared/],
    ['another preset', job({ preset: 'paper' }), /^preset was null, is "paper"$/],
  ])('with %s is refused, once', (_, now, message) => {
    const { refused } = jobChange(job(), now);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatch(message);
  });
});
