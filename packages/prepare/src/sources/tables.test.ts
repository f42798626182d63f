// Sources with columns of their own: Parquet in files, patterns and partitioned folders; tables of DuckDB; PostgreSQL where it cannot be had.
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sqlText } from '../engine/quote.js';
import { DataError } from '@difsr/data';
import { testBench } from './read.test.support.js';

const bench = testBench();
let names = 0;

/** Rows without place and raw text. */
async function cells(spec: Parameters<typeof bench.read>[0]): Promise<unknown[][]> {
  return (await bench.read(spec)).map(([file, row, , , , ...own]) => [file, row, ...own]);
}

async function parquet(name: string, select: string): Promise<string> {
  const file = path.join(bench.folder(), name);
  await mkdir(path.dirname(file), { recursive: true });
  await bench.engine().run(`COPY (${select}) TO ${sqlText(file)} (FORMAT parquet)`);
  return file;
}

/** A DuckDB file made by these statements. */
async function database(...statements: readonly string[]): Promise<string> {
  const file = path.join(bench.folder(), `shop-${names++}.duckdb`);
  const engine = bench.engine();
  await engine.run(`ATTACH ${sqlText(file)} AS made`);
  for (const statement of statements) await engine.run(statement);
  await engine.run('DETACH made');
  return file;
}

describe('Parquet', () => {
  it('keeps types, order and places; empty text is no value', async () => {
    const file = await parquet(
      'one.parquet',
      `SELECT * FROM (VALUES ('a', 1, ['x', 'y']), ('', 2, NULL)) t("user", n, tags)`,
    );
    const source = await bench.open({ files: file });
    expect(source.spec.format).toBe('parquet');
    expect(source.columns).toEqual([
      { name: 'user', type: 'text' },
      { name: 'n', type: { native: 'INTEGER' } },
      { name: 'tags', type: { native: 'VARCHAR[]' } },
    ]);
    expect(await bench.rows(source)).toEqual([
      [0, 0, null, null, '{"user":"a","n":1,"tags":["x","y"]}', 'a', '1', '[x, y]'],
      [0, 1, null, null, '{"user":"","n":2,"tags":null}', null, '2', null],
    ]);
  });

  it('reads the files of a pattern in the order of their names, whatever order they were made in', async () => {
    await parquet('many/b.parquet', `SELECT 'second' AS "user"`);
    await parquet('many/a.parquet', `SELECT 'first' AS "user"`);
    const expected = [
      [0, 0, 'first'],
      [1, 0, 'second'],
    ];
    expect(await cells({ files: 'many/*.parquet' })).toEqual(expected);
    expect(await cells({ files: 'many' })).toEqual(expected);
  });

  it('takes the keys of a partitioned folder as columns of text', async () => {
    await parquet('parts/day=01/x.parquet', `SELECT 'a' AS "user"`);
    await parquet('parts/day=02/x.parquet', `SELECT 'b' AS "user"`);
    const source = await bench.open({ files: 'parts' });
    expect(source.columns).toEqual([
      { name: 'user', type: 'text' },
      { name: 'day', type: 'text' },
    ]);
    expect(await cells({ files: 'parts' })).toEqual([
      [0, 0, 'a', '01'],
      [1, 0, 'b', '02'],
    ]);
  });

  it('numbers the rows of several row groups on several threads in their order', async () => {
    const file = await parquet('groups.parquet', 'SELECT range AS n FROM range(300000)');
    const source = await bench.open({ files: file });
    const wrong = await bench.engine().count(`SELECT count(*) FROM ${source.relation} WHERE n <> _row`);
    expect([wrong, await bench.engine().count(`SELECT count(*) FROM ${source.relation}`)]).toEqual([0, 300_000]);
  });

  it('refuses files of other columns or types, and names the file', async () => {
    const files = [await parquet('x1.parquet', 'SELECT 1 AS a'), await parquet('x2.parquet', `SELECT 'one' AS a`)];
    await expect(bench.open({ files })).rejects.toThrow(
      /x2\.parquet.*other columns, or of other types, than the first/,
    );
  });

  it('refuses a file that is cut off', async () => {
    const whole = await readFile(await parquet('whole.parquet', 'SELECT range AS n FROM range(1000)'));
    const file = await bench.file('cut.parquet', whole.subarray(0, whole.length - 100));
    await expect(bench.open({ files: file })).rejects.toThrow(DataError);
    await expect(bench.open({ files: file })).rejects.toThrow(/cut\.parquet.*cure: /s);
  });

  it('refuses a file with broken bytes between a sound start and end, before a row is given', async () => {
    const broken = await readFile(
      await parquet('sound.parquet', 'SELECT range AS n, md5(range::VARCHAR) AS item FROM range(5000)'),
    );
    broken.fill(0xff, 1000, 3000);
    const file = await bench.file('broken.parquet', broken);
    await expect(bench.open({ files: file })).rejects.toThrow(DataError);
    await expect(bench.open({ files: file })).rejects.toThrow(/broken\.parquet.*cannot be read to its end/);
  });
});

describe('DuckDB', () => {
  it('reads the only table without being told its name', async () => {
    const files = await database(
      "CREATE TABLE made.clicks AS SELECT * FROM (VALUES (7, 'x'), (8, 'y')) t(\"user\", item)",
    );
    const source = await bench.open({ files });
    expect(source.spec).toMatchObject({ format: 'duckdb', table: 'clicks' });
    expect(await cells({ files })).toEqual([
      [0, 0, '7', 'x'],
      [0, 1, '8', 'y'],
    ]);
  });

  it('asks which of several tables is meant, and reads tables, views and those of other schemas', async () => {
    const files = await database(
      'CREATE TABLE made.clicks AS SELECT 1 AS a',
      'CREATE VIEW made.half AS SELECT 2 AS a',
      'CREATE SCHEMA made.old',
      'CREATE TABLE made.old.clicks AS SELECT 3 AS a',
    );
    await expect(bench.open({ files })).rejects.toThrow(/has 3 tables: clicks, half, old\.clicks.*\n.*table:/);
    await expect(bench.open({ files, table: 'click' })).rejects.toThrow(/"click".*it has clicks, half, old\.clicks/);
    expect(await cells({ files, table: 'clicks' })).toEqual([[0, 0, '1']]);
    expect(await cells({ files, table: 'half' })).toEqual([[0, 0, '2']]);
    expect(await cells({ files, table: 'old.clicks' })).toEqual([[0, 0, '3']]);
  });

  it('refuses a second database, and a file that is none', async () => {
    const files = [
      await database('CREATE TABLE made.a AS SELECT 1 AS a'),
      await database('CREATE TABLE made.a AS SELECT 1 AS a'),
    ];
    await expect(bench.open({ files })).rejects.toThrow(/is a second database/);
    const file = await bench.file('none.duckdb', 'no database at all');
    await expect(bench.open({ files: file })).rejects.toThrow(/none\.duckdb.*cannot be opened as a DuckDB database/);
  });
});

describe('PostgreSQL', () => {
  it('without its extension says so, and what to do instead; nothing is downloaded', async () => {
    // A machine may have the extension: here the engine looks where none is.
    const folder = path.join(bench.folder(), 'no-extensions');
    await mkdir(folder);
    await bench.engine().run(`SET extension_directory = ${sqlText(folder)}`);
    const opening = bench.open({ format: 'postgres', connection: 'host=localhost', table: 'clicks' });
    await expect(opening).rejects.toThrow(DataError);
    await expect(opening).rejects.toThrow(/postgres extension cannot be loaded.*\n.*INSTALL postgres.*COPY clicks TO/);
    expect(await readdir(folder, { recursive: true })).toEqual([]);
  });
});
