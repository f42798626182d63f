// The two files of the S3-Rec form, as relations.
import { describe, expect, it } from 'vitest';
import { DataError } from '@difsr/data';
import { testBench } from './read.test.support.js';

const bench = testBench();

describe('sequences', () => {
  it('gives a row per interaction, with its line, in the order of the line', async () => {
    const files = await bench.file('two.txt', '1 5 3 4\n2 3\n');
    const source = await bench.open({ files });
    expect(source.spec.format).toBe('s3rec');
    expect(await bench.rows(source)).toEqual([
      [0, 0, 1, null, '1 5 3 4', '1', '5'],
      [0, 1, 1, null, '1 5 3 4', '1', '3'],
      [0, 2, 1, null, '1 5 3 4', '1', '4'],
      [0, 3, 2, null, '2 3', '2', '3'],
    ]);
  });

  it('marks a line that is not ids between single spaces as one broken row, and reads the others', async () => {
    const broken = ['2', '2  3', ' 2 3', '2 3 ', '2\t3', '2 0', '0 2', '2 03', '2 x', '2 -3', '2 3.0'];
    const text = broken.map((line, n) => `${n + 100} 2 3\n${line}\n`).join('');
    const rows = await bench.read({ files: await bench.file('broken.txt', text), format: 's3rec' });
    expect(rows).toEqual(
      broken.flatMap((line, n) => [
        [0, 3 * n, 2 * n + 1, null, `${n + 100} 2 3`, String(n + 100), '2'],
        [0, 3 * n + 1, 2 * n + 1, null, `${n + 100} 2 3`, String(n + 100), '3'],
        [0, 3 * n + 2, 2 * n + 2, 'sequence', line, null, null],
      ]),
    );
  });

  it('refuses a user that an earlier line of the file has, with both lines', async () => {
    const file = await bench.file('again.txt', '1 2 3\nx\n2 3\n\n2 5\n1 7\n1 8\n');
    const error: unknown = await bench.open({ files: file, format: 's3rec' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataError);
    expect(String(error)).toMatch(/again\.txt, line 5, column 1: "2" is a user that line 3 has already/);
  });

  it('counts empty lines, starts anew in each file, and reads the same through the scanner', async () => {
    const text = '1 2\n\n\n3 4 5\n';
    const files = [await bench.file('a.txt', text), await bench.file('b.txt', text.replaceAll('\n', '\r\n'))];
    const rows = await bench.read({ files, format: 's3rec' });
    const expected = (file: number): unknown[] => [
      [file, 0, 1, null, '1 2', '1', '2'],
      [file, 1, 4, null, '3 4 5', '3', '4'],
      [file, 2, 4, null, '3 4 5', '3', '5'],
    ];
    expect(rows).toEqual([...expected(0), ...expected(1)]);
  });

  it('numbers the items of a line with more than 2^20 of them without a repeat', async () => {
    const items = (1 << 20) + 3;
    const long = `1${' 7'.repeat(items)}`;
    const { relation } = await bench.open({ files: await bench.file('long.txt', `${long}\n2 8 9\n`), format: 's3rec' });
    const [seen] = await bench
      .engine()
      .rows(
        `SELECT count(*)::DOUBLE AS n, count(DISTINCT _row)::DOUBLE AS rows, max(_row)::DOUBLE AS last, min(_row) FILTER (item = '8')::DOUBLE AS eight, count(*) FILTER (_line = 2)::DOUBLE AS second FROM ${relation}`,
      );
    expect(seen).toEqual({ n: items + 2, rows: items + 2, last: items + 1, eight: items, second: 2 });
  });
});

describe('attributes', () => {
  it('of an item that are repeated count once, and are counted', async () => {
    const file = await bench.file('R_item2attributes.json', '{"10": [3, 1, 3, 3], "1": [7, 7], "2": [7]}');
    const { report } = await bench.open({ files: file });
    expect(report).toEqual([
      { kind: 'dropped', what: 'repeated attributes', count: 3, why: expect.stringContaining('2 items') },
    ]);
  });

  it('gives a row per item in the order of the file, ids as text, lists with their repeats', async () => {
    const text = '{"10": [3, 1, 3], "2": [], "1": [7]}';
    const source = await bench.open({ files: await bench.file('X_item2attributes.json', text) });
    expect(source.spec.format).toBe('s3rec-attributes');
    expect(source.columns).toEqual([
      { name: 'item', type: 'text' },
      { name: 'attributes', type: 'json' },
    ]);
    expect(
      (await bench.rows(source)).map(([file, row, line, problem, , ...values]) => [
        file,
        row,
        line,
        problem,
        ...values,
      ]),
    ).toEqual([
      [0, 0, 1, null, '10', '["3","1","3"]'],
      [0, 1, 1, null, '2', '[]'],
      [0, 2, 1, null, '1', '["7"]'],
    ]);
  });

  it('refuses what is not ids with lists of ids, naming file and value', async () => {
    for (const text of ['{"1": [2], "x": [1]}', '{"1": "2"}', '{"1": [2', '[]', '']) {
      const file = await bench.file('Y_item2attributes.json', text);
      const error: unknown = await bench.open({ files: file }).catch((thrown: unknown) => thrown);
      expect(error, text).toBeInstanceOf(DataError);
      // It was checked just now.
      expect((error as DataError).problems[0], text).toEqual(expect.objectContaining({ file }));
    }
  });
});
