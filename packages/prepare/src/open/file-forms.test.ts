// Atomic and S3-Rec files through the one door: columns, fields, names, and every mistake with its place and cure.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError, type DataProblem, type Dataset, itemCategories, sequenceAt } from '@difsr/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../engine/engine.js';
import { writeTexts } from '../prepare/prepare.test.support.js';
import { openDataset, type OpenDatasetOptions } from './open-dataset.js';

let engine: Engine;
let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'difsr-forms-'));
  engine = await openEngine({ threads: 1 });
});
afterAll(async () => {
  await engine.close();
  await rm(cache, { recursive: true });
});

/** Files called x with these endings. */
type Texts = Readonly<Record<`.${string}` | `_${string}`, string>>;

async function load(texts: Texts, options: OpenDatasetOptions = {}): Promise<Dataset> {
  const files = Object.fromEntries(Object.entries(texts).map(([ending, text]) => [`x${ending}`, text]));
  const { dataset } = await openDataset(path.join(await writeTexts(files), 'x'), { engine, cache, ...options });
  if ('store' in dataset) throw new TypeError('sequences are on disk');
  return dataset;
}

async function problemsOf(texts: Texts, options: OpenDatasetOptions = {}): Promise<readonly DataProblem[]> {
  const error: unknown = await load(texts, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof DataError)) throw new Error('no DataError was thrown', { cause: error });
  return error.problems.map((problem) => ({ ...problem, file: path.basename(problem.file) }));
}

function namesOf({ fields }: Pick<Dataset, 'fields'>): readonly string[] {
  return fields.map(({ name }) => name);
}

const INTER = 'user_id:token\titem_id:token\ttimestamp:float\nu1\ta\t2\nu1\tb\t1\nu2\ta\t5\n';

describe('atomic files', () => {
  it('have columns by name, in any order, and their form for a format', async () => {
    const shuffled =
      'rating:float\ttimestamp:float\titem_id:token\tuser_id:token\n4\t2\ta\tu1\n5\t1\tb\tu1\n3\t5\ta\tu2\n';
    const [one, two] = [await load({ '.inter': shuffled }), await load({ '.inter': INTER })];
    expect(one.sequences).toEqual(two.sequences);
    expect(two).toMatchObject({ name: 'x', format: 'recbole' });
  });

  it('may have unusual columns, that are given', async () => {
    const dataset = await load(
      {
        '.inter': 'who:token\twhat:token\twhen:float\nu\ta\t2\nu\tb\t1\n',
        '.item': 'what:token\ttag:token\na\tt\nb\tt2\n',
      },
      { columns: { user: 'who', item: 'what', time: 'when' } },
    );
    expect(dataset.items.tokens[sequenceAt(dataset.sequences, 0)[0] ?? 0]).toBe('b');
    expect(namesOf(dataset)).toEqual(['tag']);
  });

  const ids = Array.from({ length: 30 }, (_, index) => `i${index}`);
  const rich: Texts = {
    '.inter': `user_id:token\titem_id:token\trating:float\n${ids.map((id, index) => `u${index % 2}\t${id}\t${index % 5}\n`).join('')}`,
    '.item':
      'title:token_seq\titem_id:token\tsku:token\tbrand:token\tprice:float\tempty:token\ttags:token_seq\n' +
      ids.map((id, i) => `Name of ${id}\t${id}\tS-${i}\tb${i % 3}\t${i}.5\t\tt${i % 5} t${i % 2}\n`).join(''),
    '.user': 'user_id:token\tgender:token\nu0\tf\nu1\tm\n',
  };

  it('give the categories of items as fields; what else there is, is said, and comes where it is asked for', async () => {
    const dataset = await load(rich);
    expect(itemCategories(dataset).map(({ name, kind }) => [name, kind])).toEqual([
      ['brand', 'categorical'],
      ['tags', 'multi-categorical'],
    ]);
    expect(namesOf(dataset)).toEqual(['brand', 'tags']);
    expect(dataset.itemNames?.[1]).toBe('Name of i0');
    expect(dataset.report).toContainEqual(
      expect.objectContaining({ what: 'fields left out: price, rating, gender', count: 3 }),
    );
    expect(namesOf(await load(rich, { fields: ['rating', 'brand'] }))).toEqual(['rating', 'brand']);
    expect(namesOf(await load(rich, { fields: [] }))).toEqual([]);
  });

  it('of which a field is asked for that there is not, name the nearest, or why its column serves for none', async () => {
    expect((await problemsOf(rich, { fields: ['brnd'] }))[0]?.cure).toBe('did you mean brand?');
    const [problem] = await problemsOf(rich, { fields: ['sku'] });
    expect(problem?.message).toMatch(/is no field of the data set; there are brand, price, tags, rating, gender/);
    expect(problem?.cure).toMatch(/^column "sku" is not used: .*\b30\b.*; to use it all the same, describe the files/);
  });

  it('have quoted names for values, or fragments of them as the published code has', async () => {
    const texts: Texts = {
      '.inter': INTER,
      '.item':
        "item_id:token\tcategories:token_seq\na\t'Beauty', 'Creams, Gels & Lotions', \"Women's\"\nb\t'Beauty', 'Hair Care'\n",
    };
    const valuesOf = (dataset: Dataset): readonly string[] => itemCategories(dataset)[0]?.vocabulary.tokens ?? [];
    expect(valuesOf(await load(texts))).toContain('Creams, Gels & Lotions');
    const fragments = await load(texts, { categoryText: 'fragments' });
    expect(valuesOf(fragments).slice(1, 6)).toEqual(["'Beauty',", "'Creams,", 'Gels', '&', "Lotions',"]);
  });

  const header = 'user_id:token\titem_id:token\ttimestamp:float\n';
  it.each<[inter: string, line: number | undefined, message: RegExp]>([
    ['', undefined, /the file is empty/],
    ['user_id\titem_id:token\n', 1, /is not name:type/],
    ['user_id:token\titem_id:tokens\n', 1, /is not name:type/],
    [`${header}u\ta\tnoon\nu\ta\t1\n`, undefined, /is not a time that is known/],
    [`${header}u\ta\nu\ta\t1\n`, 2, /has another number of cells than the header/],
    [`${header}u\ta\t1\t2\nu\ta\t1\n`, 2, /has another number of cells than the header/],
    [`${header}\ta\t1\nu\ta\t1\n`, 2, /the user id is empty/],
    [header, undefined, /holds no rows/],
  ])('that are malformed are refused: %j', async (inter, line, message) => {
    const [problem] = await problemsOf({ '.inter': inter });
    expect([problem?.file, problem?.line]).toEqual(['x.inter', line]);
    expect(problem?.message).toMatch(message);
    expect(problem?.cure).not.toBe('');
  });
});

describe('S3-Rec files', () => {
  const TEXT = '1 1 2 3\n2 2 4\n3 1 2 3\n';

  it('give users, sequences in order, and attributes numbered in the order of the file', async () => {
    const dataset = await load({
      '.txt': TEXT,
      '_item2attributes.json': '{"4": [9, 8], "1": [7], "3": [9], "2": [7]}',
    });
    expect(dataset.users.tokens).toEqual(['[PAD]', '1', '2', '3']);
    expect([...sequenceAt(dataset.sequences, 1)]).toEqual([2, 4]);
    expect(itemCategories(dataset)[0]?.vocabulary.tokens).toEqual(['[PAD]', '9', '8', '7']);
    expect(dataset).toMatchObject({ name: 'x', format: 's3rec' });
  });

  it('keep an attribute that every item has: published counts have it', async () => {
    const dataset = await load({ '.txt': '1 1 2\n2 2 1\n', '_item2attributes.json': '{"1": [5, 2], "2": [6, 2]}' });
    expect(itemCategories(dataset)[0]?.vocabulary.tokens).toEqual(['[PAD]', '5', '2', '6']);
  });

  it('leave out items that nobody took, with their attributes', async () => {
    const dataset = await load({
      '.txt': '1 1 2\n2 2 1\n',
      '_item2attributes.json': '{"1": [5], "2": [5], "77": [6]}',
    });
    expect(dataset.items.size - 1).toBe(2);
    expect(itemCategories(dataset)[0]?.vocabulary.tokens).toEqual(['[PAD]', '5']);
  });

  it('may have packed attributes beside a plain log', async () => {
    const folder = await writeTexts({ 'x.txt': '1 1 2\n2 2 1\n' });
    await writeFile(path.join(folder, 'x_item2attributes.json.gz'), gzipSync('{"1": [5], "2": [6]}'));
    const { dataset } = await openDataset(path.join(folder, 'x'), { engine, cache });
    expect(namesOf(dataset)).toEqual(['attributes']);
  });

  it('need the attributes, unless no fields are asked for', async () => {
    const [problem] = await problemsOf({ '.txt': TEXT });
    expect(problem).toMatchObject({ file: 'x_item2attributes.json', message: 'no such file' });
    expect(String(problem?.cure)).toContain('load the data set without attributes');
    expect(namesOf(await load({ '.txt': TEXT }, { fields: [] }))).toEqual([]);
  });

  it.each<[text: string, line: number, message: RegExp]>([
    ['1\t2\t3\n2 3\n', 1, /is not a user and its items/],
    ['1 2\n2 x7 3\n', 2, /is not a user and its items/],
    ['1 2\n2 0\n', 2, /is not a user and its items/],
    ['1 2\n2\n', 2, /is not a user and its items/],
    ['1 2\n1 3\n', 2, /is a user that line 1 has already/],
  ])('that are malformed are refused: %j', async (text, line, message) => {
    const [problem] = await problemsOf({ '.txt': text }, { fields: [] });
    expect([problem?.file, problem?.line]).toEqual(['x.txt', line]);
    expect(problem?.message).toMatch(message);
  });
});
