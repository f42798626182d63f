// Text files as relations of lines: `_file, _line, _row, _raw, _problem` (utf-8, nul, too-long). Plain files are read by the engine
// each time they are scanned, others once, by ours, into a file of the engine's.
import { open } from 'node:fs/promises';
import type { SourceSpec } from '../description/types.js';
import { EngineError, type Engine } from '../engine/engine.js';
import { DataError } from '@difsr/data';
import { type Packing, packingOf } from './bytes.js';
import { readLines, type TextSize } from './engine-read.js';
import type { ScannedRecord } from './records.js';
import { type Scouted, scout } from './scout.js';
import type { OpenOptions } from './source.js';
import { spool } from './spool.js';
import { textLines } from './text.js';

/**
 * Every line of a plain file that is not empty, in SQL. Numbers are exact: `row_number() OVER ()` makes DuckDB read the file in order
 * (its streaming window has a fixed order), whatever is filtered or left out above it.
 */
export function plainLines(file: string, packing: Packing, index: number, size: TextSize): string {
  // U+0001 does not occur in a plain file, so a line is one cell.
  const read = readLines(file, packing, size, ['line'], '\u0001');
  return `SELECT ${index} AS _file, n AS _line, n - 1 AS _row, line AS _raw, CAST(NULL AS VARCHAR) AS _problem FROM (SELECT row_number() OVER () AS n, line FROM ${read}) WHERE line IS NOT NULL AND line <> ''`;
}

/** A file that the engine may read by itself: its lines, or `undefined` where it may not. */
export async function plainFile(
  file: string,
  index: number,
  seen: Scouted,
  engine: Engine,
): Promise<string | undefined> {
  if (!seen.plain) return undefined;
  const packing = await packingOf(file);
  if (packing === 'gzip' && !(await hasPlainHeader(file))) return undefined;
  const lines = plainLines(file, packing, index, seen);
  // Our zstd does not check sums, DuckDB's does.
  if (packing === 'zstd') await checkSums(file, lines, engine);
  return lines;
}

/** Whether a gzip file says no more of itself than its name: DuckDB refuses comments, header sums and the like, which ours reads. */
async function hasPlainHeader(file: string): Promise<boolean> {
  const NAME_FLAG = 0x08;
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return ((buffer[3] ?? 0) & ~NAME_FLAG) === 0;
  } finally {
    await handle.close();
  }
}

async function checkSums(file: string, lines: string, engine: Engine): Promise<void> {
  try {
    await engine.count(`SELECT count(*) FROM (${lines})`);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const why = error.message.split('\n', 1)[0] ?? '';
    throw new DataError([
      {
        file,
        message: `cannot be unpacked (${why}): it is broken or cut off`,
        cure: 'fetch or make the file again; test it with zstd -t',
      },
    ]);
  }
}

/** Lines as relations, one per file, for forms in which a line is a record. */
export async function lineRelations(
  spec: SourceSpec,
  files: readonly string[],
  { engine, signal }: OpenOptions,
): Promise<{ readonly relations: readonly string[]; readonly bytes: number }> {
  const relations: string[] = [];
  let bytes = 0;
  for (const [index, file] of files.entries()) {
    const seen = await scout(file, '', '', signal);
    bytes += seen.bytes;
    if (seen.plain && seen.bytes === 0) continue;
    const plain = spec.encoding === 'latin1' ? undefined : await plainFile(file, index, seen, engine);
    relations.push(
      plain ??
        `SELECT ${index} AS _file, _line, _row, _raw, _problem FROM (${(await spool(engine, lineRecords(file, spec.encoding, signal))).sql})`,
    );
  }
  return { relations: relations.length === 0 ? [NO_LINES] : relations, bytes };
}

/** Every line that is not empty, as a record. */
async function* lineRecords(
  file: string,
  encoding: SourceSpec['encoding'],
  signal: AbortSignal | undefined,
): AsyncGenerator<ScannedRecord[]> {
  for await (const lines of textLines(file, encoding, signal)) {
    const records: ScannedRecord[] = [];
    for (const { number, raw, problem } of lines)
      if (raw !== '' || problem !== null) records.push({ line: number, raw, problem, cells: null });
    yield records;
  }
}

const NO_LINES =
  'SELECT CAST(NULL AS INTEGER) AS _file, CAST(NULL AS BIGINT) AS _line, CAST(NULL AS BIGINT) AS _row, CAST(NULL AS VARCHAR) AS _raw, CAST(NULL AS VARCHAR) AS _problem WHERE false';
