// The prepared form against the loaders: two ways to the same data set, number for number.
import path from 'node:path';
import { describe, expect } from 'vitest';
import { loadDataset } from '../texts/load.js';
import { testOnRealData } from '../real-data.test.support.js';
import { essence, prepareIn, testFolder } from './prepare.test.support.js';

const ATTRIBUTES = { attributes: { kind: 'multi-categorical' } } as const;

describe('a prepared data set equals the loaded one', () => {
  testOnRealData('ml-100k, 5-core, with names and genres', 'recbole/ml-100k/ml-100k.inter', async (file) => {
    const out = path.join(await testFolder(), 'ml-100k');
    const { manifest, dataset } = await prepareIn(
      path.dirname(file),
      {
        interactions: { files: 'ml-100k.inter', user: 'user_id', item: 'item_id', time: 'timestamp' },
        items: {
          files: 'ml-100k.item',
          id: 'item_id',
          name: 'movie_title',
          fields: { release_year: { kind: 'categorical' }, class: { kind: 'multi-categorical' } },
        },
        filters: { userMin: 5, itemMin: 5 },
      },
      { out },
    );
    expect(manifest.counts).toMatchObject({ users: 943, items: 1349, interactions: 99_287, valid: 943, test: 943 });
    const loaded = await loadDataset(path.dirname(file), {
      userMin: 5,
      itemMin: 5,
      fields: ['release_year', 'class'],
    });
    expect(essence(dataset)).toEqual(essence(loaded));
  });

  for (const [name, counts] of [
    ['Beauty', { users: 22_363, items: 12_101, interactions: 198_502 }],
    ['Toys_and_Games', { users: 19_412, items: 11_924, interactions: 167_597 }],
  ] as const) {
    testOnRealData(`${name}, and a 5-core filter changes nothing`, `s3rec/${name}.txt`, async (file) => {
      const out = path.join(await testFolder(), name);
      const { manifest, dataset } = await prepareIn(
        path.dirname(file),
        {
          interactions: { files: `${name}.txt`, user: 'user', item: 'item' },
          items: { files: `${name}_item2attributes.json`, id: 'item', fields: ATTRIBUTES },
          filters: { userMin: 5, itemMin: 5 },
        },
        { out },
      );
      expect(manifest.counts).toMatchObject(counts);
      expect(manifest.steps.map(({ dropped }) => dropped)).toEqual([0, 0]);
      expect(manifest.hasTimes).toBe(false);
      expect(essence(dataset)).toEqual(essence(await loadDataset(file)));
    });
  }
});
