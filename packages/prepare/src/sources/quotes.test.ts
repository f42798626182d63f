// A quote that runs on over lines: a cell with line ends, or a stray one.
import { expect, it } from 'vitest';
import { testBench } from './read.test.support.js';

const bench = testBench();
const lines = (count: number, line: (row: number) => string): string[] =>
  Array.from({ length: count }, (_, row) => line(row));
/** Line, problem and cells of every record, and what was said. */
const read = async (name: string, rows: readonly string[]): Promise<{ records: unknown[][]; said: string[] }> => {
  const source = await bench.open({ files: await bench.file(name, `${rows.join('\n')}\n`) });
  return {
    records: (await bench.rows(source)).map((row) => [row[2], row[3], ...row.slice(5)]),
    said: source.report.filter(({ kind }) => kind === 'noted').map(({ why }) => why),
  };
};

it.each([
  ['near', 3],
  ['far', 400],
])('sets a stray quote aside that meets another %s below, and keeps every row between', async (name, apart) => {
  for (const delimiter of ['\t', ',', ';', '|']) {
    const row = (index: number): string =>
      [`u${index % 7}`, 'lamp', `i${index % 9}`, 1_700_000_000 + index].join(delimiter);
    const rows = [['user_id', 'query', 'item_id', 'timestamp'].join(delimiter), ...lines(apart + 20, row)];
    rows[5] = ['u1', '"camp stove', 'i2', 1_700_000_001].join(delimiter);
    rows[5 + apart] = ['u2', 'lamp"', 'i3', 1_700_000_002].join(delimiter);
    const { records, said } = await read(`${name}-${delimiter.charCodeAt(0)}.csv`, rows);
    expect(records).toHaveLength(apart + 20);
    expect(records.filter(([, problem]) => problem !== null).map(([line]) => line)).toEqual([6]);
    expect(records.find(([line]) => line === 6 + apart)?.slice(2)).toEqual(['u2', 'lamp"', 'i3', '1700000002']);
    expect(said).toEqual([]);
  }
});

it('sets a stray quote aside in a file with empty lines between its rows', async () => {
  const row = (index: number): string => `u${index % 7},lamp,i${index % 9},${1_700_000_000 + index}`;
  const rows = ['user_id,query,item_id,timestamp', ...lines(60, row)];
  rows[20] = 'u1,"camp stove,i2,1700000001';
  rows[50] = 'u2,lamp",i3,1700000002';
  const { records } = await read(
    'apart.csv',
    rows.flatMap((each) => [each, '']),
  );
  expect(records).toHaveLength(60);
  expect(records.filter(([, problem]) => problem !== null).map(([line]) => line)).toEqual([41]);
});

it('sets both aside where both open a cell, also on neighbouring rows and on the first', async () => {
  const { records } = await read('both.tsv', [
    'item_id\ttitle\tgenre',
    'i00\t"half\tDrama',
    'i01\t"tail\tMusical',
    ...lines(8, (row) => `i1${row}\tThing ${row}\tDrama`),
    'i20\t"open\tDrama',
    'i21\ttail"\tMusical',
  ]);
  expect(records.filter(([, problem]) => problem !== null).map(([line]) => line)).toEqual([2, 3, 12]);
  expect(records).toHaveLength(12);
});

it('reads cells over several lines, prose with the delimiter and as many cells as a row included, and says how many', async () => {
  const { records, said } = await read('prose.csv', [
    'item_id,description,price',
    ...lines(6, (row) => `i0${row},Thing ${row},${row}.50`),
    'i10,"Soft, warm, light',
    'Red, green, blue',
    '',
    'He said ""go"", then, went',
    'One, two, three",9.50',
    'i11,"two',
    'lines",8.25',
    'i12,plain,7.00',
  ]);
  expect(records.slice(6)).toEqual([
    [8, null, 'i10', 'Soft, warm, light\nRed, green, blue\n\nHe said "go", then, went\nOne, two, three', '9.50'],
    [13, null, 'i11', 'two\nlines', '8.25'],
    [15, null, 'i12', 'plain', '7.00'],
  ]);
  expect(said).toEqual(['quoted cells with line ends: 2 rows on 7 lines']);
});

it('reads cells over several lines from the first row on, and where every row has one', async () => {
  const { records } = await read('all.csv', [
    'sku,text',
    ...lines(30, (row) => `s${row},"Wash cold, dry\nflat, ""gently""\nand, iron"`),
  ]);
  expect(records).toHaveLength(30);
  expect(records[29]).toEqual([89, null, 's29', 'Wash cold, dry\nflat, "gently"\nand, iron']);
});

it('takes lines in quotes throughout for text, whatever it looks like', async () => {
  const { records } = await read('quoted.csv', [
    '"user","item"',
    ...lines(6, (row) => `"u${row}","i${row}"`),
    '"u9","i1',
    'u2,i2',
    'u3,i3',
    'u4,i4"',
  ]);
  expect(records.at(-1)).toEqual([8, null, 'u9', 'i1\nu2,i2\nu3,i3\nu4,i4']);
});

it('reads a header over several lines, and names the line of one that is never closed', async () => {
  const { records } = await read('headed.csv', ['"User\nid",item', 'u1,i1', 'u2,i2']);
  expect(records.map((row) => row.slice(2))).toEqual([
    ['u1', 'i1'],
    ['u2', 'i2'],
  ]);
  const stray = ['"user,item,time', ...lines(9, (row) => `u${row},i${row},${row}`), 'u1,i1",7'];
  await expect(read('unclosed.csv', stray)).rejects.toThrow(/line 1: .* is the header and cannot be read \(a quote/);
});
