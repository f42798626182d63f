// Lists as people write them on the command line.
import { descriptionSchema } from '@difsr/prepare';
import { expect, it } from 'vitest';
import { assignmentLayer, parseSetting } from './layers.js';
import { resolveConfig } from './resolve.js';
import { jsonSchema } from './schema.js';
import { withLists } from './lists.js';

const fieldsOf = async (text: string): Promise<unknown> => {
  const { model } = await resolveConfig({ set: [`model.fields=${text}`] });
  return 'fields' in model ? model.fields : undefined;
};

it.each([
  ['brand,tags', ['brand', 'tags']],
  ['brand, tags', ['brand', 'tags']],
  ['[brand,tags]', ['brand', 'tags']],
  ['[brand, tags]', ['brand', 'tags']],
  ['["brand", "tags"]', ['brand', 'tags']],
  ['brand', ['brand']],
  ['"brand"', ['brand']],
  ['"price, net",brand', ['price, net', 'brand']],
  ['2020,null,true', ['2020', 'null', 'true']],
  ['', []],
  ['none', []],
  ['[]', []],
  ['[none]', ['none']],
])('model.fields=%s', async (text, fields) => {
  expect(await fieldsOf(text)).toEqual(fields);
});

it('numbers, too', async () => {
  expect((await resolveConfig({ set: ['evaluation.ks=5,10'] })).evaluation.ks).toEqual([5, 10]);
  expect((await resolveConfig({ set: ['evaluation.ks=10'] })).evaluation.ks).toEqual([10]);
  expect((await resolveConfig({ set: ['data.fields=brand,tags'] })).data.fields).toEqual(['brand', 'tags']);
});

it.each(['evaluation.ks=5,ten', 'evaluation.ks=none', 'evaluation.ks=5,0', 'model.fields={a: b}'])(
  '%s is refused, with the form that is wanted',
  async (setting) => {
    await expect(resolveConfig({ set: [setting] })).rejects.toThrow(
      /a list of .*, e\.g\. (?:evaluation\.ks: \[5, 10, 20\]|model\.fields: \['brand', 'tags'\])/s,
    );
  },
);

it('of a description: where a list is wanted, and only there', () => {
  const settings = [
    'items.missing=nan,None,-999',
    'items.fields.tags.drop=a,b',
    'items.fields.price.missing=text',
    'interactions.files=a,b.csv',
    'filters.interactions=item IN (1, 2)',
  ];
  const { values } = assignmentLayer(
    withLists(
      settings.map((each) => parseSetting(each)),
      jsonSchema(descriptionSchema),
    ),
  );
  expect(values).toEqual({
    items: { missing: ['nan', 'None', -999], fields: { tags: { drop: ['a', 'b'] }, price: { missing: 'text' } } },
    interactions: { files: 'a,b.csv' },
    filters: { interactions: 'item IN (1, 2)' },
  });
});
