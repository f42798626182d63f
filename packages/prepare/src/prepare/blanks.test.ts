// Values that differ in blanks, or in the form of their letters, are one; what was tidied is counted and shown.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FieldSpec } from '../description/types.js';
import { itemCategories } from '@difsr/data';
import { openEngine } from '../engine/engine.js';
import { tidySql, tidyText } from '../tidy-text.js';
import { type Prepared, prepareTexts, shareEngine, valuesOf } from './prepare.test.support.js';

shareEngine();

async function catalogue(cells: readonly string[], field: FieldSpec): Promise<Prepared & { values: string[][] }> {
  // Of text files blanks around cells are gone before.
  const prepared = await prepareTexts(
    {
      'log.csv': `user,item,time\n${cells.flatMap((_, item) => [`u,i${item},${item}`, `v,i${item},${item}`]).join('\n')}\n`,
      'items.jsonl': cells.map((brand, item) => JSON.stringify({ id: `i${item}`, brand })).join('\n'),
    },
    {
      interactions: { files: 'log.csv', user: 'user', item: 'item', time: 'time' },
      items: { files: 'items.jsonl', id: 'id', fields: { brand: field } },
    },
  );
  const found = valuesOf(prepared.dataset, 'brand');
  return { ...prepared, values: cells.map((_, item) => found[`i${item}`] ?? []) };
}

const WHAT = 'cells of field "brand" with blanks too many, or with letters in another form of Unicode';

describe('blanks', () => {
  test('around, doubled and unbroken make no other value; the first such cell is shown', async () => {
    const cells = [
      'Lumo',
      'Lumo ',
      ' Lumo',
      'Lumo\u00a0',
      '\u200bLumo',
      'Blue Oak',
      'Blue  Oak',
      'Blue\u00a0Oak',
      'Blue\tOak',
      ' ',
    ];
    const lumo = Array.from({ length: 5 }, () => ['Lumo']);
    const oak = Array.from({ length: 4 }, () => ['Blue Oak']);
    for (const more of [{}, { drop: ['x'] }, { html: 'decode' }] as const) {
      const { values, manifest, dataset } = await catalogue(cells, { kind: 'categorical', ...more });
      expect(values).toEqual([...lumo, ...oak, []]);
      expect(itemCategories(dataset)[0]?.vocabulary.size).toBe(3);
      expect(manifest.report).toContainEqual({ kind: 'noted', what: WHAT, count: 7, why: '"Lumo " counts as "Lumo"' });
    }
  });

  test('in lists, where those beside a separator say nothing', async () => {
    const { values, manifest } = await catalogue(['red, blue', 'red , blue', 'light  red, blue', 'light red'], {
      kind: 'multi-categorical',
      separator: ',',
    });
    expect(values).toEqual([['red', 'blue'], ['red', 'blue'], ['light red', 'blue'], ['light red']]);
    expect(manifest.report).toContainEqual({
      kind: 'noted',
      what: WHAT,
      count: 1,
      why: '"light  red, blue" is read without them',
    });
  });

  test('letters that are composed otherwise are the same letters', async () => {
    const cells = ['Café', 'Cafe\u0301'];
    const { values, manifest } = await catalogue(cells, { kind: 'categorical' });
    expect(values).toEqual([['Café'], ['Café']]);
    expect(manifest.report).toContainEqual(
      expect.objectContaining({ what: WHAT, count: 1, why: '"Cafe\\u0301" counts as "Café"' }),
    );
  });

  test('a value to drop is compared in the same way', async () => {
    const { values } = await catalogue(['new  in', 'old'], { kind: 'categorical', drop: ['new  in'] });
    expect(values).toEqual([[], ['old']]);
  });
});

test('tidying is the same in SQL and in TypeScript', async () => {
  const engine = await openEngine({ threads: 1 });
  try {
    const pieces = fc.constantFrom(
      'a',
      'é',
      'e\u0301',
      ' ',
      '  ',
      '\t',
      '\n',
      '\u00a0',
      '\u2003',
      '\u200b',
      '\ufeff',
      '\u00ad',
      '\u3000',
      '한',
      '\u1112\u1161',
    );
    const texts = fc.sample(fc.string({ unit: pieces, minLength: 1, maxLength: 8 }), 2000);
    await engine.run('CREATE TABLE texts (place INTEGER, cell VARCHAR)');
    const rows = texts.map((text, place) => `(${place}, '${text}')`).join(', ');
    await engine.run(`INSERT INTO texts VALUES ${rows}`);
    const tidied = await engine.rows(`SELECT ${tidySql('cell')} AS cell FROM texts ORDER BY place`);
    expect(tidied.map(({ cell }) => cell ?? '')).toEqual(texts.map(tidyText));
  } finally {
    await engine.close();
  }
});
