// Helps the tests of readers: one engine, files made from text or bytes, a source's rows as plain values.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { SourceSpec } from '../description/types.js';
import { type Engine, openEngine } from '../engine/engine.js';
import { sqlName } from '../engine/quote.js';
import { openSource } from './open.js';
import type { OpenSource } from './source.js';

/** A row: file, row, line, problem, raw, then the source's columns. */
export type Row = readonly unknown[];

/** What tests read with. */
export interface Bench {
  /** Path of a file with this content. */
  file(name: string, content: string | Uint8Array): Promise<string>;
  open(spec: SourceSpec, wanted?: readonly string[]): Promise<OpenSource>;
  /** Opens and scans everything, in the order of the log. */
  read(spec: SourceSpec, wanted?: readonly string[]): Promise<Row[]>;
  rows(source: OpenSource): Promise<Row[]>;
  engine(): Engine;
  folder(): string;
}

/** Makes a bench for the tests of a file. */
export function testBench(threads = 2): Bench {
  let engine: Engine;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'difsr-sources-'));
    engine = await openEngine({ threads, memoryLimit: '1GB', tempDirectory: folder });
  });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });
  const bench: Bench = {
    async file(name, content) {
      const file = path.join(folder, name);
      await writeFile(file, content);
      return file;
    },
    open: async (spec, wanted = []) => openSource(spec, { engine, base: folder, wanted }),
    read: async (spec, wanted) => bench.rows(await bench.open(spec, wanted)),
    rows: async (source) => readRows(engine, source),
    engine: () => engine,
    folder: () => folder,
  };
  return bench;
}

/** All rows of a source in the order of the log. */
export async function readRows(engine: Engine, source: OpenSource): Promise<Row[]> {
  const columns = source.columns.map(({ name }) => `, CAST(${sqlName(name)} AS VARCHAR)`).join('');
  const rows: Row[] = [];
  const sql = `SELECT _file, CAST(_row AS DOUBLE), CAST(_line AS DOUBLE), _problem, _raw${columns} FROM ${source.relation} ORDER BY _file, _row`;
  for await (const chunk of engine.chunks(sql)) rows.push(...chunk.getRows());
  return rows;
}
