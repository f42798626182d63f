// One case of the fuzz run over values: a shop written in some way, inspected and prepared, must come out as the data set that it is, or
// be asked about where its files leave something open. Anything else, a row lost or a value changed without a word, is a mistake of ours.
import { say } from '@difsr/errors';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Engine, openEngine } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { DataError } from '@difsr/data';
import { type RandomStream, randomStream } from '@difsr/data/internal';
import { inspectFiles, type InspectInput } from '../inspect/inspect.js';
import { prepareDataset } from '../prepare/prepare.js';
import { isLeftOpen, readPrepared, rightData, unlike } from './outcome.test.support.js';
import { drawShop, shuffled, type Value } from './shops.test.support.js';
import { type Layout, plainLayout, tellsReturns, writings } from './layout.test.support.js';
import { SPELLINGS } from './spellings.test.support.js';
import { cellText, type ColumnWriting, fileName, textFiles, type Writing } from './writing.test.support.js';

/** A shop, and how it is written. */
export interface ValueCase {
  readonly run: number;
  readonly number: number;
  readonly layout: Layout;
  /** The spellings, by name. */
  readonly done: readonly string[];
}

const NAMES = Object.keys(SPELLINGS);
/** Streams of random numbers of a case: of the shop, of writing, then one of each spelling, so that each may be left out alone. */
const STREAMS = { shop: 0, writing: 1, choice: 2, spellings: 3 } as const;

function stream(run: number, number: number, of: number): RandomStream {
  return randomStream(run * 1000 + of, number);
}

/** Case `number` of a run; with `only`, the spellings of these names alone. */
export function valueCase(run: number, number: number, only?: readonly string[]): ValueCase {
  const layout = plainLayout(drawShop(stream(run, number, STREAMS.shop)));
  const random = stream(run, number, STREAMS.choice);
  const wanted = shuffled(random, NAMES.length).slice(0, 1 + random.integer(4));
  const done = NAMES.filter((name, index) => {
    if (!(only?.includes(name) ?? wanted.includes(index))) return false;
    return SPELLINGS[name]?.(layout, stream(run, number, STREAMS.spellings + index)) ?? false;
  });
  return { run, number, layout, done };
}

/** How a case ended. */
export type ValueOutcome = 'right' | 'asked';

/** A case came out as something else than it is. */
export class DifferenceError extends Error {
  override readonly name = 'DifferenceError';
}

/** Cases that share an engine. */
const CASES_PER_ENGINE = 400;

/** Runs cases one after the other. */
export class ValueRunner {
  #engine: Engine | undefined;
  #used = 0;
  #folder: string | undefined;

  /** @throws Error that says what differs, if the case ends otherwise */
  async run(fuzz: ValueCase): Promise<{ outcome: ValueOutcome; rows: number }> {
    const folder = path.join(await this.#base(), String(fuzz.number));
    await mkdir(folder);
    try {
      await this.write(fuzz, folder);
      const options = { engine: await this.#open() };
      const out = path.join(folder, 'prepared');
      try {
        const { description, findings } = await inspectFiles(inputOf(fuzz.layout, folder), {
          ...options,
          base: folder,
        });
        const manifest = await prepareDataset(description, { ...options, base: folder, out });
        const found = await readPrepared(await this.#open(), out, manifest);
        const difference = unlike(found, rightData(fuzz.layout, found), fuzz.layout.mayServe);
        if (difference !== undefined) throw new DifferenceError(difference);
        const said = [...findings.report, ...manifest.report]
          .map(({ what, why, cure = '' }) => `${what}: ${why} ${say(cure)}`)
          .join('\n');
        const isAsked = writings(fuzz.layout).some(({ columns }) => columns.some((own) => isLeftOpen(own, found)));
        const must = [
          ...fuzz.layout.told,
          ...(tellsReturns(fuzz.layout) ? [/returns count as purchases/] : []),
          ...(isAsked ? [/no cell tells say columns\.decimal/] : []),
        ];
        const untold = must.find((words) => !words.test(said));
        if (untold !== undefined) throw new DifferenceError(`it is not said: ${String(untold)}`);
        return { outcome: isAsked ? 'asked' : 'right', rows: manifest.counts.interactions };
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        if (error.problems.some(({ message, cure }) => message === '' || cure === ''))
          throw new Error('a DataError without message or cure', { cause: error });
        if (!fuzz.layout.mayAsk.some((question) => question.test(error.message)))
          throw new DifferenceError(`refused: ${error.message}`);
        return { outcome: 'asked', rows: 0 };
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Writes the files of a case. */
  async write({ run, number, layout }: ValueCase, folder: string): Promise<void> {
    const random = stream(run, number, STREAMS.writing);
    for (const writing of writings(layout)) {
      if (writing.files.some(({ name }) => name.includes('/')))
        await mkdir(path.join(folder, 'log'), { recursive: true });
      if (writing.form === 'parquet') await writeParquet(await this.#open(), writing, folder, random);
      else for (const [name, bytes] of textFiles(writing, random)) await writeFile(path.join(folder, name), bytes);
    }
  }

  async close(): Promise<void> {
    await this.#engine?.close();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  async #base(): Promise<string> {
    this.#folder ??= await mkdtemp(path.join(os.tmpdir(), 'difsr-fuzz-values-'));
    return this.#folder;
  }

  async #open(): Promise<Engine> {
    if (this.#engine !== undefined && this.#used++ < CASES_PER_ENGINE) return this.#engine;
    await this.#engine?.close();
    this.#used = 0;
    this.#engine = await openEngine({ threads: 1, memoryLimit: '1GB', tempDirectory: await this.#base() });
    return this.#engine;
  }
}

/** The files as a user names them. */
function inputOf({ log, items, users }: Layout, folder: string): InspectInput {
  const named = (writing: Writing): string | readonly string[] => {
    const { asked, files } = writing;
    const full = (name: string): string => path.join(folder, name);
    if (typeof asked !== 'string') return asked.map((name) => full(fileName(writing, name)));
    return full(asked === '' ? fileName(writing, files[0]?.name ?? '') : asked);
  };
  // Atomic files are found by the name that they share.
  if (log.form === 'atomic') return { interactions: named(log) };
  return {
    interactions: named(log),
    ...(items === undefined ? {} : { items: named(items) }),
    ...(users === undefined ? {} : { users: named(users) }),
  };
}

async function writeParquet(engine: Engine, writing: Writing, folder: string, random: RandomStream): Promise<void> {
  const types = writing.columns.map(parquetType);
  for (const { name, rows } of writing.files) {
    const values = rows.map(
      (row) =>
        `(${writing.columns.map((own, index) => `CAST(${parquetCell(own, row, random)} AS ${types[index] ?? ''})`).join(', ')})`,
    );
    const names = writing.columns.map((own) => sqlName(own.name)).join(', ');
    const table = `SELECT * FROM (VALUES ${values.join(', ')}) AS t(${names})`.normalize(writing.unicode);
    await engine.run(`COPY (${table}) TO ${sqlText(path.join(folder, fileName(writing, name)))} (FORMAT parquet)`);
  }
}

function parquetType({ column, time }: ColumnWriting): string {
  const { kind, values } = column;
  const isWhole = values.every((value) => typeof value === 'number' && Number.isInteger(value));
  if (kind === 'number') return isWhole ? 'BIGINT' : 'DOUBLE';
  if (kind === 'list') return 'VARCHAR[]';
  if (kind === 'time') return timeType(time.text(86_400, 0));
  const areNumbers = values.every(
    (value) => value === null || (typeof value === 'string' && /^[1-9]\d{0,17}$/.test(value)),
  );
  return areNumbers && (kind === 'user' || kind === 'item') ? 'BIGINT' : 'VARCHAR';
}

/** The type of moments that are written like the second day of 1970. */
function timeType(text: string): string {
  if (/^\d+$/.test(text)) return 'BIGINT';
  if (/^\d+\.\d+$/.test(text)) return 'DOUBLE';
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return 'DATE';
  if (/^[\d-]+[T ][\d:]+$/.test(text)) return 'TIMESTAMP';
  return /^[\d-]+[T ][\d:]+(Z|\+\d\d:\d\d)$/.test(text) ? 'TIMESTAMPTZ' : 'VARCHAR';
}

function parquetCell(own: ColumnWriting, row: number, random: RandomStream): string {
  const value: Value = own.column.values[row] ?? null;
  const text = cellText(own, row, random);
  if (value === null)
    return own.column.kind === 'number'
      ? text === 'NaN'
        ? sqlText('nan')
        : 'NULL'
      : text === '' || own.column.kind === 'list'
        ? 'NULL'
        : sqlText(text);
  if (typeof value === 'object')
    return own.column.kind === 'path' ? sqlText(text) : `[${value.map(sqlText).join(', ')}]`;
  return typeof value === 'number' && own.column.kind === 'number' ? String(value) : sqlText(text);
}
