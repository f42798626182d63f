// Folders, grids, and what a comparison knows of a run.
import { models } from '@difsr/models';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasConverged, perUserValues } from './record.js';
import { changesOf } from '../jobs/changes.js';
import { fileName } from '../jobs/planned.js';
import { gridOf, ignoredOptions } from './plan.js';
import { parseSearch, readSpecification } from './specification.js';

const [first, second] = models;
if (first === undefined || second === undefined) throw new Error('there are models');

describe('the grid of a search', () => {
  it('has every combination once, the last option fastest, and of a model without an option the others', async () => {
    const { models: read } = await readSpecification({ out: 'x', models: [first.name, second.name] });
    const search = { 'training.learningRate': [1, 2], 'model.sideWidth': [3, 4, 5] };
    const [dif, plain] = read;
    if (dif === undefined || plain === undefined) throw new Error('two were read');
    expect(gridOf(search, dif).map((each) => Object.values(each))).toEqual([
      [1, 3],
      [1, 4],
      [1, 5],
      [2, 3],
      [2, 4],
      [2, 5],
    ]);
    expect(gridOf(search, plain)).toEqual([{ 'training.learningRate': 1 }, { 'training.learningRate': 2 }]);
    expect(gridOf({}, plain)).toEqual([{}]);
    const specification = { models: [], data: [], seeds: [1], settings: { model: { sideWidth: 8 } }, search };
    expect(ignoredOptions(specification, read)).toEqual([`model.sideWidth: not an option of ${second.name}`]);
  });

  it('of a model that is counted has nothing of training, and that is said', async () => {
    const counted = models.filter(({ count }) => count !== undefined).map(({ name }) => name);
    expect(counted.length).toBeGreaterThan(0);
    const { models: read, specification } = await readSpecification({
      out: 'x',
      models: [first.name, ...counted],
      search: { learningRate: [1, 2] },
    });
    expect(read.map((model) => gridOf(specification.search, model).length)).toEqual([2, ...counted.map(() => 1)]);
    expect(ignoredOptions(specification, read)).toEqual([
      `training.learningRate: not searched for ${counted.join(', ')}, of which nothing is trained`,
    ]);
  });

  it('is read as it is typed', () => {
    expect(parseSearch(['learningRate=1e-3,5e-4', 'model.fusion=sum, gate', 'model.lab=true,false'])).toEqual({
      learningRate: [0.001, 0.0005],
      'model.fusion': ['sum', 'gate'],
      'model.lab': [true, false],
    });
    for (const wrong of ['learningRate', '=1', 'learningRate=', 'learningRate=1,,2'])
      expect(() => parseSearch([wrong])).toThrow(/not of the form key=value,value/);
  });
});

describe('names of options', () => {
  const settings = async (set: string[]): Promise<unknown> =>
    (await readSpecification({ out: 'x', models: [first.name], set })).specification.settings;

  it('may be short where one option is meant, and lists may have commas', async () => {
    expect(await settings(['learningRate=0.1', 'model.fields=brand,tags', 'epochs=3'])).toEqual({
      training: { learningRate: 0.1, epochs: 3 },
      model: { fields: ['brand', 'tags'] },
    });
  });

  it('are refused where several are meant, none is, or the comparison sets it', async () => {
    await expect(settings(['fields=brand'])).rejects.toThrow(/"fields" may be data\.fields or model\.fields/);
    await expect(settings(['hidenDropout=1'])).rejects.toThrow(/no model has an option "hidenDropout"/);
    await expect(settings(['seed=1'])).rejects.toThrow(/sets training\.seed itself/);
    await expect(settings(['evaluation.test=false'])).rejects.toThrow(/sets evaluation\.test itself/);
  });
});

it('names of folders are different for different names, and safe on every system', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ minLength: 1, unit: 'binary' }), (a, b) => {
      for (const name of [a, b]) expect(fileName(name)).toMatch(/^[\w=,+-][\w.=,+-]*$/);
      if (a !== b) expect(fileName(a)).not.toBe(fileName(b));
    }),
  );
  expect(fileName('learningRate=0.001,hiddenDropout=0.2')).toBe('learningRate=0.001,hiddenDropout=0.2');
});

it('settings are told apart by the keys that the older has', () => {
  expect(changesOf({ a: { b: 1, c: [1] } }, { a: { b: 2, c: [1], d: 5 } })).toEqual(['a.b was 1, is 2']);
  expect(changesOf({ a: 1 }, {})).toEqual(['a was 1, is not set']);
});

it.each([
  ['early-stopping', 3, 3, true],
  ['finished', 3, 3, false],
  ['finished', 2, 3, true],
  ['finished', 28, 30, false],
  ['finished', 27, 30, true],
] as const)('a run that ended by %s with its best epoch %i of %i: converged %s', (reason, best, trained, expected) => {
  expect(hasConverged(reason, best, trained)).toBe(expected);
});

it('a metric of each user is the mean over its targets, a hidden one counting as a miss', () => {
  const columns = { users: ['u', 'v', 'u', 'w'], targets: ['1', '2', '3', '4'], ranks: [1, 11, null, 3] };
  expect(perUserValues(columns, 'recall@10')).toEqual({ users: ['u', 'v', 'w'], values: Float64Array.of(0.5, 0, 1) });
  expect(perUserValues(columns, 'ndcg@10').values).toEqual(Float64Array.of(0.5, 0, 0.5));
});
