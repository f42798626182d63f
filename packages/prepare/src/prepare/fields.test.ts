// Fields of every kind and owner: how cells become values, and how they are numbered and stored.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FieldSpec } from '../description/types.js';
import { itemCategories } from '@difsr/data';
import { openEngine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';

import {
  type Prepared,
  prepareIn,
  prepareTexts,
  rowsOf,
  shareEngine,
  testFolder,
  valuesOf,
  written,
} from './prepare.test.support.js';

shareEngine();

const LOG = { files: 'log.csv', user: 'user', item: 'item', time: 'time' } as const;

/** Prepares a catalogue of one column of cells, items a, b, c, .. each with an interaction. */
async function catalogue(cells: readonly unknown[], field: FieldSpec): Promise<Prepared> {
  const ids = cells.map((_, index) => String.fromCodePoint(97 + index));
  return prepareTexts(
    {
      'log.csv': ['user,item,time', ...ids.map((id, index) => `u,${id},${index}`)].join('\n'),
      'items.jsonl': ids.map((id, index) => JSON.stringify({ id, x: cells[index] })).join('\n'),
    },
    { interactions: LOG, items: { files: 'items.jsonl', id: 'id', fields: { x: field } } },
  );
}

async function valuesOfCells(cells: readonly unknown[], field: FieldSpec): Promise<Record<string, string[]>> {
  return valuesOf((await catalogue(cells, field)).dataset, 'x');
}

describe('several values in a cell', () => {
  it('of text stand between separators, each once, without empty ones', async () => {
    expect(await valuesOfCells(['x y  x', '', ' z '], { kind: 'multi-categorical' })).toEqual({
      a: ['x', 'y'],
      c: ['z'],
    });
    expect(
      await valuesOfCells(['Hair Care, Beauty,', 'Beauty'], { kind: 'multi-categorical', separator: ',' }),
    ).toEqual({
      a: ['Hair Care', 'Beauty'],
      b: ['Beauty'],
    });
  });

  it('of lists keep all digits of whole numbers', async () => {
    const { dataset } = await prepareTexts(
      {
        'log.csv': 'user,item,time\nu,a,1\nu,b,2\nv,a,3',
        'items.jsonl':
          '{"id": "a", "x": [9007199254740993, 9007199254740992, 7]}\n{"id": "b", "x": [18446744073709551615, 9007199254740993]}',
      },
      { interactions: LOG, items: { files: 'items.jsonl', id: 'id', fields: { x: { kind: 'multi-categorical' } } } },
    );
    expect(valuesOf(dataset, 'x')).toEqual({
      a: ['9007199254740993', '9007199254740992', '7'],
      b: ['18446744073709551615', '9007199254740993'],
    });
  });

  it('of lists need no separator, and lists in lists are one; a name keeps its commas', async () => {
    const cells = [
      [
        ['Beauty', 'Creams, Gels & Lotions'],
        ['Beauty', 'Nails'],
      ],
      ['Nails', null, 7, ''],
      [],
      null,
    ];
    expect(await valuesOfCells(cells, { kind: 'multi-categorical' })).toEqual({
      a: ['Beauty', 'Creams, Gels & Lotions', 'Nails'],
      b: ['Nails', '7'],
    });
  });

  it('of quoted names are names, unless parts between spaces are asked for', async () => {
    const cells = [`'Hair Care', 'Creams, Gels & Lotions'`, `"Children's", 'Beauty'`];
    const kind = 'multi-categorical';
    expect(await valuesOfCells(cells, { kind })).toEqual({
      a: ['Hair Care', 'Creams, Gels & Lotions'],
      b: [`Children's`, 'Beauty'],
    });
    const parts = await valuesOfCells(cells, { kind, names: false });
    expect(parts['a']).toEqual([`'Hair`, `Care',`, `'Creams,`, 'Gels', '&', `Lotions'`]);
  });

  it('leave out what says nothing, what is rare, and what is debris of a page', async () => {
    const cells = [
      ['All', 'x &amp; y', '<span class="a">z</span>'],
      ['All', 'x & y'],
      ['All', 'once'],
      ['.a { color: red }'],
    ];
    const { dataset, manifest } = await catalogue(cells, {
      kind: 'multi-categorical',
      drop: ['All'],
      html: 'decode',
      minItems: 2,
    });
    expect(valuesOf(dataset, 'x')).toEqual({ a: ['x & y'], b: ['x & y'] });
    expect(manifest.report).toContainEqual({
      kind: 'dropped',
      what: 'values of field "x"',
      count: 1,
      why: 'on fewer than 2 items',
    });
    expect(manifest.report).toContainEqual(
      expect.objectContaining({ what: 'items without a value in field "x"', count: 2 }),
    );
    expect(manifest.fields).toEqual([{ name: 'x', owner: 'item', kind: 'multi-categorical', values: 1, maxValues: 1 }]);
  });
});

describe('one value in a cell', () => {
  it('is the whole cell, spaces included, numbered in the order of the catalogue', async () => {
    const { dataset } = await catalogue(['Big Co', 'Acme', '', 'Big Co', '10'], { kind: 'categorical' });
    expect(itemCategories(dataset)[0]?.vocabulary.tokens).toEqual(['[PAD]', 'Big Co', 'Acme', '10']);
    expect(valuesOf(dataset, 'x')).toEqual({ a: ['Big Co'], b: ['Acme'], d: ['Big Co'], e: ['10'] });
  });
});

describe('numbers', () => {
  it('stay numbers, or become equally filled ranges named by their bounds', async () => {
    const cells = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0.1, ''];
    const numeric = await catalogue(cells, { kind: 'numeric' });
    const stored = await rowsOf(numeric.out, 'items', 'x');
    expect(stored.map(({ x }) => x)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 0.1, null]);
    expect(numeric.dataset.fields).toEqual([
      { name: 'x', owner: 'item', kind: 'numeric', values: Float32Array.of(NaN, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0.1, NaN) },
    ]);
    const ranges = await valuesOfCells(cells, { kind: 'numeric', bins: 2 });
    // Ten numbers: five below the middle, five from it on.
    const counts = new Map<string, number>();
    for (const [value = ''] of Object.values(ranges)) counts.set(value, (counts.get(value) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual(['0.1..5', '5..9']);
    expect(Math.abs((counts.get('0.1..5') ?? 0) - (counts.get('5..9') ?? 0))).toBeLessThanOrEqual(2);
    expect(ranges['j']).toEqual(['0.1..5']);
    expect(ranges['i']).toEqual(['5..9']);
    expect(ranges['k']).toBeUndefined();
  });

  it('that are all the same make one range', async () => {
    expect(await valuesOfCells([3, 3, ''], { kind: 'numeric', bins: 4 })).toEqual({ a: ['3'], b: ['3'] });
  });

  it('fall into the range whose lower bound they are, to the last bit', async () => {
    const cells = [0.1, 0.2, 0.1 + 0.2, 0.3, 0.30000000000000004, 0.4];
    const ranges = Object.values(await valuesOfCells(cells, { kind: 'numeric', bins: 6 }));
    for (const [index, [range = '']] of ranges.entries()) {
      const [low = Number.NaN, high = Number.NaN] = range.split('..').map(Number);
      expect(cells[index]).toBeGreaterThanOrEqual(low);
      expect(cells[index]).toBeLessThanOrEqual(high);
    }
    expect(ranges[2]).toEqual(ranges[4]);
    expect(ranges[2]).not.toEqual(ranges[3]);
  });
});

describe('vectors', () => {
  it('are lists or text, all of one length; other lengths are set aside, empty cells are none', async () => {
    for (const cells of [
      [[0.5, 1], [0.5, 0.5], null, [1, 2, 3]],
      ['0.5 1', '0.5  0.5', '', '1 2 3'],
    ]) {
      const { manifest, out } = await catalogue(cells, { kind: 'vector' });
      expect(manifest.fields).toEqual([{ name: 'x', owner: 'item', kind: 'vector', values: 2 }]);
      expect(manifest.quarantined).toBe(1);
      const rows = await rowsOf(out, 'items', 'token, x');
      expect(rows.map(({ x }) => x)).toEqual([[0.5, 1], [0.5, 0.5], null, null]);
    }
  });
});

it('vectors with NaN, infinity or null in them are none; their items stay', async () => {
  for (const cells of [
    [
      [0.5, 1],
      [Number.NaN, 0.5],
      [1, null],
      [0.25, 2],
    ],
    ['0.5 1', 'NaN 0.5', '-inf 1', '0.25 2'],
  ]) {
    const { manifest, out } = await catalogue(cells, { kind: 'vector' });
    expect(manifest.quarantined).toBe(0);
    expect((await rowsOf(out, 'items', 'x')).map(({ x }) => x)).toEqual([[0.5, 1], null, null, [0.25, 2]]);
    expect(manifest.report).toContainEqual({
      kind: 'noted',
      what: 'cells of field "x" that stand for no value',
      count: 2,
      why: 'their rows stay: NaN, infinity or null among the numbers (2)',
    });
  }
  const { manifest } = await catalogue(
    [
      [0.5, 1],
      ['x', 1],
      [1, 2],
      [0.25, 2],
    ],
    { kind: 'vector' },
  );
  expect(manifest.quarantined).toBe(1);
});

describe('fields of interactions and users', () => {
  it('of every kind stand beside their owner, numbered by first appearance', async () => {
    const { manifest, out } = await prepareTexts(
      {
        'log.csv': [
          'user,item,time,action,tags,stars,where',
          'u,a,2,buy,y|x,5,0 1',
          'u,b,1,view,x|z,,1 1',
          'v,a,3,,,4.5,',
          'v,b,4,buy,x,1,2 2',
        ].join('\n'),
        'people.csv': 'id,city,likes,age\nv,Oslo,a b,30\nu,Rome,,20',
      },
      {
        interactions: {
          ...LOG,
          fields: {
            action: { kind: 'categorical' },
            tags: { kind: 'multi-categorical', separator: '|' },
            stars: { kind: 'numeric' },
            level: { column: 'stars', kind: 'numeric', bins: 2 },
            where: { kind: 'vector' },
          },
        },
        users: {
          files: 'people.csv',
          id: 'id',
          fields: { city: { kind: 'categorical' }, likes: { kind: 'multi-categorical' }, age: { kind: 'numeric' } },
        },
      },
    );
    const values = await rowsOf(out, 'values', 'owner, field, id, token');
    const tokens = (owner: string, field: string): unknown[] =>
      values.filter((row) => row['owner'] === owner && row['field'] === field).map(({ token }) => token);
    // The first row of the file comes first, though it is the second of its user.
    expect(tokens('interaction', 'action')).toEqual(['buy', 'view']);
    expect(tokens('interaction', 'tags')).toEqual(['y', 'x', 'z']);
    expect(tokens('user', 'city')).toEqual(['Oslo', 'Rome']);
    expect(await written(out, 'users.token', 'items.token', 'action', 'tags', 'stars', '"where"')).toEqual([
      ['u', 'b', 2, [2, 3], null, [1, 1]],
      ['u', 'a', 1, [1, 2], 5, [0, 1]],
      ['v', 'a', 0, [], 4.5, null],
      ['v', 'b', 1, [2], 1, [2, 2]],
    ]);
    expect(await rowsOf(out, 'users', 'token, city, likes, age')).toEqual([
      { token: 'u', city: 2, likes: [], age: 20 },
      { token: 'v', city: 1, likes: [1, 2], age: 30 },
    ]);
    const kinds = Object.fromEntries(manifest.fields.map(({ name, owner, kind }) => [`${owner} ${name}`, kind]));
    expect(kinds).toEqual({
      'interaction action': 'categorical',
      'interaction tags': 'multi-categorical',
      'interaction stars': 'numeric',
      'interaction level': 'categorical',
      'interaction where': 'vector',
      'user city': 'categorical',
      'user likes': 'multi-categorical',
      'user age': 'numeric',
    });
  });
});

describe('columns of tables', () => {
  it('give the same values as text: lists of names, numbers, vectors', async () => {
    const base = await testFolder();
    const engine = await openEngine({ threads: 1 });
    try {
      const to = (name: string): string => `${sqlText(path.join(base, name))} (FORMAT parquet)`;
      await engine.run(`COPY (SELECT 7 AS "user", 'a' AS item, 5 AS "time") TO ${to('log.parquet')}`);
      await engine.run(
        `COPY (SELECT 'a' AS id, ['Hair Care', 'x, y', NULL] AS names, 2.5::FLOAT AS price, [1.5, 2]::DOUBLE[] AS vector, 10 AS code) TO ${to('items.parquet')}`,
      );
    } finally {
      await engine.close();
    }
    const { dataset, out } = await prepareIn(base, {
      interactions: { ...LOG, files: 'log.parquet' },
      items: {
        files: 'items.parquet',
        id: 'id',
        fields: {
          names: { kind: 'multi-categorical' },
          price: { kind: 'numeric' },
          vector: { kind: 'vector' },
          code: { kind: 'categorical' },
        },
      },
    });
    expect(dataset.users.tokens).toEqual(['[PAD]', '7']);
    expect(valuesOf(dataset, 'names')).toEqual({ a: ['Hair Care', 'x, y'] });
    expect(valuesOf(dataset, 'code')).toEqual({ a: ['10'] });
    expect(await rowsOf(out, 'items', 'price, vector')).toEqual([{ price: 2.5, vector: [1.5, 2] }]);
  });
});
