// Runs that begin from runs of another model, or with other fields: what means the same is taken, and what does not is named.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVocabulary, itemCategories, type Dataset, type Field, type Vocabulary } from '@difsr/data';
import { describe, expect, it } from 'vitest';
import { openRun } from '../index.js';
import { config, dataset, DIF, row, SASREC, trainedRuns } from './initial-weights.test.support.js';
import { readTensors } from '../run/tensors.js';

const runs = trainedRuns();
const { folder, base, run, begin } = runs;

describe('from a model with other options', () => {
  it.each([12, 5])('positions that both have are taken, of maxLength %i', async (maxLength) => {
    const { initial, tensors } = await begin(`length-${maxLength}`, { config: config({ ...DIF, maxLength }) });
    expect([...initial.absent, ...initial.unfit]).toEqual([]);
    expect(initial.partly).toEqual(
      maxLength > 8 ? [{ name: 'positions.weight', of: 'positions', taken: 8, rows: maxLength }] : [],
    );
    for (let place = 0; place < Math.min(8, maxLength); place++)
      expect(row(tensors['positions.weight'], place)).toEqual(row(runs.old['positions.weight'], place));
  });

  it('positions that are counted from the other end are not taken, and that is said', async () => {
    const { initial } = await begin('from-end', { config: config({ ...DIF, positions: 'from-end' }) });
    expect(initial.unfit).toEqual([
      { name: 'positions.weight', reason: 'positions are counted from-start there, from-end here' },
    ]);
    expect(initial.whole).toContain('items.weight');
  });

  it('other shapes are named with both', async () => {
    const { initial } = await begin('inner', { config: config({ ...DIF, innerSize: 16 }) });
    expect(initial.unfit).toContainEqual({
      name: 'layers.0.feedForward.input.weight',
      reason: 'shape [8, 8] there, [16, 8] here',
    });
    expect(initial.whole).toContain('items.weight');
  });

  it('another model takes what has the same name; the rest of both is named', async () => {
    const { initial, tensors } = await begin('sasrec', { config: config(SASREC) });
    expect(tensors['items.weight']?.data).toEqual(runs.old['items.weight']?.data);
    expect(initial.unused).toContain('fields.brand.weight');
    await run('plain', { config: config(SASREC) });
    const back = await begin('back', { init: join(folder, 'plain') });
    expect(back.initial.whole).toContain('items.weight');
    expect(back.initial.absent).toContain('fields.brand.weight');
  });

  it.each([[['brand']], [['brand', 'categories']], [['categories', 'brand']]])(
    'what belongs to a field by its place is not taken for another field: %j',
    async (fields) => {
      const given = { ...DIF, itemFields: 'gate' };
      const from = join(folder, `gated-${fields.length}-${fields[0]}`);
      await run(`gated-${fields.length}-${fields[0]}`, { config: config(given) });
      const { initial } = await begin(`places-${fields.length}-${fields[0]}`, {
        init: from,
        config: config({ ...given, fields }),
      });
      const same = String(fields) === String(dataset.fields.map(({ name }) => name));
      const expected = fields.flatMap((_, side) =>
        ['query', 'key'].flatMap((part) =>
          ['weight', 'bias'].map((own) => `layers.0.attention.${part}.side${side}.${own}`),
        ),
      );
      expect(initial.unfit.map(({ name }) => name).toSorted()).toEqual(same ? [] : expected.toSorted());
      expect(initial.absent).toEqual([]);
      expect(initial.whole).toEqual(
        expect.arrayContaining(['items.weight', 'items.fields.brand.gate', 'fields.brand.weight']),
      );
    },
  );

  it('nothing in common is refused with the options of that run, and nothing is written', async () => {
    const given = { init: base, config: config({ ...SASREC, hiddenSize: 16, innerSize: 32 }) };
    await expect(run('nothing', given)).rejects.toThrow(
      /has nothing that this model can begin with: items\.weight \(shape \[131, 8\] there, \[131, 16\] here\)[^]*model\.hiddenSize: 8/,
    );
    expect(await readdir(join(folder, 'nothing'))).toEqual([]);
  });
});

describe('numbers and vectors', () => {
  /** Prices of items, and a picture of each; later prices are in another currency. */
  const numbers = (factor: number): Field[] => [
    {
      name: 'price',
      owner: 'item',
      kind: 'numeric',
      values: Float32Array.from({ length: dataset.items.size }, (_, id) => factor * (1 + (id % 9))),
    },
    {
      name: 'picture',
      owner: 'item',
      kind: 'vector',
      width: 2,
      values: Float32Array.from({ length: 2 * dataset.items.size }, (_, at) => Math.sin(factor * at)),
    },
  ];
  const shop = (factor: number, items: Vocabulary = dataset.items): Dataset => ({
    ...dataset,
    items,
    fields: [...dataset.fields, ...numbers(factor)],
  });

  it.each(['projection', 'buckets'])(
    'are scaled as they were, so that their weights mean the same: %s',
    async (numeric) => {
      const given = config({ ...DIF, numeric, vectors: 'tuned' }, { seed: 4, epochs: 2 });
      const from = join(folder, `numbers-${numeric}`);
      await run(`numbers-${numeric}`, { config: given, dataset: shop(1) });
      const { tensors: theirs } = await readTensors(join(from, 'model.safetensors'));
      const items = createVocabulary(['first', ...dataset.items.tokens.slice(1, -1).toReversed()]);
      const { initial, tensors } = await begin(`numbers-later-${numeric}`, {
        config: given,
        dataset: shop(3, items),
        init: from,
      });
      expect([...initial.unfit, ...initial.absent, ...initial.unused]).toEqual([]);
      expect(initial.scales).toEqual(['price', 'picture']);
      for (const name of ['fields.price.weight', 'fields.picture.weight'])
        expect(tensors[name]?.data, name).toEqual(theirs[name]?.data);
      // Tuned vectors are rows of items; a new item's is what the data says, by the length of then.
      const { vocabulary } = await openRun(from);
      items.tokens.forEach((token, id) => {
        if (token === 'first') return;
        const before = dataset.items.id(token) ?? 0;
        expect(row(tensors['fields.picture.vectors'], id)).toEqual(row(theirs['fields.picture.vectors'], before));
      });
      const out = join(folder, `numbers-later-${numeric}`);
      await run(`numbers-later-${numeric}`, { config: given, dataset: shop(3, items), resume: true });
      expect((await openRun(out)).vocabulary.schema.fields.slice(2)).toEqual(vocabulary.schema.fields.slice(2));
      await run(`numbers-whole-${numeric}`, { config: given, dataset: shop(3, items), init: from });
      const bytes = (name: string): Promise<Buffer> => readFile(join(folder, name, 'model.safetensors'));
      expect((await bytes(`numbers-later-${numeric}`)).equals(await bytes(`numbers-whole-${numeric}`))).toBe(true);
    },
  );

  it('a field that is of another kind now is not taken for what it was, whatever its shape', async () => {
    const [category] = itemCategories(dataset);
    const price: Field = {
      ...category!,
      name: 'price',
      vocabulary: createVocabulary(['dear']),
      values: category!.values.map(() => 1),
    };
    const other = { ...dataset, fields: [...dataset.fields, price, numbers(1)[1]!] };
    const from = join(folder, 'kinds');
    await run('kinds', { dataset: shop(1) });
    const { initial } = await begin('other-kinds', { dataset: other, init: from });
    expect(initial.unfit).toContainEqual({
      name: 'fields.price.weight',
      reason: `price is numeric of item there, ${price.kind} of item here`,
    });
    expect(initial.whole).toContain('fields.picture.weight');
  });
});
