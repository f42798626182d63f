// Fields that somebody names for a model without a place for them: nothing is ignored in silence, and what is used is not complained of.
import { say } from '@difsr/errors';
import { modelOf, models, trainingTask, type ModelSchema } from '@difsr/models';
import { expect, it } from 'vitest';
import { unusedFields } from './unused-fields.js';

const schema: ModelSchema = {
  items: 9,
  fields: [
    { name: 'brand', kind: 'categorical', values: 4, maxValues: 1 },
    { name: 'price', kind: 'numeric', mean: 0, deviation: 1, bounds: [] },
    { name: 'rate', owner: 'interaction', kind: 'numeric', mean: 0, deviation: 1, bounds: [] },
    { name: 'time.gap', owner: 'interaction', kind: 'numeric', mean: 0, deviation: 1, bounds: [] },
  ],
};

const NAMES = schema.fields.map(({ name }) => name);
const SMALL = { hiddenSize: 8, layers: 1, maxLength: 4 };

function said(name: string, options: Readonly<Record<string, unknown>>, own = schema): string[] {
  const model = modelOf({ name, ...SMALL, ...options }, own);
  return unusedFields(model, trainingTask(model)).map((each) => say(each));
}

// Those that are counted have no such option.
const TRAINED = models.filter((model) => model.count === undefined).map(({ name }) => name);

it.each(TRAINED.filter((name) => !['sasrec', 'gru4rec', 'narm', 'icai-sr', 's3-rec', 'caser'].includes(name)))(
  '%s reads every field that it is told of',
  (name) => {
    const own = name === 'bert4rec' ? { attention: 'dif' } : {};
    expect(said(name, { ...own, fields: NAMES })).toEqual([]);
    expect(said(name, { ...own, fields: NAMES, itemFields: 'gate', vectors: 'tuned' })).toEqual([]);
    if (name === 'dif-sr') expect(said(name, { fields: NAMES, attributeLoss: 0 })).toEqual([]);
  },
);

it('a field that is named and not read is said, with what would read it', () => {
  expect(said('sasrec', { fields: ['brand', 'rate', 'time.gap'] })).toEqual([
    "model.fields names \"brand\", which sasrec does not read: model.itemFields: 'sum' adds it to the rows of items, model.name: 'dif-sr' reads it, or leave it out of model.fields",
    'model.fields names "rate", which sasrec does not read: model.name: \'dif-sr\' reads it, or leave it out of model.fields',
    'model.fields names "time.gap", which sasrec does not read: model.name: \'dif-sr\' reads it, or leave it out of model.fields',
  ]);
});

it('a model that reads categories of items alone says so of everything else', () => {
  const unread = said('icai-sr', { fields: NAMES }).map(
    (each) => /"(.*)", which icai-sr does not read/.exec(each)?.[1],
  );
  expect(unread).toEqual(['price', 'rate', 'time.gap']);
});

it('what the item table is made of is read, whether its values are summed by lists or not', () => {
  const listed: ModelSchema = {
    ...schema,
    fields: schema.fields.map((field) =>
      field.kind === 'categorical' ? { ...field, lists: { tables: [[10, 1]], back: [[4, 8]] } } : field,
    ),
  };
  for (const own of [schema, listed])
    expect(said('sasrec', { fields: ['brand', 'price'], itemFields: 'sum' }, own)).toEqual([]);
});

it('fields that nobody names are left out without a word', () => {
  expect(said('sasrec', {})).toEqual([]);
  expect(said('sasrec', { fields: [] })).toEqual([]);
});

it('attributes of users are said once, however they are left out', () => {
  const own: ModelSchema = {
    ...schema,
    fields: [...schema.fields, { name: 'country', owner: 'user', kind: 'categorical', values: 3, maxValues: 1 }],
  };
  expect(said('sasrec', {}, own)).toEqual([
    "attributes of users are not used (country): model.userFields: 'stream' adds them to every input",
  ]);
  expect(said('sasrec', { fields: ['country'], userFields: 'stream' }, own)).toEqual([]);
});
