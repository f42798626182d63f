// Every recipe on small files in exactly its raw form, against results worked out by hand; and what holds for all recipes.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Description, SourceSpec } from './description/types.js';
import { openEngine } from './engine/engine.js';
import { sqlText } from './engine/quote.js';
import { DataError } from '@difsr/data';
import { prepareDataset } from './prepare/prepare.js';
import { type Manifest, PREPARED_FILES } from './prepared/manifest.js';
import { testOnRealData } from './real-data.test.support.js';
import { listRecipes, readRecipe, recipeNames } from './recipes.js';
import { RECIPE_CASES } from './recipe-cases/all.test.support.js';
import type { Expected } from './recipe-cases/shop.test.support.js';

const MAGAZINES = 'raw/amazon-2018-magazine-subscriptions';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'difsr-recipes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a recipe makes of its raw files what was worked out by hand', () => {
  it.each(RECIPE_CASES)('$recipe', async ({ recipe, files, expected }) => {
    const base = path.join(folder, 'raw', recipe);
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(base, name)), { recursive: true });
      await writeFile(path.join(base, name), bytes);
    }
    const out = path.join(folder, recipe);
    const manifest = await prepareDataset(await readRecipe(recipe), { base, out, threads: 1 });
    expect(await contents(out, manifest, expected.times[0])).toEqual({
      quarantined: 0,
      items: {},
      users: {},
      ...expected,
    });
  });
});

describe('recipes', () => {
  it('are all valid, and say where the files come from, under which terms, and whom to cite', async () => {
    expect(recipeNames()).toHaveLength(96);
    for (const { name, title } of listRecipes()) {
      const { about, pull, manual } = await readRecipe(name);
      expect([about?.title, about?.homepage?.slice(0, 4)], name).toEqual([title, 'http']);
      expect(about?.licence?.length, name).toBeGreaterThan(20);
      expect(about?.cite?.length, name).toBeGreaterThan(20);
      expect(pull !== undefined || manual !== undefined, name).toBe(true);
    }
  });

  it('have no place left to fill in', async () => {
    for (const name of recipeNames())
      expect(JSON.stringify(await readRecipe(name)), name).not.toMatch(/\{(file|root|slug)\}/);
  });

  it('use the files that are fetched, and fetch the files that they use', async () => {
    for (const name of recipeNames()) {
      const recipe = await readRecipe(name);
      const fetched = (recipe.pull ?? []).flatMap(
        ({ url, file, unpack }) => unpack ?? [file ?? path.posix.basename(url)],
      );
      // What is made by hand is named in the text.
      for (const file of usedFiles(recipe))
        expect(fetched.includes(file) || recipe.manual?.includes(file), `${name}: ${file}`).toBe(true);
      if (recipe.manual === undefined) expect(fetched.toSorted(), name).toEqual(usedFiles(recipe).toSorted());
    }
  });

  it('are checked above in every form', () => {
    const checked = new Set(
      RECIPE_CASES.map(({ recipe }) => listRecipes().find(({ name }) => name === recipe)?.family),
    );
    expect([...new Set(listRecipes().map(({ family }) => family))].filter((family) => !checked.has(family))).toEqual(
      [],
    );
  });

  it('take the categories of the three Amazon sets of the paper from where the publisher has them', async () => {
    const recipe = await readRecipe('amazon-2014:Sports_and_Outdoors');
    expect(recipe.name).toBe('amazon-2014-sports-and-outdoors');
    expect(recipe.items?.fields?.['categories']?.drop).toEqual(['Sports & Outdoors']);
    expect(recipe.pull?.map(({ url }) => url)).toEqual([
      'https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/reviews_Sports_and_Outdoors_5.json.gz',
      'https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/meta_Sports_and_Outdoors.json.gz',
    ]);
  });

  it('name the nearest to a name that is none of theirs', async () => {
    await expect(readRecipe('amazon-2014-beuty')).rejects.toThrow(DataError);
    await expect(readRecipe('amazon-2014-beuty')).rejects.toThrow('did you mean "amazon-2014-beauty"?');
    await expect(readRecipe('../recipes/yelp')).rejects.toThrow('is no recipe');
  });

  // The counts of the SOURCE.md beside the data, one review per user and item.
  testOnRealData(
    'make 294 users, 132 items and 2,027 reviews of the real Magazine Subscriptions',
    MAGAZINES,
    async (base) => {
      const out = path.join(folder, 'magazines');
      const { counts, report } = await prepareDataset(await readRecipe('amazon-2018-magazine-subscriptions'), {
        base,
        out,
      });
      expect(counts).toMatchObject({ users: 294, items: 132, interactions: 2027 });
      expect(report.map(({ what, count }) => `${what} ${count}`)).toContain(
        'rows of an item that has one already 1065',
      );
    },
  );
});

function usedFiles({ interactions, items, users }: Description): string[] {
  return [interactions, items, users].flatMap((source: SourceSpec | undefined) => source?.files ?? []);
}

/** What lies in a prepared folder, in the form of {@link Expected}, read by nothing but SQL. */
async function contents(out: string, manifest: Manifest, timesOf: string): Promise<Expected> {
  const engine = await openEngine({ tempDirectory: folder, threads: 1 });
  const table = (file: keyof typeof PREPARED_FILES): string => sqlText(path.join(out, PREPARED_FILES[file]));
  try {
    const log = await engine.rows(
      `SELECT u.token AS "user", i.token AS item, time, CAST(part AS INTEGER) AS part FROM read_parquet(${table('interactions')}, file_row_number = true) l JOIN ${table('users')} u ON u.id = l."user" JOIN ${table('items')} i ON i.id = l.item ORDER BY l.file_row_number`,
    );
    const sequences = new Map<string, string[]>();
    for (const { user, item, part } of log) {
      const shown = [`${item}`, `(${item})`, `${item}?`, `${item}!`][Number(part)] ?? '';
      sequences.set(String(user), [...(sequences.get(String(user)) ?? []), shown]);
    }
    const owners = async (owner: 'item' | 'user', names: boolean): Promise<Record<string, unknown[]>> => {
      const fields = manifest.fields.filter((field) => field.owner === owner);
      if (!names && fields.length === 0) return {};
      const values = await engine.rows(`SELECT field, id, token FROM ${table('values')}`);
      const token = (field: string, id: unknown): unknown =>
        values.find((row) => row['field'] === field && row['id'] === id)?.['token'] ?? null;
      const rows = await engine.rows(`SELECT * FROM ${table(owner === 'item' ? 'items' : 'users')} ORDER BY id`);
      return Object.fromEntries(
        rows.map((row): [string, unknown[]] => [
          String(row['token']),
          [
            ...(names ? [row['name']] : []),
            ...fields.map(({ name, kind }) => {
              const value = row[name];
              if (kind === 'numeric') return value;
              return Array.isArray(value) ? value.map((id) => token(name, id)) : token(name, value);
            }),
          ],
        ]),
      );
    };
    return {
      sequences: Object.fromEntries(Array.from(sequences, ([user, items]) => [user, items.join(' ')])),
      times: [timesOf, log.filter(({ user }) => user === timesOf).map(({ time }) => Number(time))],
      items: await owners('item', manifest.hasNames),
      users: await owners('user', false),
      quarantined: manifest.quarantined,
    };
  } finally {
    await engine.close();
  }
}
