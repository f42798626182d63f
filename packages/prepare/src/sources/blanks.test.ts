// Blanks around cells, blanks between cells, and lines in front of the header.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { testBench } from './read.test.support.js';

const bench = testBench();
const HEADER = ['user_id', 'item_id', 'timestamp'];
const ROWS = [
  ['u00', 'i09', '1700000610'],
  ['u00', 'i01', '1700004141'],
  ['u01', 'i07', '1700005245'],
];
const table = (glue: string, cell = (text: string): string => text): string =>
  `${[HEADER, ...ROWS].map((row) => row.map(cell).join(glue)).join('\n')}\n`;
const opened = async (
  name: string,
  content: string | Uint8Array,
): Promise<{ rows: unknown; said: string[]; delimiter: unknown }> => {
  const source = await bench.open({ files: await bench.file(name, content) });
  const again = await bench.open({ ...source.spec });
  const rows = (await bench.rows(source)).map((row) => row.slice(5));
  expect(source.columns.map((column) => column.name)).toEqual(HEADER);
  // What is said of the file reads it again.
  expect((await bench.rows(again)).map((row) => row.slice(5))).toEqual(rows);
  return { rows, said: source.report.map(({ what, why }) => `${what}: ${why}`), delimiter: source.spec.delimiter };
};

describe('blanks around cells', () => {
  it.each([
    ['behind the delimiter', table(', ')],
    ['before and behind it, several', table('  ,   ')],
    ['blanks and tabs around tabs', table(' \t ')],
    ['behind it, cells in quotes', table(', ', (text) => `"${text}"`)],
    ['before it, cells in quotes', table(' , ', (text) => `"${text}"`)],
    ['within quotes', table(',', (text) => `" ${text} "`)],
    ['at the ends of lines', table(',').replaceAll('\n', '  \n')],
    ['in front of lines', table(',').replaceAll(/^(?=.)/gm, '  ')],
    ['in a file of Windows', table(', ').replaceAll('\n', '\r\n')],
    ['of old Macs', table('; ').replaceAll('\n', '\r')],
    ['without a last line end', table(' | ').trimEnd()],
    ['behind tabs', table('\t ')],
  ])('are no part of them: %s', async (name, text) => {
    for (const [ending, content] of [
      ['.csv', text],
      ['.csv.gz', gzipSync(text)],
    ] as const)
      expect((await opened(`around ${name}${ending}`, content)).rows).toEqual(ROWS);
  });

  it('are counted by column', async () => {
    const { said } = await opened('counted.csv', table(',').replace('u00,i09', 'u00 , i09').replace('u01,', ' u01,'));
    expect(said).toContain('counted.csv: cells with blanks around them: read without them: user_id 2, item_id 1');
    expect((await opened('none.csv', table(','))).said.join()).not.toContain('blanks');
  });

  it('are found wherever the pieces of a large file end', async () => {
    const many = Array.from({ length: 30_000 }, (_, row) => `u${row},i${row % 7},${1_700_000_000 + row}`);
    for (const at of [0, 9_999, 29_999]) {
      const rows = many.with(at, many[at]!.replace(',', ' ,'));
      const source = await bench.open({ files: await bench.file('large.csv', `${HEADER.join()}\n${rows.join('\n')}`) });
      expect(source.report.at(-1)?.why).toBe('read without them: user_id 1');
    }
  });

  it('leave alone a quote that means nothing', async () => {
    const files = await bench.file('weird.csv', 'id, artist, n\n1, "Weird Al" Yankovic, 2\n2, "Sly, Family", 3\n');
    expect((await bench.read({ files })).map((row) => row[6])).toEqual(['"Weird Al" Yankovic', 'Sly, Family']);
  });
});

describe('blanks between cells', () => {
  it('are told from commas in all titles by a header that only they can read', async () => {
    const file = await bench.file(
      'titles.txt',
      `"" item_id title\n${ROWS.map(([, item], row) => `${row} ${item} "Lamp, No. ${row}"\n`).join('')}`,
    );
    const source = await bench.open({ files: file });
    expect(source.spec.delimiter).toBe('blanks');
    expect((await bench.rows(source)).map((row) => row.slice(6))).toEqual(
      ROWS.map(([, item], row) => [item, `Lamp, No. ${row}`]),
    );
  });

  it.each([
    ['one', table(' ')],
    ['several', table('   ')],
    [
      'blanks on some lines, tabs on others',
      table(' ').replace('user_id item_id ', 'user_id\titem_id\t').replace('u00 i01 ', 'u00\ti01\t'),
    ],
    ['of several widths, around lines too', table('  ').replace('u00 ', ' u00    ').replaceAll('\n', ' \n')],
    ['cells in quotes', table(' ', (text) => `"${text}"`)],
  ])('are its delimiter: %s', async (name, text) => {
    const { rows, delimiter } = await opened(`between ${name}.txt`, text);
    expect(rows).toEqual(ROWS);
    expect(delimiter).toBe('blanks');
  });

  it('do not make a list of interactions one of sequences', async () => {
    const text = '196 242 3 881250949\n186 302 3 891717742\n196 377 1 878887116\n';
    const source = await bench.open({ files: await bench.file('u.txt', text) });
    expect(source.spec).toMatchObject({ format: 'csv', header: false });
    expect((await bench.rows(source)).map((row) => row[6])).toEqual(['242', '302', '377']);
    const sequences = await bench.open({ files: await bench.file('s.txt', '1 2 3 4\n2 3 4 5 6\n3 1 2 3\n') });
    expect(sequences.spec.format).toBe('s3rec');
    const even = await bench.open({ files: await bench.file('even.txt', '1 2 3 4\n2 3 4 5\n3 1 2 3\n') });
    expect(even.spec.format).toBe('s3rec');
  });
});

describe('lines in front', () => {
  it.each([
    ['sep=;', `sep=;\n${table(';')}`, ';'],
    ['sep= in quotes, of a tab', `"sep=\t"\n${table('\t')}`, '\t'],
    ['a mark, then sep=', `\uFEFFSEP=,\r\n${table(',').replaceAll('\n', '\r\n')}`, ','],
    ['#', `# exported 2024-05-03, by shop\n#\n${table(',')}`, ','],
    ['%', `% a "quote, that stays open\n${table('\t')}`, '\t'],
    ['//', `\n// one\n\n// two\n${table('|')}`, '|'],
    ['as many cells as the rows', `# a, b, c\n${table(',')}`, ','],
    ['names in the comment', `# exported\n# ${table(',')}`, ','],
  ])('are left out: %s', async (name, text, expected) => {
    const { rows, delimiter } = await opened(`front ${name.replaceAll(/\W/g, '_')}.csv`, text);
    expect(rows).toEqual(ROWS);
    expect(delimiter).toBe(expected);
  });

  it('are said', async () => {
    const { said } = await opened('said.csv', `sep=;\n# one\n# two\n${table(';')}`);
    expect(said).toContain('said.csv: delimiter: line 1 states it: ;');
    expect(said).toContain('said.csv: comments: line 2, 3 in front of the rows: left out');
  });

  it('are rows where they have their cells', async () => {
    const source = await bench.open({ files: await bench.file('tags.csv', '#cats,u1,5\n#dogs,u2,3\nbirds,u1,4\n') });
    expect((await bench.rows(source)).map((row) => row[5])).toEqual(['#cats', '#dogs', 'birds']);
  });
});

describe('an atomic file', () => {
  const header = 'user_id:token item_id:token timestamp:float';
  it.each([
    ['blanks in the header alone', `${header}\nu1\ti1\t5\nu 2\ti2\t6\n`, 'u 2'],
    ['blanks throughout', `${header}\nu1 i1 5\nu2  i2 6\n`, 'u2'],
    ['commas', `${header.replaceAll(' ', ',')}\nu1,i1,5\nu2,i2,6\n`, 'u2'],
  ])('is read with %s, and that is said', async (name, text, second) => {
    const source = await bench.open({ files: await bench.file(`${name}.inter`, text) });
    expect(source.columns.map((column) => column.name)).toEqual(HEADER);
    expect((await bench.rows(source)).map((row) => row[5])).toEqual(['u1', second]);
    expect(source.report[0]?.why).toContain('between the names');
  });

  it('with lists between blanks and blanks between cells is refused by the name of the column', async () => {
    const files = await bench.file('lists.item', 'item_id:token class:token_seq\ni1 a b\n');
    await expect(bench.open({ files })).rejects.toThrow(/line 1: "class:token_seq" has values between blanks/);
  });
});
