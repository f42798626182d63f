// Ways in which people's files differ that change nothing: each turns the writing of a shop into another one of the same values. What may
// be asked back, because the file alone leaves it open, says so here; everything else must come out right.
import type { RandomStream } from '../random.js';
import { type Column, pick, type Shop, shuffled, type Value } from './shops.test.support.js';
import {
  type ColumnWriting,
  type Form,
  numberText,
  plainColumn,
  plainWriting,
  SEPARATOR_LINE,
  type Writing,
} from './writing.test.support.js';

/** How all of a shop is written. */
export interface Layout {
  readonly shop: Shop;
  readonly log: Writing;
  readonly items?: Writing;
  readonly users?: Writing;
  /** Messages with which it may be refused. */
  readonly mayAsk: RegExp[];
  /** Names of columns of which a field may be made although they mean nothing, or as often a field as not. */
  readonly mayServe: string[];
}

/** A way to write; false where it cannot be had with what is written already. */
type Spelling = (layout: Layout, random: RandomStream) => boolean;

/** The plainest way to write a shop. */
export function plainLayout(shop: Shop): Layout {
  const { log, items, users } = shop;
  return {
    shop,
    log: plainWriting(log, 'log'),
    ...(items === undefined ? {} : { items: plainWriting(items, 'items') }),
    ...(users === undefined ? {} : { users: plainWriting(users, 'users') }),
    mayAsk: [],
    mayServe: [],
  };
}

/** The tables of a layout. */
export function writings({ log, items, users }: Layout): Writing[] {
  return [log, items, users].filter((writing) => writing !== undefined);
}

/** One, or all tables. */
function tables(layout: Layout, random: RandomStream, fits: (writing: Writing) => boolean = () => true): Writing[] {
  const fitting = writings(layout).filter(fits);
  if (fitting.length === 0) return [];
  return random.chance(0.5) ? fitting : [pick(random, fitting)];
}

function each(chosen: readonly Writing[], change: (writing: Writing) => void): boolean {
  for (const writing of chosen) change(writing);
  return chosen.length > 0;
}

const isCsv = ({ form }: Writing): boolean => form === 'csv';
const isText = ({ form }: Writing): boolean => form !== 'parquet';
const isObjects = ({ form }: Writing): boolean => form === 'jsonl' || form === 'json';

/** Some of the columns that fit, of any table, at least one; false where none does. */
function columns(
  layout: Layout,
  random: RandomStream,
  fits: (column: ColumnWriting, writing: Writing) => boolean,
  change: (column: ColumnWriting, writing: Writing) => void,
): boolean {
  const fitting = writings(layout).flatMap((writing) =>
    writing.columns.filter((column) => fits(column, writing)).map((column) => ({ column, writing })),
  );
  if (fitting.length === 0) return false;
  const sure = random.integer(fitting.length);
  for (const [index, { column, writing }] of fitting.entries())
    if (index === sure || random.chance(0.6)) change(column, writing);
  return true;
}

const isNumber = ({ column, number }: ColumnWriting, { form }: Writing): boolean =>
  column.kind === 'number' &&
  form !== 'parquet' &&
  form !== 'atomic' &&
  number.decimal === '.' &&
  number.thousands === '';
const isFraction = ({ column: { values } }: ColumnWriting): boolean =>
  values.some((value) => typeof value === 'number' && !Number.isInteger(value));
const hasHoles = ({ column }: ColumnWriting): boolean => column.values.includes(null);

function toForm(form: Form, ending: string): Spelling {
  return (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => {
      writing.form = form;
      writing.ending = ending;
    });
}

/** By name, in the order in which they are applied: forms first, for the others depend on them. */
export const SPELLINGS: Readonly<Record<string, Spelling>> = {
  jsonl: toForm('jsonl', '.jsonl'),
  json: toForm('json', '.json'),
  parquet: toForm('parquet', '.parquet'),
  atomic: (layout) => {
    const all = writings(layout);
    // Its lists are words between blanks, and it has no quotes.
    const plain = all.every(
      (writing) =>
        isCsv(writing) && writing.columns.every(({ column }) => column.kind !== 'list' && column.kind !== 'path'),
    );
    if (!plain) return false;
    for (const [writing, ending] of [
      [layout.log, '.inter'],
      [layout.items, '.item'],
      [layout.users, '.user'],
    ] as const) {
      if (writing === undefined) continue;
      writing.form = 'atomic';
      writing.ending = ending;
      writing.delimiter = '\t';
      writing.files = [{ name: 'shop', rows: writing.rows }];
    }
    return true;
  },
  delimiter: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => {
      writing.delimiter = pick(random, [';', '\t', '|']);
      writing.ending = pick(random, ['.csv', '.txt', ...(writing.delimiter === '\t' ? ['.tsv', '.tsv'] : [])]);
      // A list is written otherwise where its separator stands between cells.
      for (const own of writing.columns) if (own.column.kind === 'list' && writing.delimiter === '|') own.list = ';';
    }),
  packed: (layout, random) => each(tables(layout, random, isText), (writing) => (writing.packed = true)),
  mark: (layout, random) => each(tables(layout, random, isText), (writing) => (writing.bom = true)),
  lineEnds: (layout, random) =>
    each(tables(layout, random, isText), (writing) => {
      writing.end = pick(random, ['\r\n', '\r\n', '\r', '\n\n']);
      writing.lastEnd = random.chance(0.6);
    }),
  quotes: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => (writing.quotes = pick(random, ['all', 'texts', 'some']))),
  blanks: (layout, random) =>
    each(
      tables(layout, random, (writing) => isCsv(writing) && writing.delimiter !== '\t'),
      (writing) => {
        writing.blanks = pick(random, ['after', 'around', 'some']);
      },
    ),
  trailing: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => (writing.trailing = pick(random, ['rows', 'all']))),
  above: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => {
      writing.above = pick(random, [[SEPARATOR_LINE], ['# exported on 2024-05-03'], ['# shop', '# all rows']]);
    }),
  index: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => {
      const values = Array.from({ length: writing.table.rows }, (_, row) => String(row));
      const name = pick(random, ['', '', 'Unnamed: 0', 'index', '0']);
      writing.columns.unshift({ ...filler(values), name });
    }),
  extra: (layout, random) =>
    each(tables(layout, random), (writing) => {
      const { rows } = writing.table;
      const all = (value: (row: number) => Value): Value[] => Array.from({ length: rows }, (_, row) => value(row));
      const values = pick(random, [
        all(() => null),
        all(() => 'EUR'),
        all(
          (row) => `Row ${row} was written after the customer had called us about the colour of the ${row % 7}th one.`,
        ),
        all((row) => `https://shop.example/p/${row}.html`),
      ]);
      const name = pick(random, ['notes', 'remark', 'extra', 'col 7']);
      writing.columns.splice(random.integer(writing.columns.length + 1), 0, { ...filler(values), name });
    }),
  repeated: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => {
      const others = writing.columns.filter(({ column }) => column.kind !== 'filler');
      const twin = pick(random, others);
      writing.columns.push({ ...filler(Array.from({ length: writing.table.rows }, () => null)), name: twin.name });
    }),
  names: (layout, random) => {
    const write = pick(random, CASES);
    return each(tables(layout, random), (writing) => {
      for (const own of writing.columns) if (own.column.kind !== 'filler') own.name = write(own.column.words);
    });
  },
  columnOrder: (layout, random) =>
    each(tables(layout, random), (writing) => {
      const { columns: old } = writing;
      writing.columns = shuffled(random, old.length).flatMap((index) => old[index] ?? []);
    }),
  rowOrder: (layout, random) =>
    each(
      tables(layout, random, (writing) => writing.files.length === 1 && (writing !== layout.log || isTimed(layout))),
      (writing) => {
        writing.rows = shuffled(random, writing.table.rows);
        writing.files = writing.files.map(({ name }) => ({ name, rows: writing.rows }));
      },
    ),
  files: (layout, random) => {
    const { log } = layout;
    if (log.form === 'atomic' || log.form === 'json') return false;
    const number = 2 + random.integer(11);
    const stem = pick(random, ['day', 'part-', 'log_', 'clicks 2024-']);
    const padded = random.chance(0.3);
    const each = Math.ceil(log.rows.length / number);
    const files = Array.from({ length: number }, (_, index) => ({
      name: `log/${stem}${String(index + 1).padStart(padded ? 2 : 1, '0')}`,
      rows: log.rows.slice(index * each, (index + 1) * each),
    })).filter(({ rows }) => rows.length > 0);
    log.files = files;
    const names = files.map(({ name }) => name);
    const listed = isTimed(layout) ? shuffled(random, names.length).map((index) => names[index] ?? '') : names;
    log.asked = pick(random, [listed, 'log/*', 'log']);
    return true;
  },
  decimalComma: (layout, random) =>
    columns(
      layout,
      random,
      (own, writing) => isNumber(own, writing) && isFraction(own),
      ({ number }) => {
        number.decimal = ',';
        number.thousands = pick(random, ['', '', '.', ' ', "'"]);
      },
    ),
  thousands: (layout, random) =>
    columns(layout, random, isNumber, ({ number }) => {
      number.thousands = pick(random, [',', ',', ' ', '\u00a0', "'"]);
    }),
  fixed: (layout, random) =>
    columns(
      layout,
      random,
      (own, writing) => own.column.kind === 'number' && writing.form !== 'parquet',
      ({ number }) => {
        number.fixed = pick(random, [2, 2, 3]);
      },
    ),
  currency: (layout, random) =>
    columns(
      layout,
      random,
      (own, writing) =>
        isNumber({ ...own, number: { ...own.number, decimal: '.', thousands: '' } }, writing) &&
        /price|paid|revenue|amount/.test(own.column.words.join()),
      ({ number }) => {
        [number.before, number.after] = pick(random, [
          ['$', ''],
          ['€', ''],
          ['', ' EUR'],
          ['', ' €'],
          ['', '€'],
          ['USD ', ''],
          ['£', ''],
        ] as const);
      },
    ),
  times: (layout, random) =>
    columns(
      layout,
      random,
      ({ column }, { form }) => column.kind === 'time' && form !== 'atomic',
      (own) => {
        const texts = layout.shop.daily ? [...TIMES, ...DAYS, ...DAYS] : TIMES;
        own.time = { text: pick(random, texts), bare: false };
      },
    ),
  unit: (layout, random) =>
    columns(
      layout,
      random,
      ({ column }) => column.kind === 'time',
      (own) => {
        own.time = { text: pick(random, UNITS), bare: true };
      },
    ),
  nothing: (layout, random) =>
    columns(
      layout,
      random,
      (own) => hasHoles(own) && own.column.kind !== 'filler',
      (own) => {
        const word = pick(random, WORDS);
        own.nothing = random.chance(0.3) ? [word, ''] : [word];
      },
    ),
  pads: (layout, random) =>
    columns(
      layout,
      random,
      ({ column }) => column.kind === 'category',
      (own) => {
        own.pads = pick(random, [' ', '  ', '\u00a0']);
      },
    ),
  unicode: (layout) => each(writings(layout), (writing) => (writing.unicode = 'NFD')),
  list: (layout, random) =>
    columns(
      layout,
      random,
      ({ column }, { form }) => column.kind === 'list' && form !== 'parquet',
      (own, { delimiter }) => {
        own.list = pick(
          random,
          ['|', ';', ', ', ',', 'json', 'python'].filter((form) => form !== delimiter),
        );
      },
    ),
  path: (layout, random) =>
    columns(
      layout,
      random,
      ({ column }, { form }) => column.kind === 'path' && form !== 'parquet',
      (own) => {
        own.list = pick(random, [' > ', '/', ' / ', ' >> ', '>', ' › ']);
      },
    ),
  text: (layout, random) =>
    columns(
      layout,
      random,
      ({ column }, writing) => isObjects(writing) && column.kind !== 'time',
      (own) => {
        own.asText = true;
      },
    ),
};

const WORDS = ['NaN', 'nan', 'NA', 'N/A', 'null', 'NULL', 'None', '\\N', '-', 'n/a', '#N/A'] as const;

const CASES: readonly ((words: readonly string[]) => string)[] = [
  (words) => words.map((word, index) => (index === 0 ? word : capital(word))).join(''),
  (words) => words.map(capital).join(''),
  (words) => words.map((word) => (word === 'id' ? 'ID' : capital(word))).join(' '),
  (words) => words.join('_').toUpperCase(),
  (words) => words.join(''),
  (words) => words.join(' '),
  (words) => words.join('-'),
];

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19);
const two = (number: number): string => String(number).padStart(2, '0');
const clock = (seconds: number): string => iso(seconds).slice(11);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
function day(seconds: number): { d: string; m: string; y: string; month: string } {
  const date = new Date(seconds * 1000);
  const month = date.getUTCMonth();
  return { d: two(date.getUTCDate()), m: two(month + 1), y: String(date.getUTCFullYear()), month: MONTHS[month] ?? '' };
}

/** Times to the second, all of them the same moment. */
const TIMES: readonly ((seconds: number, row: number) => string)[] = [
  iso,
  (seconds) => iso(seconds).replace('T', ' '),
  (seconds) => `${iso(seconds)}Z`,
  (seconds) => `${iso(seconds)}.000Z`,
  (seconds) => `${iso(seconds).replace('T', ' ')}.000000`,
  (seconds) => `${iso(seconds + 7200)}+02:00`,
  (seconds) => `${iso(seconds - 18_000).replace('T', ' ')}-0500`,
  (seconds, row) => (row % 2 === 0 ? `${iso(seconds)}Z` : `${iso(seconds + 3600)}+01:00`),
  (seconds) => `${iso(seconds).replace('T', ' ')} UTC`,
  (seconds) => `${day(seconds).d}.${day(seconds).m}.${day(seconds).y} ${clock(seconds)}`,
  (seconds) => `${day(seconds).y}/${day(seconds).m}/${day(seconds).d} ${clock(seconds)}`,
  (seconds) => `${day(seconds).d} ${day(seconds).month} ${day(seconds).y} ${clock(seconds)}`,
  (seconds) => `${day(seconds).d}/${day(seconds).month}/${day(seconds).y}:${clock(seconds)} +0000`,
];

/** Whole days. */
const DAYS: readonly ((seconds: number) => string)[] = [
  (seconds) => iso(seconds).slice(0, 10),
  (seconds) => `${day(seconds).d}.${day(seconds).m}.${day(seconds).y}`,
  (seconds) => `${day(seconds).y}${day(seconds).m}${day(seconds).d}`,
  (seconds) => `${day(seconds).month} ${day(seconds).d}, ${day(seconds).y}`,
  (seconds) => `${day(seconds).m}/${day(seconds).d}/${day(seconds).y}`,
  (seconds) => `${day(seconds).d}/${day(seconds).m}/${day(seconds).y}`,
  (seconds) => `${day(seconds).y}/${day(seconds).m}/${day(seconds).d}`,
];

const UNITS: readonly ((seconds: number) => string)[] = [
  (seconds) => `${seconds}000`,
  (seconds) => `${seconds}000000`,
  (seconds) => `${seconds}000000000`,
  (seconds) => `${seconds}.0`,
  (seconds) => `${seconds}.000`,
];

function filler(values: readonly Value[]): ColumnWriting {
  const column: Column = { kind: 'filler', words: [], values };
  return plainColumn(column);
}

function isTimed({ log }: Layout): boolean {
  return log.columns.some(({ column }) => column.kind === 'time');
}

/** Whether nobody can tell what the numbers of a column are: 4,955 alone may be 4955 or 4.955. */
export function isOpen({ column, number }: ColumnWriting): boolean {
  const mark = number.decimal === ',' ? ',' : number.thousands;
  if (mark !== ',' && mark !== '.') return false;
  const texts = column.values.flatMap((value) =>
    typeof value === 'number' ? numberText(value, { ...number, before: '', after: '' }) : [],
  );
  return texts.every((text) => /^-?\d{1,3}([.,]\d{3})?$/.test(text));
}
