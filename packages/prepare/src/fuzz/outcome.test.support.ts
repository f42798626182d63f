// What a shop must come out as, what the prepared form holds, and the first difference between the two.
import path from 'node:path';
import type { Engine } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { type Manifest, type ManifestField, PREPARED_FILES } from '../prepared/manifest.js';
import type { Value } from './shops.test.support.js';
import { isOpen, type Layout } from './layout.test.support.js';
import type { ColumnWriting, Writing } from './writing.test.support.js';

/** A field: what kind of values, and of whom. */
type Kind = ManifestField['kind'];

/** Values by the name of their field. */
type Row = ReadonlyMap<string, Value>;

/** A data set in words. */
export interface DataInWords {
  /** Kinds of fields by owner and name. */
  readonly fields: ReadonlyMap<string, Kind>;
  /** Per user what it did, oldest first. */
  readonly histories: ReadonlyMap<
    string,
    readonly { readonly item: string; readonly time: number | null; readonly row: Row }[]
  >;
  readonly items: ReadonlyMap<string, Row>;
  readonly users: ReadonlyMap<string, Row>;
  /** Rows that were set aside. */
  readonly aside: number;
}

/** The name of items as if it were a field. */
const TITLE = 'the name';

const KINDS: Readonly<Record<ColumnWriting['column']['kind'], Kind | undefined>> = {
  user: undefined,
  item: undefined,
  time: undefined,
  title: undefined,
  filler: undefined,
  number: 'numeric',
  category: 'categorical',
  list: 'multi-categorical',
  path: 'multi-categorical',
};

/** Whether a column was left out because nobody can tell what its numbers are. */
export function isLeftOpen(own: ColumnWriting, { fields }: DataInWords): boolean {
  return isOpen(own) && [...fields.keys()].every((field) => !field.endsWith(` ${own.name}`));
}

/** The data set that a shop is; of doubtful rows, those that were found, and without columns that are left open. */
export function rightData({ log, items, users, aside, doubtful }: Layout, found: DataInWords): DataInWords {
  const fields = new Map<string, Kind>();
  const owned = (owner: ManifestField['owner'], columns: readonly ColumnWriting[] = []): [string, ColumnWriting][] =>
    columns.flatMap((own): [string, ColumnWriting][] => {
      const kind = KINDS[own.column.kind];
      if (isLeftOpen(own, found)) return [];
      if (kind !== undefined) fields.set(`${owner} ${own.name}`, kind);
      return kind === undefined ? (own.column.kind === 'title' ? [[TITLE, own]] : []) : [[own.name, own]];
    });
  const rowOf = (columns: readonly [string, ColumnWriting][], row: number): Row =>
    new Map(columns.map(([name, own]) => [name, rightValue(own, row)]));
  const column = (writing: Writing, kind: string): readonly Value[] | undefined =>
    writing.columns.find((own) => own.column.kind === kind)?.column.values;
  const people = column(log, 'user') ?? [];
  const things = column(log, 'item') ?? [];
  const times = column(log, 'time');
  const histories = new Map<string, { item: string; time: number | null; row: Row }[]>();
  const itemRows = new Map<string, Row>();
  const logColumns = owned(
    'interaction',
    log.columns.filter(({ column: { ofItem } }) => ofItem !== true),
  );
  const described = owned(
    'item',
    log.columns.filter(({ column: { ofItem } }) => ofItem === true),
  );
  let lost = 0;
  for (let row = 0; row < log.table.rows; row++) {
    const user = String(people[row]);
    const item = String(things[row]);
    const time = times === undefined ? null : Number(times[row]);
    const isDoubtful = doubtful.includes(row);
    const isFound = (found.histories.get(user) ?? []).some((other) => same(other.time, time));
    if (isDoubtful && !isFound) {
      lost++;
      continue;
    }
    const own = isDoubtful ? new Map<string, Value>() : rowOf(logColumns, row);
    histories.set(user, [...(histories.get(user) ?? []), { item, time, row: own }]);
    itemRows.set(item, rowOf(described, row));
  }
  const itemColumns = owned('item', items?.columns);
  for (const [row, id] of (items === undefined ? [] : (column(items, 'item') ?? [])).entries())
    itemRows.set(String(id), rowOf(itemColumns, row));
  const userRows = new Map<string, Row>([...histories.keys()].map((user) => [user, new Map()]));
  const userColumns = owned('user', users?.columns);
  for (const [row, id] of (users === undefined ? [] : (column(users, 'user') ?? [])).entries())
    if (userRows.has(String(id))) userRows.set(String(id), rowOf(userColumns, row));
  return { fields, histories, items: itemRows, users: userRows, aside: aside.length + lost };
}

/** Each level of a path is a value, written from the root on. */
function rightValue({ column, list }: ColumnWriting, row: number): Value {
  const value = column.values[row] ?? null;
  if (column.kind !== 'path' || value === null || typeof value !== 'object') return value;
  const sign = list.trim();
  return value.map((_, level) => value.slice(0, level + 1).join(sign === '/' ? sign : ` ${sign} `));
}

/** What a folder of the prepared form holds. */
export async function readPrepared(engine: Engine, out: string, manifest: Manifest): Promise<DataInWords> {
  const table = async (
    file: keyof typeof PREPARED_FILES,
    columns: readonly string[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    engine.rows(`SELECT ${columns.join(', ')} FROM read_parquet(${sqlText(path.join(out, PREPARED_FILES[file]))})`);
  const tokens = new Map<string, string>();
  for (const { field, id, token } of await table('values', ['field', 'id', 'token']))
    tokens.set(`${String(field)} ${String(id)}`, String(token));
  const of = (owner: ManifestField['owner']): ManifestField[] =>
    manifest.fields.filter((field) => field.owner === owner);
  const names = (owner: ManifestField['owner']): string[] => of(owner).map(({ name }) => sqlName(name));
  const rowOf = (fields: readonly ManifestField[], row: Readonly<Record<string, unknown>>): Row =>
    new Map(fields.map((field) => [field.name, valueOf(field, row[field.name], tokens)]));
  const owners = async (owner: 'item' | 'user'): Promise<{ ids: string[]; rows: Map<string, Row> }> => {
    const fields = of(owner);
    const hasName = owner === 'item' && manifest.hasNames;
    const found = await table(owner === 'item' ? 'items' : 'users', [
      'token',
      ...(hasName ? ['name'] : []),
      ...names(owner),
    ]);
    return {
      ids: found.map(({ token }) => String(token)),
      rows: new Map(
        found.map((row) => [
          String(row['token']),
          new Map([
            ...rowOf(fields, row),
            ...(hasName
              ? [[TITLE, row['name'] === null || row['name'] === '' ? null : String(row['name'])] as const]
              : []),
          ]),
        ]),
      ),
    };
  };
  const items = await owners('item');
  const users = await owners('user');
  const fields = of('interaction');
  const histories = new Map<string, { item: string; time: number | null; row: Row }[]>();
  for (const row of await table('interactions', [
    '"user"',
    'item',
    ...(manifest.hasTimes ? ['"time"'] : []),
    ...names('interaction'),
  ])) {
    const user = users.ids[Number(row['user']) - 1] ?? '';
    const history = histories.get(user) ?? [];
    histories.set(user, history);
    history.push({
      item: items.ids[Number(row['item']) - 1] ?? '',
      time: manifest.hasTimes ? Number(row['time']) : null,
      row: rowOf(fields, row),
    });
  }
  return {
    fields: new Map(manifest.fields.map(({ owner, name, kind }) => [`${owner} ${name}`, kind])),
    histories,
    items: items.rows,
    users: users.rows,
    aside: manifest.quarantined,
  };
}

function valueOf({ name, kind }: ManifestField, cell: unknown, tokens: ReadonlyMap<string, string>): Value {
  const word = (id: unknown): string | undefined => tokens.get(`${name} ${String(id)}`);
  if (kind === 'numeric') return cell === null || cell === undefined ? null : Number(cell);
  if (!Array.isArray(cell)) return word(cell) ?? null;
  const words = cell.flatMap((id) => word(id) ?? []);
  if (kind === 'categorical') return words[0] ?? null;
  return words.length === 0 ? null : words;
}

/** The first difference, in words; `undefined` where there is none. Fields of the names in `mayServe` may be there or not. */
export function unlike(found: DataInWords, right: DataInWords, mayServe: readonly string[]): string | undefined {
  if (found.aside !== right.aside) return `${found.aside} rows were set aside, not ${right.aside}`;
  for (const [field, kind] of right.fields)
    if (found.fields.get(field) !== kind)
      return `field ${field} is ${found.fields.get(field) ?? 'left out'}, not ${kind}`;
  for (const field of found.fields.keys())
    if (!right.fields.has(field) && !mayServe.includes(field.slice(field.indexOf(' ') + 1)))
      return `field ${field} is too much`;
  return (
    unlikeKeys('users', found.histories, right.histories) ??
    unlikeKeys('items', found.items, right.items) ??
    unlikeHistories(found, right) ??
    unlikeRows('item', found.items, right.items) ??
    unlikeRows('user', found.users, right.users)
  );
}

function unlikeKeys(
  what: string,
  found: ReadonlyMap<string, unknown>,
  right: ReadonlyMap<string, unknown>,
): string | undefined {
  const there = new Set([...found.keys()].map(plain));
  const lost = [...right.keys()].find((key) => !there.has(plain(key)));
  if (lost !== undefined) return `${what} lack ${lost}: they are ${[...there].slice(0, 4).join(', ')}, ..`;
  return there.size === right.size ? undefined : `${there.size} ${what}, not ${right.size}`;
}

function unlikeHistories(found: DataInWords, right: DataInWords): string | undefined {
  const byUser = new Map([...found.histories].map(([user, history]) => [plain(user), history]));
  for (const [user, history] of right.histories) {
    const own = byUser.get(plain(user)) ?? [];
    if (own.length !== history.length) return `user ${user} has ${own.length} interactions, not ${history.length}`;
    for (const [at, { item, time, row }] of history.entries()) {
      const other = own[at];
      if (other === undefined || plain(other.item) !== plain(item))
        return `user ${user}, interaction ${at + 1}: ${other?.item ?? ''}, not ${item}`;
      if (!same(other.time, time))
        return `user ${user}, interaction ${at + 1}: time ${String(other.time)}, not ${String(time)}`;
      const difference = unlikeRow(other.row, row);
      if (difference !== undefined) return `user ${user}, interaction ${at + 1}: ${difference}`;
    }
  }
  return undefined;
}

function unlikeRows(
  what: string,
  found: ReadonlyMap<string, Row>,
  right: ReadonlyMap<string, Row>,
): string | undefined {
  const own = new Map([...found].map(([id, row]) => [plain(id), row]));
  for (const [id, row] of right) {
    const difference = unlikeRow(own.get(plain(id)) ?? new Map<string, Value>(), row);
    if (difference !== undefined) return `${what} ${id}: ${difference}`;
  }
  return undefined;
}

function unlikeRow(found: Row, right: Row): string | undefined {
  for (const [name, value] of right)
    if (!same(found.get(name) ?? null, value))
      return `${name} is ${JSON.stringify(found.get(name) ?? null)}, not ${JSON.stringify(value)}`;
  return undefined;
}

function same(a: Value, b: Value): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return Math.abs(a - b) <= 1e-12 * Math.abs(b) + 1e-9 || (Math.abs(a - b) < 1e-3 && b > 1e9);
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null)
    return a.map(plain).join('\n') === b.map(plain).join('\n');
  return typeof a === 'string' && typeof b === 'string' ? plain(a) === plain(b) : a === b;
}

/** The form of Unicode is no difference. */
function plain(text: string): string {
  return text.normalize('NFC');
}
