// Fields of the prepared form: of items and users into memory, of interactions into memory or as columns to be kept in a file. Columns
// arrive chunk by chunk and go straight into typed arrays; no row ever becomes an object.
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Engine } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import {
  type CategoricalField,
  createVocabulary,
  DataError,
  type Field,
  type FieldOwner,
  type InteractionColumn,
  type ReportEntry,
  type Vocabulary,
} from '@difsr/data';
import { type ColumnNumbers, TIME_COLUMN } from '@difsr/data/internal';
import { type NamedField, namedFields } from './field-names.js';
import { type Manifest, type ManifestField, PREPARED_FILES } from './manifest.js';
import { AGAIN, type Cells, doubles, floats, integers, readTexts, table } from './tables.js';

type TableName = 'items' | 'interactions' | 'users';

/** The table in which fields of an owner are columns. */
const TABLES: Readonly<Record<FieldOwner, TableName>> = { item: 'items', interaction: 'interactions', user: 'users' };

/** Whether the cells of a field are lists. */
function isList({ owner, kind }: Pick<ManifestField, 'owner' | 'kind'>): boolean {
  return kind === 'multi-categorical' || kind === 'vector' || (kind === 'categorical' && owner === 'item');
}

/** Rows of a table in order: of ids, or of the file, which is that of the interactions. */
function inOrder(folder: string, name: TableName, columns: string): string {
  return `SELECT ${columns} FROM ${table(folder, name)}${name === 'interactions' ? '' : ' ORDER BY id'}`;
}

/** Numbers of a cell that 32-bit floats can hold. */
function fits(column: string): string {
  return `isfinite(TRY_CAST(${column} AS FLOAT))`;
}

/**
 * Reads a field.
 *
 * @throws DataError where its lists are not what the manifest says
 */
export async function readField(engine: Engine, folder: string, manifest: Manifest, field: NamedField): Promise<Field> {
  const { name, column, owner, kind, values: width = 0 } = field;
  const { items, users, interactions } = manifest.counts;
  const rows = { item: items + 1, user: users + 1, interaction: interactions }[owner];
  await requireLengths(engine, folder, field);
  if (kind === 'categorical' || kind === 'multi-categorical')
    return readCategories(engine, folder, { ...field, kind }, rows);
  // Row 0 of items and users is padding.
  const first = owner === 'interaction' ? 0 : 1;
  const perRow = kind === 'vector' ? width : 1;
  const values = new Float32Array(rows * perRow).fill(Number.NaN, 0, first * perRow);
  let at = first * perRow;
  for await (const chunk of engine.chunks(
    denseSql(kind, column, perRow, inOrder(folder, TABLES[owner], sqlName(column))),
  )) {
    const numbers = floats(chunk, 0);
    for (let row = 0; row < chunk.rowCount; row++) values[at++] = numbers(row);
  }
  return kind === 'vector' ? { name, owner, kind, width, values } : { name, owner, kind, values };
}

async function readCategories(
  engine: Engine,
  folder: string,
  field: NamedField & { readonly kind: CategoricalField['kind'] },
  rows: number,
): Promise<CategoricalField> {
  const { name, owner, kind } = field;
  const column = sqlName(field.column);
  const from = TABLES[owner];
  const offsets = new Int32Array(rows + 1);
  let maxValues = owner === 'interaction' ? Math.max(1, field.maxValues ?? 1) : 1;
  let row = owner === 'interaction' ? 0 : 1;
  const lengthOf = isList(field) ? `len(${column})` : `CAST(${column} <> 0 AS INTEGER)`;
  for await (const chunk of engine.chunks(inOrder(folder, from, `CAST(coalesce(${lengthOf}, 0) AS INTEGER)`))) {
    const lengths = integers(chunk, 0);
    for (let i = 0; i < chunk.rowCount; i++, row++) {
      const length = lengths(i);
      offsets[row + 1] = (offsets[row] ?? 0) + length;
      maxValues = Math.max(maxValues, length);
    }
  }
  const values = new Int32Array(offsets[rows] ?? 0);
  const cells = inOrder(folder, from, column);
  const flat = isList(field) ? `SELECT unnest(${column}) FROM (${cells})` : `FROM (${cells}) WHERE ${column} <> 0`;
  let at = 0;
  for await (const chunk of engine.chunks(flat)) {
    const ids = integers(chunk, 0);
    for (let i = 0; i < chunk.rowCount; i++) values[at++] = ids(i);
  }
  return { name, owner, kind, vocabulary: await readVocabulary(engine, folder, field), offsets, values, maxValues };
}

async function readVocabulary(engine: Engine, folder: string, { column, owner }: NamedField): Promise<Vocabulary> {
  const own = `owner = ${sqlText(owner)} AND field = ${sqlText(column)}`;
  return createVocabulary(
    await readTexts(engine, `SELECT token FROM ${table(folder, 'values')} WHERE ${own} ORDER BY id`),
  );
}

/** A column of a query with `width` numbers per row, one number a row: ids with 0 for none, numbers with NaN for none. */
function denseSql(kind: InteractionColumn['kind'], name: string, width: number, rows: string): string {
  const column = sqlName(name);
  const nan = `CAST('NaN' AS FLOAT)`;
  const dense: Readonly<Record<InteractionColumn['kind'], string>> = {
    categorical: `coalesce(${column}, 0)`,
    'multi-categorical': `unnest(list_resize(coalesce(${column}, CAST([] AS INTEGER[])), ${width}, 0))`,
    numeric: `CASE WHEN ${fits(column)} THEN TRY_CAST(${column} AS FLOAT) ELSE ${nan} END`,
    vector: `unnest(list_resize(coalesce(${column}, CAST([] AS FLOAT[])), ${width}, ${nan}))`,
    time: column,
  };
  return `SELECT ${dense[kind]} FROM (${rows})`;
}

/** @throws DataError where a list is longer than the manifest says, or a vector of another length */
async function requireLengths(engine: Engine, folder: string, field: Omit<NamedField, 'name'>): Promise<void> {
  const { column: name, owner, kind, values = 0, maxValues = 1 } = field;
  if (!isList(field)) return;
  const from = TABLES[owner];
  const column = sqlName(name);
  const wrong = kind === 'vector' ? `len(${column}) <> ${values}` : `len(${column}) > ${maxValues}`;
  const count = await engine.count(`SELECT count(*) FROM ${table(folder, from)} WHERE ${wrong}`);
  if (count === 0) return;
  const expected = kind === 'vector' ? `${values} numbers` : `at most ${maxValues} values`;
  const message = `has ${count} rows of another length than dataset.json says (${expected})`;
  throw new DataError([{ file: PREPARED_FILES[from], column: name, message, cure: AGAIN }]);
}

/** A column of interactions, and its name in the file. */
export interface SourceColumn {
  readonly column: InteractionColumn;
  readonly source: string;
}

/** The columns of interactions of a folder. */
export async function interactionColumns(engine: Engine, folder: string, manifest: Manifest): Promise<SourceColumn[]> {
  const columns: SourceColumn[] = [];
  for (const field of namedFields(manifest)) {
    const { name, column: source, owner, kind, values = 0, maxValues = 1 } = field;
    if (owner !== 'interaction') continue;
    if (kind === 'numeric') columns.push({ source, column: { name, kind, width: 1, dtype: 'float32' } });
    else if (kind === 'vector') columns.push({ source, column: { name, kind, width: values, dtype: 'float32' } });
    else {
      const vocabulary = await readVocabulary(engine, folder, field);
      const width = Math.max(1, maxValues);
      columns.push({ source, column: { name, kind, width, dtype: 'int32', vocabulary } });
    }
  }
  return manifest.hasTimes ? [...columns, { source: TIME_COLUMN.name, column: TIME_COLUMN }] : columns;
}

/**
 * Numbers of a column of interactions, piece by piece, as `SequenceStore.readColumn` gives them.
 *
 * @param where which rows, as SQL
 * @throws DataError where a list is of another length than the column is wide
 */
export async function* columnPieces(
  engine: Engine,
  folder: string,
  { source, column: { kind, width, dtype } }: SourceColumn,
  where = 'true',
): AsyncGenerator<ColumnNumbers> {
  if (kind !== 'time')
    await requireLengths(engine, folder, {
      column: source,
      owner: 'interaction',
      kind,
      values: width,
      maxValues: width,
    });
  const rows = `SELECT ${sqlName(source)} FROM ${table(folder, 'interactions')} WHERE ${where}`;
  for await (const chunk of engine.chunks(denseSql(kind, source, width, rows))) yield PIECES[dtype](chunk);
}

const PIECES: Readonly<Record<InteractionColumn['dtype'], (chunk: DuckDBDataChunk) => ColumnNumbers>> = {
  int32: (chunk) => filled(new Int32Array(chunk.rowCount), integers(chunk, 0)),
  float32: (chunk) => filled(new Float32Array(chunk.rowCount), floats(chunk, 0)),
  float64: (chunk) => filled(new Float64Array(chunk.rowCount), doubles(chunk, 0)),
};

function filled<T extends ColumnNumbers>(piece: T, cells: Cells): T {
  for (let row = 0; row < piece.length; row++) piece[row] = cells(row);
  return piece;
}

/** What is said of numbers that 32-bit floats cannot hold. */
export async function reportNumbers(
  engine: Engine,
  folder: string,
  { name, column: source, owner, kind }: NamedField,
): Promise<ReportEntry[]> {
  if (kind !== 'numeric') return [];
  const column = sqlName(source);
  const count = await engine.count(
    `SELECT count(*) FROM ${table(folder, TABLES[owner])} WHERE ${column} IS NOT NULL AND NOT coalesce(${fits(column)}, false)`,
  );
  if (count === 0) return [];
  const why = 'they count as none: numbers of fields are 32-bit floats, at most 3.4e38';
  return [{ kind: 'noted', what: `numbers of field "${name}" that are too large`, count, why }];
}
