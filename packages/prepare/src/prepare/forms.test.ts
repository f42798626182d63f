// Equal data gives equal bytes: whatever the form of the files, the number of threads, the memory limit, and how often it is done.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { descriptionSchema } from '../description/schema.js';
import type { SourceSpec } from '../description/types.js';
import { openEngine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { type Manifest, PREPARED_FILES } from '../prepared/manifest.js';
import { randomStream } from '@difsr/data/internal';
import { prepareDataset, type PrepareOptions } from './prepare.js';
import { testFolder } from './prepare.test.support.js';

const COLUMNS = ['user', 'item', 'time', 'rating'] as const;
type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;
const ITEM_COLUMNS = ['id', 'title', 'tags'] as const;
type Item = Readonly<Record<(typeof ITEM_COLUMNS)[number], string>>;

const random = randomStream(3, 0);
/** Ties, repeats, letters beyond ASCII, missing ratings. */
const ROWS: readonly Row[] = Array.from({ length: 700 }, () => ({
  user: `ü${random.integer(60)}`,
  item: `i${random.integer(40)}`,
  time: String(1_500_000_000 + random.integer(30)),
  rating: random.chance(0.1) ? '' : String(1 + random.integer(5)),
}));
const ITEMS: readonly Item[] = Array.from({ length: 45 }, (_, index) => ({
  id: `i${44 - index}`,
  title: `Title ${index % 7}`,
  tags: [...new Set(Array.from({ length: index % 4 }, () => `t${random.integer(9)}`))].join('|'),
}));

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
function csv<C extends string>(
  columns: readonly C[],
  rows: readonly Readonly<Record<C, string>>[],
  end = '\n',
): string {
  return [columns.join(','), ...rows.map((row) => columns.map((column) => row[column]).join(','))].join(end) + end;
}
function jsonLines(rows: readonly object[]): string {
  return rows.map((row) => JSON.stringify(row, (_, value: unknown) => (value === '' ? undefined : value))).join('\n');
}
function atomic<C extends string>(columns: readonly C[], rows: readonly Readonly<Record<C, string>>[]): string {
  const header = columns.map((column) => `${column}:token`).join('\t');
  return `${[header, ...rows.map((row) => columns.map((column) => row[column]).join('\t'))].join('\n')}\n`;
}

/** Writes the log and the catalogue in one form; gives the files as a description names them. */
type Form = (base: string) => Promise<{ readonly log: SourceSpec; readonly items: SourceSpec }>;

const textForm =
  (ending: string, log: string | Buffer, items: string | Buffer): Form =>
  async (base) => {
    await writeFile(path.join(base, `log${ending}`), log);
    await writeFile(path.join(base, `items${ending}`), items);
    return { log: { files: `log${ending}` }, items: { files: `items${ending}` } };
  };

const CSV = [csv(COLUMNS, ROWS), csv(ITEM_COLUMNS, ITEMS)] as const;
const JSONL = [jsonLines(ROWS), jsonLines(ITEMS)] as const;
const FORMS: Readonly<Record<string, Form>> = {
  csv: textForm('.csv', ...CSV),
  'csv.gz': textForm('.csv.gz', gzipSync(CSV[0]), gzipSync(CSV[1])),
  'quoted csv with CRLF': textForm(
    '.csv',
    csv(
      COLUMNS,
      ROWS.map((row) => ({ ...row, user: quoted(row.user) })),
      '\r\n',
    ),
    csv(
      ITEM_COLUMNS,
      ITEMS.map((row) => ({ ...row, title: quoted(row.title) })),
      '\r\n',
    ),
  ),
  atomic: async (base) => {
    await writeFile(path.join(base, 'log.inter'), atomic(COLUMNS, ROWS));
    await writeFile(path.join(base, 'log.item'), atomic(ITEM_COLUMNS, ITEMS));
    return { log: { files: 'log.inter' }, items: { files: 'log.item' } };
  },
  jsonl: textForm('.jsonl', ...JSONL),
  'jsonl.gz': textForm('.jsonl.gz', gzipSync(JSONL[0]), gzipSync(JSONL[1])),
  'two csv files': async (base) => {
    await writeFile(path.join(base, 'a.csv'), csv(COLUMNS, ROWS.slice(0, 300)));
    await writeFile(path.join(base, 'b.csv'), csv(COLUMNS, ROWS.slice(300)));
    await writeFile(path.join(base, 'items.txt'), CSV[1]);
    return { log: { files: '[ab].csv' }, items: { files: 'items.txt', format: 'csv' } };
  },
  parquet: async (base) => {
    const engine = await openEngine({ threads: 1 });
    try {
      const copy = async (name: string, text: string, select: string): Promise<void> => {
        const file = path.join(base, `${name}.jsonl`);
        await writeFile(file, text);
        const read = `read_json(${sqlText(file)}, format = 'newline_delimited')`;
        await engine.run(
          `COPY (SELECT ${select} FROM ${read}) TO ${sqlText(path.join(base, `${name}.parquet`))} (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
        );
      };
      // Numbers as numbers: what stands in the file is their type, what is prepared their value.
      const types = '"user", item, CAST("time" AS BIGINT) AS "time", CAST(rating AS DOUBLE) AS rating';
      await copy('log', JSONL[0], types);
      await copy('items', JSONL[1], 'id, title, tags');
    } finally {
      await engine.close();
    }
    return { log: { files: 'log.parquet' }, items: { files: 'items.parquet' } };
  },
  'a table of DuckDB': async (base) => {
    await writeFile(path.join(base, 'log.jsonl'), JSONL[0]);
    await writeFile(path.join(base, 'items.jsonl'), JSONL[1]);
    const engine = await openEngine({ threads: 1 });
    try {
      await engine.run(`ATTACH ${sqlText(path.join(base, 'shop.duckdb'))} AS shop`);
      for (const name of ['log', 'items'])
        await engine.run(
          `CREATE TABLE shop.${name} AS FROM read_json(${sqlText(path.join(base, `${name}.jsonl`))}, format = 'newline_delimited')`,
        );
      await engine.run('DETACH shop');
    } finally {
      await engine.close();
    }
    return { log: { files: 'shop.duckdb', table: 'log' }, items: { files: 'shop.duckdb', table: 'items' } };
  },
};

/** Everything of a manifest but where the data came from and in which form. */
function withoutOrigin({ sources, description, report, ...rest }: Manifest): unknown {
  expect(sources.length).toBeGreaterThan(0);
  expect(description.name).toBe('forms');
  return { ...rest, report: report.filter(({ kind }) => kind !== 'inferred') };
}

async function bytesOf(out: string): Promise<Record<string, string>> {
  const { manifest: _, ...files } = PREPARED_FILES;
  const read = Object.values(files).map(async (name) => [
    name,
    (await readFile(path.join(out, name))).toString('base64'),
  ]);
  return Object.fromEntries(await Promise.all(read)) as Record<string, string>; // built from pairs of text just above
}

describe('the form of the files', () => {
  it('does not show in the bytes: csv, atomic, JSON lines, Parquet, DuckDB, packed or not, in one file or two', async () => {
    const results: [string, unknown, Record<string, string>][] = [];
    for (const [name, write] of Object.entries(FORMS)) {
      const base = await testFolder();
      const { log, items } = await write(base);
      const out = path.join(base, 'out');
      const description = descriptionSchema.parse({
        name: 'forms',
        interactions: {
          ...log,
          user: 'user',
          item: 'item',
          time: 'time',
          fields: { rating: { kind: 'numeric' }, stars: { column: 'rating', kind: 'numeric', bins: 3 } },
        },
        items: {
          ...items,
          id: 'id',
          name: 'title',
          fields: {
            title_: { column: 'title', kind: 'categorical' },
            tags: { kind: 'multi-categorical', separator: '|' },
          },
        },
        filters: { userMin: 3, itemMin: 2, duplicates: 'exact' },
        split: { method: 'global-time', valid: 0.1, test: 0.1 },
      });
      const manifest = await prepareDataset(description, { base, out, threads: 1 });
      results.push([name, withoutOrigin(manifest), await bytesOf(out)]);
    }
    const [[, manifest, bytes] = ['', {}, {}]] = results;
    expect(results).toEqual(Object.keys(FORMS).map((name) => [name, manifest, bytes]));
  });
});

describe('how it is done', () => {
  it('does not show in the bytes: threads, memory, again and again', async () => {
    const base = await testFolder();
    const engine = await openEngine({ threads: 1 });
    try {
      // Two row groups of the result, users all over the file, ties everywhere.
      await engine.run(
        `COPY (SELECT 'u' || CAST(hash(range) % 9000 AS VARCHAR) AS "user", 'i' || CAST(hash(range + 1) % 3000 AS VARCHAR) AS item, CAST(hash(range + 2) % 1000 AS INTEGER) AS "time", CAST(hash(range + 3) % 50 AS INTEGER) AS place FROM range(200000)) TO ${sqlText(path.join(base, 'log.parquet'))} (FORMAT parquet)`,
      );
    } finally {
      await engine.close();
    }
    const description = descriptionSchema.parse({
      name: 'large',
      interactions: {
        files: 'log.parquet',
        user: 'user',
        item: 'item',
        time: { column: 'time', unit: 's' },
        fields: { place: { kind: 'categorical' } },
      },
      filters: { userMin: 12, itemMin: 50 },
      split: { method: 'ratio', valid: 0.1, test: 0.1 },
    });
    const ways: readonly Partial<PrepareOptions>[] = [
      { threads: 1 },
      { threads: 2 },
      { threads: 4, memoryLimit: '150MB' },
      { threads: 2 },
    ];
    const manifests: Manifest[] = [];
    for (const way of ways)
      manifests.push(await prepareDataset(description, { base, out: path.join(base, 'out'), ...way }));
    const [first] = manifests;
    expect(first?.counts.interactions).toBeGreaterThan(150_000);
    for (const manifest of manifests) expect(manifest).toEqual(first);
  });
});
