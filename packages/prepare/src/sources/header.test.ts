// Headers as programs write them: with a cell that is empty, repeated or a number, or a delimiter too many. And rows that are none.
import { describe, expect, it } from 'vitest';
import { looksLikeHeader, nameColumns } from './header.js';
import { testBench } from './read.test.support.js';

const bench = testBench();
const cells = (text: string): string[][] => text.split('\n').map((line) => line.split(','));
const headed = (text: string): boolean => {
  const [first = [], ...rows] = cells(text);
  return looksLikeHeader(first, rows);
};
const opened = async (name: string, text: string): Promise<{ columns: string[]; rows: unknown[][]; said: string }> => {
  const source = await bench.open({ files: await bench.file(name, text) });
  return {
    columns: source.columns.map((column) => column.name),
    rows: (await bench.rows(source)).map((row) => [row[3], ...row.slice(5)]),
    said: source.report.map(({ what, why }) => `${what}: ${why}`).join('\n'),
  };
};

describe('a first line', () => {
  it.each([
    ['an empty cell', ',product_id,customer_id,rating,timestamp\n0,i09,u00,1,1700000610\n1,i01,u00,2,1700004141'],
    ['an empty cell at the end', 'user_id,item_id,timestamp,\nu00,i09,1700000610,\nu00,i01,1700004141,'],
    ['a repeated name', 'user_id,item_id,price,price\nu1,i1,3,4\nu2,i2,4,5'],
    ['names that are years', 'user_id,item_id,2019,2020\nu1,i1,3,4\nu2,i2,4,5'],
    ['features by number', 'user_id,f1,f2,f3,t\nu1,0.5,0.25,0.1,17\nu2,0.1,0.2,0.75,18'],
    ['many years', 'user_id,2019,2020,2021,2022,2023,2024\nu1,1,2,3,4,5,6\nu2,6,5,4,3,2,1'],
    ['numbers over words', 'kunde,0,1\nana,tent,red\nben,lamp,blue'],
    ['numbers that only count the columns', ',0,1,2\n0,u00,i09,1700000610\n1,u01,i08,1700000620'],
    ['usual names over words', 'customer,sku\nana,tent\nben,lamp'],
    ['words over digits', 'Kunde,Artikel,Wert\nk1,a1,5\nk2,a2,7'],
    ['a header that comes again', 'user,item\nu1,i1\nu2,i2\nuser,item\nu3,i1'],
    ['nothing below', 'user,item'],
  ])('is a header: %s', (_, text) => expect(headed(text)).toBe(true));

  it.each([
    ['numbers over numbers', '7,8,880000000\n9,8,880000001'],
    ['words over words', 'ana,tent\nben,lamp'],
    ['a name that ends like an id', 'david,tent\nmadrid,lamp\nben,lamp'],
    ['a usual name that is a value', 'u1,book,5\nu2,movie,3\nu3,song,4'],
    ['a usual name that comes again', 'ana,movie\nben,book\ncarl,movie'],
    ['ids over ids', 'u00,i09,1700000610\nu00,i01,1700004141'],
    ['a date over dates', 'ana,tent,2024-05-03\nben,lamp,2024-05-04'],
    ['an empty cell in a row', 'u1,,5\nu2,i2,3\nu3,i1,4'],
    ['numbers from 0 over numbers', '0,1,2\n3,1,4\n0,2,5'],
  ])('is a row: %s', (_, text) => expect(headed(text)).toBe(false));
});

describe('names', () => {
  const named = (text: string): unknown => {
    const [first = [], ...rows] = cells(text);
    const { names, unnamed, notes } = nameColumns(first, rows);
    return [names, [...unnamed], notes];
  };
  it.each([
    [',user,item\n0,u,i', ['column1', 'user', 'item'], [0], ['column 1 has no name: called column1']],
    ['a,A,a\n1,2,3', ['a', 'A_2', 'a_3'], [], expect.arrayContaining([expect.stringContaining('called A_2')])],
    ['a,a,a_2\n1,2,3', ['a', 'a_3', 'a_2'], [], ['column 2 is called "a" like one before it: called a_3']],
    [',column1\n1,2', ['column1_2', 'column1'], [0], expect.anything()],
    ['Unnamed: 0,user\n1,2', ['Unnamed: 0', 'user'], [0], []],
    ['a,b,\n1,2\n3,4', ['a', 'b'], [], [expect.stringContaining('the header ends with a delimiter')]],
    ['a,b,,\n1,2,,\n3,4,,', ['a', 'b'], [], [expect.stringContaining('the header ends with a delimiter')]],
    ['a,b,\n1,2,\n3,4,5', ['a', 'b', 'column3'], [2], ['column 3 has no name: called column3']],
    ['a,b\n1,2,\n3,4,', ['a', 'b'], [], [expect.stringContaining('the rows end with a delimiter')]],
    [
      'a,b\n1,x,y\n2,z,w',
      ['column1', 'a', 'b'],
      [0],
      expect.arrayContaining([expect.stringContaining('2 names for 3 cells')]),
    ],
    [
      ',0,1\n0,x,y',
      ['column1', 'column2', 'column3'],
      [0, 1, 2],
      expect.arrayContaining(['the header only numbers the columns']),
    ],
  ])('of %j', (text, names, unnamed, notes) => expect(named(text)).toEqual([names, unnamed, notes]));
});

describe('a file', () => {
  it('with a delimiter too many in the header, in the rows, or in some of them alone keeps its rows', async () => {
    for (const [name, text] of [
      ['header', 'user,item,\nu1,i1\nu2,i2\n'],
      ['rows', 'user,item\nu1,i1,\nu2,i2,\n'],
      ['both', 'user,item,\nu1,i1,\nu2,i2,\n'],
      ['some', 'user,item\nu1,i1\nu2,i2, ,\n'],
      ['quoted', '"user","item",\n"u1","i1",\n"u2","i2",\n'],
    ] as const) {
      const { columns, rows } = await opened(`trailing-${name}.csv`, text);
      expect(columns).toEqual(['user', 'item']);
      expect(rows).toEqual([
        [null, 'u1', 'i1'],
        [null, 'u2', 'i2'],
      ]);
    }
  });

  it('says which names it made up, and is read the same with what is then said of it', async () => {
    const files = await bench.file('made.csv', ',user_id,item_id,item_id\n0,u1,i1,x\n1,u2,i2,y\n');
    const source = await bench.open({ files });
    expect(source.report.map(({ why }) => why)).toEqual(
      expect.arrayContaining([
        'column 1 has no name: called column1',
        'column 4 is called "item_id" like one before it: called item_id_2',
      ]),
    );
    expect(source.columns).toEqual([
      { name: 'column1', type: 'text', unnamed: true },
      ...['user_id', 'item_id', 'item_id_2'].map((name) => ({ name, type: 'text' })),
    ]);
    const again = await bench.open(source.spec);
    expect(again.columns).toEqual(source.columns);
    expect(await bench.rows(again)).toEqual(await bench.rows(source));
  });

  it('whose first of several has the header alone is read with it; another order of columns is refused', async () => {
    await bench.file('part-1.csv', 'user,item,time\nu1,i1,1700000000\nu2,i2,1700000001\n');
    await bench.file('part-2.csv', '\uFEFFu3,i3,1700000002\nu4,i4,1700000003\n');
    await bench.file('part-3.csv', '\uFEFFuser,item,time\r\nu5,i5,1700000004\r\n');
    const source = await bench.open({ files: 'part-*.csv' });
    expect((await bench.rows(source)).map((row) => row[5])).toEqual(['u1', 'u2', 'u3', 'u4', 'u5']);
    expect(source.report.at(-1)?.why).toMatch(/^part-2\.csv begins with a row/);
    await bench.file('part-4.csv', 'item,time,user\ni5,1700000004,u5\n');
    await expect(bench.open({ files: 'part-*.csv' })).rejects.toThrow(
      /part-4\.csv, line 1: has the columns item, time/,
    );
  });

  it('that was put together of several sets their headers aside, plain and quoted', async () => {
    for (const quote of ['', '"']) {
      const line = (...parts: string[]): string => parts.map((part) => quote + part + quote).join(',');
      const text = [line('user', 'item'), line('u1', 'i1'), line('user', 'item'), line('u2', 'i2')].join('\n');
      const { rows } = await opened(`together${quote}.csv`.replace('"', '-q'), text);
      expect(rows).toEqual([
        [null, 'u1', 'i1'],
        ['header', null, null],
        [null, 'u2', 'i2'],
      ]);
    }
  });
});
