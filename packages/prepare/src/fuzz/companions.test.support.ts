// What stands in people's files besides the data: lines above the header, columns that mean nothing, rows that cannot be used. None of it
// may become a value, and no row may go without being counted.
import type { RandomStream } from '@difsr/data/internal';
import { each, isCsv, isTimed, type Layout, type Spelling, tables } from './layout.test.support.js';
import { iso } from './moments.test.support.js';
import { type Column, pick, type Value } from './shops.test.support.js';
import { type ColumnWriting, plainColumn, SEPARATOR_LINE, type Writing } from './writing.test.support.js';

/** By name. */
export const COMPANIONS: Readonly<Record<string, Spelling>> = {
  above: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => {
      writing.above = pick(random, [[SEPARATOR_LINE], ['# exported on 2024-05-03'], ['# shop', '# all rows']]);
    }),
  index: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => {
      const name = pick(random, ['', '', 'Unnamed: 0', 'index', '0']);
      writing.columns.unshift(filler(writing, name, String));
      // A name is a name: where rows are few or some are lost, the numbers may as well mean something.
      if (name === '0') layout.mayServe.push(name);
    }),
  extra: (layout, random) =>
    each(tables(layout, random), (writing) => {
      const means = pick(random, Object.values(MEANINGLESS));
      const name = pick(random, ['notes', 'remark', 'extra', 'col 7']);
      writing.columns.splice(random.integer(writing.columns.length + 1), 0, filler(writing, name, means));
    }),
  /** A second column of a name that there is already. */
  repeated: (layout, random) =>
    each(tables(layout, random, isCsv), (writing) => {
      const twin = pick(
        random,
        writing.columns.filter(({ column }) => column.kind !== 'filler'),
      );
      writing.columns.push(filler(writing, twin.name, () => null));
    }),
  /** Dates of something else: no order of the log, and no category. */
  dates: (layout, random) =>
    each(
      tables(layout, random, () => isTimed(layout)),
      (writing) => {
        const first = 1_200_000_000 + random.integer(1e8);
        const name = pick(random, ['signup_date', 'registered', 'member_since', 'birth_date']);
        // In an atomic file its type says that it is a category.
        if (writing.form === 'atomic') layout.mayServe.push(name);
        writing.columns.push(filler(writing, name, (row) => iso(first + ((row * 7919) % 1009) * 86_400).slice(0, 10)));
      },
    ),
  /** The title of the item in every order line, beside a catalogue. */
  titles: ({ log, items }) => {
    const things = log.columns.find(({ column }) => column.kind === 'item');
    if (items === undefined || things === undefined) return false;
    const { values } = things.column;
    log.columns.push(filler(log, 'product_title', (row) => `Lamp, large, for ${String(values[row])}, white`));
    return true;
  },
  /** Rows without a user, an item, or a time: set aside and counted. */
  unusable: (layout, random) => {
    const { log } = layout;
    if (!isTimed(layout) || log.files.length > 1 || log.form === 'parquet') return false;
    const kind = pick(random, ['user', 'item', 'time', 'time'] as const);
    for (let left = 1 + random.integer(3); left > 0; left--)
      addRow(layout, random, (column, value) => (column.kind === kind ? null : value));
    const words = kind === 'time' && log.form === 'csv' ? ['', '0', 'NaT'] : [''];
    for (const own of log.columns) if (own.column.kind === kind) own.nothing = [pick(random, words)];
    return true;
  },
  /** What a data frame writes for visitors who were not logged in: they make one user, which is said. */
  nameless: (layout, random) => {
    const { log } = layout;
    const own = log.columns.find(({ column }) => column.kind === 'user');
    const user = own?.column.values[0];
    if (own === undefined || layout.users !== undefined) return false;
    const word = pick(random, ['NaN', 'nan', 'null', 'None', 'NULL', '\\N']);
    const values = own.column.values.map((value) => (value === user ? word : value));
    log.columns = log.columns.map((other) => (other === own ? { ...own, column: { ...own.column, values } } : other));
    layout.told.push(new RegExp(`user called "${word === '\\N' ? String.raw`\\\\N` : word}"`));
    return true;
  },
  /** A quote that is never closed, and another one far below: at most these two rows are lost. */
  strayQuotes: (layout, random) => {
    const { log } = layout;
    const channel =
      log.columns.find(({ column }) => column.kind === 'category' && column.ofItem !== true)?.column.values ?? [];
    // Everybody and everything else has occurred by then.
    const rows = log.rows.filter((row) => row >= 20 && row < log.table.rows && channel[row] !== null);
    if (!isTimed(layout) || !isCsv(log) || channel.length === 0 || rows.length < 2) return false;
    const [first = 0] = rows;
    const last = rows.at(-1) ?? 0;
    log.strays = { first, last, behind: random.chance(0.7) };
    layout.doubtful.push(first, last);
    return true;
  },
  bareQuotes: (layout, random) => each(tables(layout, random, isCsv), (writing) => (writing.bareQuotes = true)),
};

/** Columns of which nothing may be made. */
const MEANINGLESS: Readonly<Record<string, (row: number) => Value>> = {
  empty: () => null,
  constant: () => 'EUR',
  prose: (row) => `Row ${row} was written after the customer had called us about the colour of the ${row % 7}th one.`,
  page: (row) => `https://shop.example/p/${row}.html`,
};

function filler({ table }: Writing, name: string, value: (row: number) => Value): ColumnWriting {
  const values = Array.from({ length: table.rows }, (_, row) => value(row));
  const column: Column = { kind: 'filler', words: [], values };
  return { ...plainColumn(column), name };
}

/** Puts a changed copy of a row somewhere into the log; it must be set aside. */
function addRow(layout: Layout, random: RandomStream, change: (column: Column, value: Value) => Value): void {
  const { log } = layout;
  const model = random.integer(log.table.rows);
  const added = log.columns[0]?.column.values.length ?? 0;
  log.columns = log.columns.map((own) => {
    const { column } = own;
    const old = column.values[model] ?? null;
    // An index counts on.
    const value = column.kind === 'filler' && old === String(model) ? String(added) : change(column, old);
    return { ...own, column: { ...column, values: [...column.values, value] } };
  });
  const at = random.integer(log.rows.length + 1);
  log.rows = [...log.rows.slice(0, at), added, ...log.rows.slice(at)];
  log.files = log.files.map(({ name }) => ({ name, rows: log.rows }));
  layout.aside.push(added);
}
