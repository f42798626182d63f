// Ways in which people's files differ that change nothing: each turns the writing of a shop into another one of the same values. What may
// be asked back, because the file alone leaves it open, says so; everything else must come out right.
import { COMPANIONS } from './companions.test.support.js';
import {
  columns,
  each,
  isCsv,
  isObjects,
  isText,
  isTimed,
  type Spelling,
  tables,
  writings,
} from './layout.test.support.js';
import { DAYS, TIMES, UNITS } from './moments.test.support.js';
import { pick, shuffled } from './shops.test.support.js';
import type { ColumnWriting, Form, Writing } from './writing.test.support.js';

/** The columns of numbers that are still written as programs do. */
function numbers({ columns: all, form }: Writing): ColumnWriting[] {
  if (form === 'parquet' || form === 'atomic') return [];
  return all.filter(
    ({ column, number }) => column.kind === 'number' && number.decimal === '.' && number.thousands === '',
  );
}
const isFraction = ({ column: { values } }: ColumnWriting): boolean =>
  values.some((value) => typeof value === 'number' && !Number.isInteger(value));

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
  /** Everything in JSON as text, numbers and ids, too. */
  text: (layout, random) =>
    each(
      tables(layout, random, (writing) => isCsv(writing) || isObjects(writing)),
      (writing) => {
        if (isCsv(writing)) Object.assign(writing, { form: 'jsonl', ending: '.jsonl' });
        for (const own of writing.columns) if (own.column.kind !== 'time') own.asText = true;
      },
    ),
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
  /** Cells between single blanks; those with blanks of their own in quotes. */
  spaced: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => {
      writing.delimiter = ' ';
      writing.ending = pick(random, ['.csv', '.txt']);
      layout.mayAsk.push(/delimiter/);
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
      tables(layout, random, (writing) => isCsv(writing) && writing.delimiter.trim() !== ''),
      (writing) => {
        writing.blanks = pick(random, ['after', 'around', 'some']);
      },
    ),
  trailing: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => (writing.trailing = pick(random, ['rows', 'all']))),
  ...COMPANIONS,
  names: (layout, random) => {
    const write = pick(random, CASES);
    return each(tables(layout, random), (writing) => {
      for (const own of writing.columns) if (own.column.kind !== 'filler') own.name = write(own.column.words);
    });
  },
  columnOrder: (layout, random) =>
    // Of two columns of one name the first keeps it.
    each(
      tables(layout, random, ({ columns: all }) => new Set(all.map(({ name }) => name)).size === all.length),
      (writing) => {
        const { columns: old } = writing;
        writing.columns = shuffled(random, old.length).flatMap((index) => old[index] ?? []);
      },
    ),
  rowOrder: (layout, random) =>
    each(
      tables(layout, random, (writing) => writing.files.length === 1 && (writing !== layout.log || isTimed(layout))),
      (writing) => {
        const { rows } = writing;
        writing.rows = shuffled(random, rows.length).flatMap((at) => rows[at] ?? []);
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
    // A folder is searched for files that are data by their ending.
    if (log.asked === 'log' && log.ending === '.txt') layout.mayAsk.push(/holds no data files/);
    return true;
  },
  /** A program writes all numbers of a table alike. */
  decimalComma: (layout, random) =>
    each(
      tables(layout, random, (writing) => numbers(writing).some(isFraction)),
      (writing) => {
        const thousands = pick(random, ['', '', '.', ' ', "'"]);
        for (const { number } of numbers(writing)) Object.assign(number, { decimal: ',', thousands });
      },
    ),
  thousands: (layout, random) =>
    each(
      tables(layout, random, (writing) => numbers(writing).length > 0),
      (writing) => {
        const thousands = pick(random, [',', ',', ' ', '\u00a0', "'"]);
        for (const { number } of numbers(writing)) number.thousands = thousands;
      },
    ),
  fixed: (layout, random) =>
    each(
      tables(layout, random, ({ form }) => form !== 'parquet'),
      (writing) => {
        const fixed = pick(random, [2, 2, 3]);
        for (const own of writing.columns) if (own.column.kind === 'number') own.number.fixed = fixed;
      },
    ),
  currency: (layout, random) =>
    columns(
      layout,
      random,
      (own, { form }) => MONEY.test(own.column.words.join()) && form !== 'parquet' && form !== 'atomic',
      ({ number }) => {
        [number.before, number.after] = pick(random, CURRENCIES);
        // No amount of money has three decimals.
        if (number.fixed === 3) number.fixed = 2;
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
  /** A log of two sources, one of which counts milliseconds. */
  twoUnits: (layout, random) =>
    columns(
      layout,
      random,
      ({ column }) => column.kind === 'time',
      (own) => {
        const every = pick(random, [2, 3, 10]);
        layout.told.push(/more than one unit/);
        own.time = { text: (seconds, row) => (row % every === 0 ? `${seconds}000` : String(seconds)), bare: true };
      },
    ),
  nothing: (layout, random) =>
    columns(
      layout,
      random,
      ({ column }) => column.values.includes(null) && ATTRIBUTES.has(column.kind),
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
};

const ATTRIBUTES: ReadonlySet<string> = new Set(['number', 'category', 'list', 'path', 'title']);
const MONEY = /price|paid|revenue|amount/;
const CURRENCIES = [
  ['$', ''],
  ['€', ''],
  ['', ' EUR'],
  ['', ' €'],
  ['', '€'],
  ['USD ', ''],
  ['£', ''],
] as const;

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
