// How a table stands in files: form, dialect, and per column its name and the way its values are spelt. The plainest writing is the
// default; spellings.test.support.ts changes it. Whatever it says, the values are the same.
import { gzipSync } from 'node:zlib';
import type { RandomStream } from '@difsr/data/internal';
import { type Column, pick, type Table, type Value } from './shops.test.support.js';

/** Forms of files. */
export type Form = 'csv' | 'jsonl' | 'json' | 'parquet' | 'atomic';

/** How numbers are written. */
export interface NumberWriting {
  decimal: '.' | ',';
  /** Between thousands. */
  thousands: string;
  before: string;
  after: string;
  /** As many decimals everywhere, as prices have; otherwise as many as there are. */
  fixed: number | undefined;
}

/** How one column is written. */
export interface ColumnWriting {
  readonly column: Column;
  name: string;
  number: NumberWriting;
  /** Seconds since 1970 as text, or as a bare number. */
  time: { readonly text: (seconds: number, row: number) => string; readonly bare: boolean };
  /** Between the values of a cell; `json`, `python`: as a list of that language. */
  list: string;
  /** Words that stand where there is no value; '' is an empty cell. */
  nothing: readonly string[];
  /** White space behind some values. */
  pads: string;
  /** Objects: numbers and ids that look like numbers are written as text. */
  asText: boolean;
}

/** How one table is written. */
export interface Writing {
  readonly table: Table;
  columns: ColumnWriting[];
  form: Form;
  /** Ending of the names of its files, packing left out. */
  ending: string;
  packed: boolean;
  /** The order of rows. */
  rows: readonly number[];
  /** Rows of each file, by place in `rows`. */
  files: readonly { readonly name: string; readonly rows: readonly number[] }[];
  /** What is asked for: names of files in an order, a glob, a folder ('.'). */
  asked: string | readonly string[];
  // Text alone:
  delimiter: string;
  bom: boolean;
  end: string;
  lastEnd: boolean;
  quotes: 'needed' | 'all' | 'texts' | 'some';
  /** Blanks before and behind the delimiter. */
  blanks: 'none' | 'after' | 'around' | 'some';
  /** A delimiter at the end of each line. */
  trailing: 'none' | 'rows' | 'all';
  /** Lines above the header. */
  above: readonly string[];
  /** Quotes within a cell stand there as they are. */
  bareQuotes: boolean;
  /** Two rows with a stray quote: one before a cell, one behind it or before it. */
  strays: { readonly first: number; readonly last: number; readonly behind: boolean } | undefined;
  unicode: 'NFC' | 'NFD';
}

/** Stands for the line with which Excel is told the delimiter. */
export const SEPARATOR_LINE = 'sep=';

/** The plainest way to write a table. */
export function plainWriting(table: Table, name: string): Writing {
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  return {
    table,
    columns: table.columns.map(plainColumn),
    form: 'csv',
    ending: '.csv',
    packed: false,
    rows,
    files: [{ name, rows }],
    asked: '',
    delimiter: ',',
    bom: false,
    end: '\n',
    lastEnd: true,
    quotes: 'needed',
    blanks: 'none',
    trailing: 'none',
    above: [],
    bareQuotes: false,
    strays: undefined,
    unicode: 'NFC',
  };
}

/** The plainest way to write a column. */
export function plainColumn(column: Column): ColumnWriting {
  return {
    column,
    name: column.words.join('_'),
    number: { decimal: '.', thousands: '', before: '', after: '', fixed: undefined },
    time: { text: String, bare: true },
    list: column.kind === 'path' ? ' > ' : '|',
    nothing: [''],
    pads: '',
    asText: false,
  };
}

/** The name of a file of a table. */
export function fileName({ ending, packed }: Writing, name: string): string {
  return `${name}${ending}${packed ? '.gz' : ''}`;
}

/** The files of a table but for Parquet, which the engine writes. */
export function textFiles(writing: Writing, random: RandomStream): Map<string, Buffer> {
  return new Map(
    writing.files.map(({ name, rows }) => {
      const text = TEXTS[writing.form](writing, rows, random).normalize(writing.unicode);
      const bytes = Buffer.from((writing.bom ? '\uFEFF' : '') + text);
      return [fileName(writing, name), writing.packed ? gzipSync(bytes, { level: 1 }) : bytes];
    }),
  );
}

const TEXTS: Readonly<Record<Form, (writing: Writing, rows: readonly number[], random: RandomStream) => string>> = {
  csv: delimited,
  atomic: delimited,
  jsonl: (writing, rows, random) => lines(writing, objects(writing, rows, random)),
  json: (writing, rows, random) => `[${objects(writing, rows, random).join(`,${writing.end}`)}]`,
  parquet: (writing, rows, random) => lines(writing, objects(writing, rows, random)),
};

function lines({ end, lastEnd }: Writing, texts: readonly string[]): string {
  return texts.join(end) + (lastEnd ? end : '');
}

function delimited(writing: Writing, rows: readonly number[], random: RandomStream): string {
  const { columns, delimiter, form, strays } = writing;
  const line = (cells: readonly string[], behind: boolean): string => {
    let text = cells[0] ?? '';
    for (const cell of cells.slice(1)) text += between(writing, random) + cell;
    return text + (behind ? delimiter : '');
  };
  const header = columns.map((own) =>
    form === 'atomic' ? `${own.name}:${ATOMIC[own.column.kind]}` : quoted(writing, own.name, true, random),
  );
  const stray = columns.find(({ column }) => column.kind === 'category' && column.ofItem !== true);
  const records = rows.map((row) =>
    line(
      columns.map((own) => {
        const text = cellText(own, row, random) + (own.pads !== '' && random.chance(0.3) ? own.pads : '');
        if (own === stray && row === strays?.first) return `"${text}`;
        if (own === stray && row === strays?.last) return strays.behind ? `${text}"` : `"${text}`;
        return quoted(writing, text, own.column.kind !== 'number' && own.column.kind !== 'time', random);
      }),
      writing.trailing !== 'none',
    ),
  );
  return lines(writing, [
    ...writing.above.map((text) => (text === SEPARATOR_LINE ? text + delimiter : text)),
    line(header, writing.trailing === 'all'),
    ...records,
  ]);
}

const ATOMIC: Readonly<Record<Column['kind'], string>> = {
  user: 'token',
  item: 'token',
  time: 'float',
  title: 'token_seq',
  number: 'float',
  category: 'token',
  list: 'token_seq',
  path: 'token_seq',
  filler: 'token',
};

function between({ delimiter, blanks }: Writing, random: RandomStream): string {
  if (blanks === 'none') return delimiter;
  const some = (): string => ' '.repeat(random.integer(3));
  if (blanks === 'after') return `${delimiter} `;
  return blanks === 'around' ? ` ${delimiter} ` : some() + delimiter + some();
}

function quoted(
  { quotes, delimiter, form, bareQuotes }: Writing,
  text: string,
  isText: boolean,
  random: RandomStream,
): string {
  if (form === 'atomic') return text;
  const asked =
    quotes === 'all' || (quotes === 'texts' && isText && text !== '') || (quotes === 'some' && random.chance(0.4));
  const needed =
    // Between blanks an empty cell cannot be seen.
    (delimiter === ' ' && text === '') ||
    text.includes(delimiter.trim() === '' ? delimiter : delimiter.trim()) ||
    (bareQuotes ? /^\s*"/ : /["\r\n]/).test(text);
  return asked || needed ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A cell as text. */
export function cellText(own: ColumnWriting, row: number, random: RandomStream): string {
  const value = own.column.values[row] ?? null;
  if (value === null) return pick(random, own.nothing);
  if (typeof value === 'object') return listText(value, own.list);
  if (typeof value === 'string') return value;
  return own.column.kind === 'time' ? own.time.text(value, row) : numberText(value, own.number);
}

function listText(values: readonly string[], form: string): string {
  if (form === 'json') return JSON.stringify(values);
  if (form === 'python')
    return `[${values.map((value) => (value.includes("'") ? JSON.stringify(value) : `'${value}'`)).join(', ')}]`;
  return values.join(form);
}

/** A number as people write it. */
export function numberText(value: number, { decimal, thousands, before, after, fixed }: NumberWriting): string {
  const plain = fixed === undefined ? String(Math.abs(value)) : Math.abs(value).toFixed(fixed);
  const [whole = '', part] = plain.split('.');
  const grouped = thousands === '' ? whole : whole.replaceAll(/\B(?=(\d{3})+$)/g, thousands);
  const sign = value < 0 ? '-' : '';
  return `${sign}${before}${grouped}${part === undefined ? '' : decimal + part}${after}`;
}

/** Rows as JSON objects. */
function objects(writing: Writing, rows: readonly number[], random: RandomStream): string[] {
  return rows.map((row) => {
    const pairs = writing.columns.flatMap((own) => {
      const value = jsonText(own, row, random);
      return value === undefined ? [] : [`${JSON.stringify(own.name)}: ${value}`];
    });
    return `{${pairs.join(', ')}}`;
  });
}

/** A cell in JSON; `undefined`: the key is left out. */
function jsonText(own: ColumnWriting, row: number, random: RandomStream): string | undefined {
  const { column, number, time, list, asText, pads } = own;
  const value: Value = column.values[row] ?? null;
  if (value === null) {
    const word = pick(random, own.nothing);
    // What Python's json.dumps writes for a NaN.
    if (word === 'NaN' && column.kind === 'number' && !asText) return word;
    if (word === '') return random.chance(0.5) ? undefined : 'null';
    return JSON.stringify(word);
  }
  if (typeof value === 'object')
    return column.kind === 'list' && list === '|' ? JSON.stringify(value) : JSON.stringify(listText(value, list));
  if (typeof value === 'number') {
    const text = cellText(own, row, random);
    const bare = column.kind === 'time' ? time.bare : isBare(number);
    return bare && !asText ? text : JSON.stringify(text);
  }
  const isWhole = /^(0|[1-9]\d*)$/.test(value) && column.kind !== 'title';
  return isWhole && !asText ? value : JSON.stringify(value + (pads !== '' && random.chance(0.3) ? pads : ''));
}

function isBare({ decimal, thousands, before, after }: NumberWriting): boolean {
  return decimal === '.' && thousands === '' && before === '' && after === '';
}
