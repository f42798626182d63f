// Small valid files of every form: what the fuzz run mutates. Formats with a writer of their own (Parquet, DuckDB, zstd) are written by
// DuckDB once per run.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { openEngine } from '../engine/engine.js';
import type { SourceSpec } from '../description/types.js';
import { sqlText } from '../engine/quote.js';

/** A valid file. */
export interface Seed {
  readonly name: string;
  readonly bytes: Buffer;
  readonly spec: Omit<SourceSpec, 'files'>;
}

const ROWS = 12;
const times = (make: (row: number) => string, glue = '\n', rows = ROWS): string =>
  `${Array.from({ length: rows }, (_, row) => make(row)).join(glue)}${glue === '\n' ? '\n' : ''}`;
const user = (row: number): string => `u${row % 3}`;
const item = (row: number): string => `i${(row * 5) % 7}`;
const time = (row: number): number => 1_400_000_000 + row * 3600;
const object = (row: number): object => ({
  user: user(row),
  item: item(row),
  time: time(row),
  tags: ['a', `t${row % 4}`],
  price: row / 2,
  big: 9_007_199_254_740_991,
});

const TEXTS: readonly Seed[] = [
  text('a.csv', `user,item,time\n${times((row) => `${user(row)},${item(row)},${time(row)}`)}`),
  text(
    'quoted.csv',
    `"user","item","title"\r\n${times((row) => `"${user(row)}","${item(row)}","say ""${row}"", é\nnext"`)}`,
  ),
  text(
    'semicolon.csv',
    times((row) => `${user(row)};${item(row)};2014-01-${10 + row}`),
    { delimiter: ';' },
  ),
  text(
    'ratings.dat',
    times((row) => `${row % 3}::${row}::5::${time(row)}`),
    { header: ['user', 'item', 'rating', 'time'] },
  ),
  text('latin.csv', Buffer.from(`user,item\n${times((row) => `${user(row)},caf\u00e9${row}`)}`, 'latin1'), {
    encoding: 'latin1',
  }),
  text('plain.tsv', `user\titem\ttime\n${times((row) => `${user(row)}\t${item(row)}\t${time(row)}`)}`, { quote: '' }),
  text(
    'log.inter',
    `user_id:token\titem_id:token\ttimestamp:float\n${times((row) => `${user(row)}\t${item(row)}\t${time(row)}`)}`,
  ),
  text(
    'log.item',
    `item_id:token\ttitle:token_seq\tclass:token_seq\n${times((row) => `i${row}\tThe ${row}\tDrama Sci-Fi`, '\n', 7)}`,
  ),
  text(
    'log.jsonl',
    times((row) => JSON.stringify(object(row))),
  ),
  text(
    'escapes.json',
    times(
      (row) => `{"user":"${user(row)}","item":"N\\/H \\u00e9","time":"2012-01-03 15:28:18","attributes":{"a":null}}`,
    ),
  ),
  text('array.json', `[\n${times((row) => JSON.stringify(object(row), null, 1), ',\n')}\n]`),
  text('flat.json', `[${times((row) => JSON.stringify(object(row)), ',')}]`, { format: 'json' }),
  text(
    'meta.python.json',
    times(
      (row) =>
        `{'user': '${user(row)}', 'item': "L'${row}", 'title': u'\\xe9\\'x', 'new': True, 'old': None, 'categories': [['A', "B's"]]}`,
    ),
    { format: 'python' },
  ),
  text(
    'seq.txt',
    times((row) => `${row + 1} ${times((place) => String(place + row + 1), ' ', 5)}`),
    { format: 's3rec' },
  ),
  text('seq_item2attributes.json', `{${times((row) => `"${row + 1}": [${row + 1}, 3, "x"]`, ', ')}}`),
];

function text(name: string, content: string | Buffer, spec: Seed['spec'] = {}): Seed {
  return { name, bytes: Buffer.from(content), spec };
}

/** All seeds. */
export async function fuzzSeeds(): Promise<readonly Seed[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'difsr-fuzz-seeds-'));
  const engine = await openEngine({ threads: 1, tempDirectory: folder });
  try {
    const file = (name: string): string => path.join(folder, name);
    const rows = `SELECT 'u' || (i % 3) AS "user", 'i' || (i % 7) AS item, TIMESTAMP '2014-05-13' + to_hours(i) AS "time", ['a', 't' || i] AS tags, CAST(i AS DOUBLE) AS price FROM range(12) t(i)`;
    await engine.run(`COPY (${rows}) TO ${sqlText(file('log.parquet'))} (FORMAT parquet)`);
    await engine.run(`COPY (${rows}) TO ${sqlText(file('snappy.parquet'))} (FORMAT parquet, COMPRESSION zstd)`);
    await engine.run(`COPY (${rows}) TO ${sqlText(file('log.csv.zst'))} (FORMAT csv, COMPRESSION zstd)`);
    await engine.run(`ATTACH ${sqlText(file('log.duckdb'))} AS made (BLOCK_SIZE 16384)`);
    await engine.run(`CREATE TABLE made.log AS ${rows}`);
    await engine.run('DETACH made');
    const binary = await Promise.all(
      ['log.parquet', 'snappy.parquet', 'log.csv.zst', 'log.duckdb'].map(async (name): Promise<Seed> => ({
        name,
        bytes: await readFile(file(name)),
        spec: {},
      })),
    );
    const packed = TEXTS.filter((_, index) => index % 3 === 0).map(({ name, bytes, spec }): Seed => ({
      name: `${name}.gz`,
      bytes: gzipSync(bytes),
      spec,
    }));
    return [...TEXTS, ...binary, ...packed];
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
}
