// One case of the fuzz run: it must end in a relation that holds every record, or in a DataError. Anything else is a mistake of ours.
import { mkdir, mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DataError } from '@difsr/data';
import { type DescriptionInput } from '../description/types.js';
import { descriptionSchema } from '../description/schema.js';
import { type Engine, openEngine } from '../engine/engine.js';
import { sqlName } from '../engine/quote.js';
import { prepareDataset } from '../prepare/prepare.js';
import { openSource } from '../sources/open.js';
import { type OpenSource, RECORD_PROBLEMS } from '../sources/source.js';
import type { FuzzCase } from './mutate.test.support.js';

/** How a case may end. */
export type Outcome = 'read' | 'refused';

/** Cases that share an engine. */
const CASES_PER_ENGINE = 400;

/** Runs cases one after the other. */
export class FuzzRunner {
  #engine: Engine | undefined;
  #used = 0;
  #folder: string | undefined;

  /** @throws Error that says what went wrong, if the case ends in anything but a relation or a DataError */
  async run(fuzz: FuzzCase): Promise<{ outcome: Outcome; rows: number; prepared?: Outcome }> {
    this.#folder ??= await mkdtemp(path.join(os.tmpdir(), 'difsr-fuzz-'));
    if (this.#engine === undefined || this.#used++ >= CASES_PER_ENGINE) {
      await this.#engine?.close();
      this.#engine = await openEngine({ threads: 1, memoryLimit: '1GB', tempDirectory: this.#folder });
      this.#used = 0;
    }
    const engine = this.#engine;
    const folder = path.join(this.#folder, String(fuzz.number));
    await mkdir(folder);
    const file = path.join(folder, path.basename(fuzz.name));
    await writeFile(file, fuzz.bytes);
    try {
      let rows = 0;
      let source: OpenSource | undefined;
      const outcome = await judged(async () => {
        source = await openSource({ ...fuzz.seed.spec, files: file }, { engine, base: folder });
        rows = await scan(engine, source, fuzz);
      });
      const opened = source;
      const prepared =
        fuzz.number % 100 === 0 && opened !== undefined
          ? await judged(async () => prepare(fuzz, opened, file, folder))
          : undefined;
      if (source !== undefined && /^source_\w+$/.test(source.relation)) await drop(this.#engine, source.relation);
      return {
        outcome,
        rows,
        ...(prepared === undefined ? {} : { prepared }),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
      for (const name of await readdir(this.#engine.folder))
        if (name.startsWith('source_')) await unlink(path.join(this.#engine.folder, name));
    }
  }

  async close(): Promise<void> {
    await this.#engine?.close();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}

async function judged(action: () => Promise<void>): Promise<Outcome> {
  try {
    await action();
    return 'read';
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    if (error.problems.length === 0 || error.problems.some(({ message, cure }) => message === '' || cure === ''))
      throw new Error('a DataError without message or cure', { cause: error });
    return 'refused';
  }
}

async function drop(engine: Engine, relation: string): Promise<void> {
  for (const kind of ['VIEW', 'TABLE']) {
    try {
      await engine.run(`DROP ${kind} ${relation}`);
      return;
    } catch {
      // It is the other kind.
    }
  }
}

/** Reads everything, and counts it against what is in the file. */
async function scan(engine: Engine, source: OpenSource, fuzz: FuzzCase): Promise<number> {
  const columns = source.columns
    .map(({ name }) => `, ${sqlName(name)} IS NOT NULL OR hash(${sqlName(name)}) = 0`)
    .join('');
  const places = new Set<string>();
  const lines = new Map<number, string>();
  let rows = 0;
  for await (const chunk of engine.chunks(
    `SELECT _file, CAST(_row AS DOUBLE), CAST(_line AS DOUBLE), _problem, _raw${columns} FROM ${source.relation}`,
  )) {
    for (const [file, row, line, problem, raw, ...cells] of chunk.getRows()) {
      rows++;
      places.add(`${String(file)} ${String(row)}`);
      if (typeof line === 'number') lines.set(line, String(raw));
      if (problem !== null && !RECORD_PROBLEMS.some((known) => known === problem))
        throw new Error(`unknown problem ${String(problem)}`);
      if (problem !== null && cells.includes(true)) throw new Error('a broken record has values');
      if (typeof raw !== 'string') throw new Error('a record without its text');
    }
  }
  if (places.size !== rows) throw new Error(`${rows} rows at ${places.size} places`);
  countAgain(source, fuzz, rows, lines);
  return rows;
}

/** Records of a text file, counted by other means. */
function countAgain(source: OpenSource, { bytes }: FuzzCase, rows: number, lines: ReadonlyMap<number, string>): void {
  const { format = 'csv', header } = source.spec;
  let plain = bytes;
  if (plain[0] === 0x1f && plain[1] === 0x8b) plain = gunzipSync(plain);
  if (plain[0] === 0x28 && plain[1] === 0xb5 && plain[2] === 0x2f) return;
  const text = plain.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  if (format === 'json') {
    let value: unknown;
    try {
      value = JSON.parse(plain.toString('utf8').replace(/^\uFEFF/, ''));
    } catch {
      return;
    }
    if (Array.isArray(value) && value.length !== rows) throw new Error(`${value.length} elements, ${rows} rows`);
    return;
  }
  if (!['csv', 'atomic', 'jsonl', 'python', 's3rec'].includes(format)) return;
  const full = (part: string): number => part.split(/\r\n|\n|\r/).filter((line) => line !== '').length;
  const expected = full(text);
  let covered = 0;
  for (const raw of lines.values())
    // The binding leaves out a byte order mark at the beginning of a text, so a record of nothing else arrives empty.
    covered += format === 'csv' ? Math.max(1, full(raw)) : 1;
  if (format === 'atomic') covered++;
  // A header in quotes may run over several lines; what it covers is known only where it does not.
  if (format === 'csv' && header === true) {
    const first =
      lines.size === 0
        ? expected - covered
        : full(
            text
              .split(/\r\n|\n|\r/)
              .slice(0, Math.min(...lines.keys()) - 1)
              .join('\n'),
          );
    covered += first;
  }
  if (covered !== expected) throw new Error(`${expected} lines that are not empty, ${covered} of them in ${rows} rows`);
}

async function prepare(fuzz: FuzzCase, source: OpenSource, file: string, folder: string): Promise<void> {
  const [user, item = user, time] = source.columns.map(({ name }) => name);
  if (user === undefined || item === undefined) return;
  const input: DescriptionInput = {
    name: 'fuzz',
    interactions: { ...fuzz.seed.spec, files: file, user, item, ...(time === undefined ? {} : { time }) },
  };
  const description = descriptionSchema.parse(input);
  await prepareDataset(description, {
    out: path.join(folder, 'out'),
    base: folder,
    threads: 1,
    memoryLimit: '1GB',
    tempDirectory: folder,
  });
}
