// Reader of RecBole atomic files: NAME.inter, and where present NAME.item and NAME.user. Works on strings; load.ts fetches them.
// Columns are found by name, never by position.
import { type AtomicColumn, readAtomic, type RowVisitor } from './atomic.js';
import { type CategoryText, quotedNames, splitValues } from '../category-text.js';
import {
  DataError,
  InteractionCollector,
  PADDING_TOKEN,
  type RawData,
  type RawInteractions,
  type RawItemColumn,
  type RawItems,
  type ReportEntry,
} from '@difsr/data';
import { checkOptions, fileName, type OptionKinds, ProblemList } from '@difsr/data/internal';
import {
  columnOfRole,
  type ColumnOptions,
  type ColumnSpread,
  inferFields,
  looksLikeName,
  missingColumn,
} from './recbole-columns.js';
import type { NamedText } from './s3rec.js';
import { parseTime, TIME_FORMS } from './time.js';
import { onOneClock } from './atomic-times.js';

/** How atomic files are read. */
export interface AtomicOptions {
  /** Columns of the item file that become fields; by default all token columns that group items. */
  readonly fields?: readonly string[];
  readonly columns?: ColumnOptions;
  /** Cells of quoted names: as names (default) or, for parity with the published code, as fragments between spaces. */
  readonly categoryText?: CategoryText;
  /** What separates the values of a token_seq cell: a space by default. */
  readonly separator?: string;
}

/** Kinds of {@link AtomicOptions}. */
export const ATOMIC_KINDS: OptionKinds<AtomicOptions> = {
  fields: 'list of texts',
  columns: { user: 'text', item: 'text', time: 'text', name: 'text' },
  categoryText: 'text',
  separator: 'text',
};

/** The texts of a data set of this form. */
export interface AtomicTexts {
  readonly inter: NamedText;
  readonly item?: NamedText;
  readonly user?: NamedText;
}

/**
 * Reads a data set from the texts of its atomic files.
 *
 * @throws DataError with all problems of a file; for options that it does not know, and values of another kind
 */
export function parseAtomicFiles(name: string, texts: AtomicTexts, options: AtomicOptions = {}): RawData {
  checkOptions('parseAtomicFiles', options, ATOMIC_KINDS);
  const { interactions, report } = parseInteractions(texts.inter, options);
  const all: ReportEntry[] = [...report];
  if (texts.user !== undefined) all.push(...checkUsers(texts.user, interactions, options));
  const base = { name, format: 'recbole', source: texts.inter.file, interactions };
  if (texts.item === undefined) {
    const [asked] = options.fields ?? [];
    if (asked === undefined) return { ...base, report: all };
    const cure = 'put the item file beside the interactions, or ask for no fields';
    throw new DataError([
      { file: texts.inter.file, value: asked, message: 'is asked for as a field, but there is no .item file', cure },
    ]);
  }
  const parsed = parseItems(texts.item, interactions, options);
  return { ...base, items: parsed.items, report: [...all, ...parsed.report] };
}

function parseInteractions(
  { file, text }: NamedText,
  options: AtomicOptions,
): { interactions: RawInteractions; report: ReportEntry[] } {
  const problems = new ProblemList();
  const report: ReportEntry[] = [];
  const collector = new InteractionCollector();
  let clock = '';
  readAtomic(text, file, problems, (columns) => {
    const user = columnOfRole('user', columns, options.columns?.user, file, problems);
    const item = columnOfRole('item', columns, options.columns?.item, file, problems);
    const time = columnOfRole('time', columns, options.columns?.time, file, problems);
    if (user === undefined || item === undefined || problems.total > 0) return undefined;
    report.push(roleReport(columns, { user, item, time }, file));
    clock = time?.name ?? '';
    return (cells, line) => {
      const before = problems.total;
      const userId = idCell(cells, user, file, line, problems);
      const itemId = idCell(cells, item, file, line, problems);
      const at = time === undefined ? undefined : timeCell(cells, time, file, line, problems);
      if (problems.total === before) collector.add(userId, itemId, at);
    };
  });
  problems.throwIfAny();
  const interactions = collector.finish();
  if (interactions.times === undefined) return { interactions, report };
  const { times, report: said } = onOneClock(interactions.times, file, clock);
  return { interactions: { ...interactions, times }, report: [...report, ...said] };
}

function roleReport(
  columns: readonly AtomicColumn[],
  roles: { readonly user: AtomicColumn; readonly item: AtomicColumn; readonly time: AtomicColumn | undefined },
  file: string,
): ReportEntry {
  const used = [roles.user, roles.item, ...(roles.time === undefined ? [] : [roles.time])];
  const unused = columns.filter((column) => !used.includes(column)).map((column) => column.name);
  const order =
    roles.time === undefined
      ? 'there is no time column: file order counts'
      : `time "${roles.time.name}", equal times in file order`;
  const rest = unused.length === 0 ? '' : `; not used: ${unused.join(', ')}`;
  return {
    kind: 'inferred',
    what: `${fileName(file)}: columns`,
    count: used.length,
    why: `user "${roles.user.name}", item "${roles.item.name}", ${order}${rest}`,
  };
}

function idCell(
  cells: readonly string[],
  column: AtomicColumn,
  file: string,
  line: number,
  problems: ProblemList,
): string {
  const id = cells[column.index] ?? '';
  if (id === '' || /\s/.test(id) || id === PADDING_TOKEN) {
    const message =
      id === ''
        ? 'the id is empty'
        : id === PADDING_TOKEN
          ? 'is the name of padding'
          : 'is an id with white space in it';
    const cure = 'give every user and item an id without white space (put _ in its place)';
    problems.add({ file, line, column: column.name, value: id === '' ? undefined : id, message, cure });
  }
  return id;
}

function timeCell(
  cells: readonly string[],
  column: AtomicColumn,
  file: string,
  line: number,
  problems: ProblemList,
): number {
  const cell = cells[column.index] ?? '';
  const time = parseTime(cell);
  // A cell of a float column that is no number has its problem already.
  if (time === undefined && (column.type === 'token' || column.type === 'token_seq' || cell === '')) {
    const cure = `write times as ${TIME_FORMS}, or drop the column: file order then counts`;
    problems.add({ file, line, column: column.name, value: cell, message: `is not a time, ${TIME_FORMS}`, cure });
  }
  return time ?? 0;
}

/** The user file holds nothing that is used yet; it is read all the same, so that a broken one does not go unnoticed. */
function checkUsers({ file, text }: NamedText, interactions: RawInteractions, options: AtomicOptions): ReportEntry[] {
  const problems = new ProblemList();
  const known = new Set(interactions.userTokens);
  const unused: string[] = [];
  let strangers = 0;
  readAtomic(text, file, problems, (columns) => {
    const user = columnOfRole('user', columns, options.columns?.user, file, problems);
    if (user === undefined) return undefined;
    unused.push(...columns.filter((column) => column !== user).map((column) => column.name));
    return (cells, line) => {
      if (!known.has(idCell(cells, user, file, line, problems))) strangers++;
    };
  });
  problems.throwIfAny();
  const report: ReportEntry[] = [];
  if (unused.length > 0)
    report.push({
      kind: 'noted',
      what: `${fileName(file)}: columns not used`,
      count: unused.length,
      why: `attributes of users (${unused.join(', ')}) are no side information of items`,
    });
  if (strangers > 0)
    report.push({
      kind: 'dropped',
      what: `${fileName(file)}: users without interactions`,
      count: strangers,
      why: 'nothing can be learned of them',
    });
  return report;
}

function parseItems(
  { file, text }: NamedText,
  interactions: RawInteractions,
  options: AtomicOptions,
): { items: RawItems; report: ReportEntry[] } {
  const problems = new ProblemList();
  const report: ReportEntry[] = [];
  const rows = new Map<string, readonly string[]>();
  let header: readonly AtomicColumn[] = [];
  let idName = '';
  let repeated = 0;
  readAtomic(text, file, problems, (columns): RowVisitor | undefined => {
    const id = columnOfRole('item', columns, options.columns?.item, file, problems);
    if (id === undefined) return undefined;
    header = columns;
    idName = id.name;
    return (cells, line) => {
      const token = idCell(cells, id, file, line, problems);
      const padding = cells.findIndex((cell) => cell.includes(PADDING_TOKEN));
      if (padding !== -1 && padding !== id.index) {
        problems.add({
          file,
          line,
          column: header[padding]?.name,
          value: PADDING_TOKEN,
          message: 'is the name of padding',
          cure: 'leave the cell empty',
        });
      }
      if (rows.has(token)) repeated++;
      else rows.set(token, cells);
    };
  });
  problems.throwIfAny();
  const others = header.filter((column) => column.name !== idName);
  const columns = new Map(others.map((column) => [column, rawColumn(column, [...rows.values()], options)]));
  const fields = chooseFields(columns, others, file, options, report);
  const name = chooseName(others, file, options, report);
  if (repeated > 0)
    report.push({
      kind: 'dropped',
      what: `${fileName(file)}: rows of an item that has one already`,
      count: repeated,
      why: 'the first row of an item counts',
    });
  const missing = interactions.itemTokens.filter((token) => !rows.has(token)).length;
  if (missing > 0)
    report.push({
      kind: 'noted',
      what: `items without a row in ${fileName(file)}`,
      count: missing,
      why: 'they have no attributes',
    });
  report.push(...quotedReport(fields, [...rows.values()], file, options));
  const items: RawItems = {
    ids: [...rows.keys()],
    columns: fields.flatMap((column) => columns.get(column) ?? []),
    ...(name === undefined ? {} : { names: [...rows.values()].map((cells) => cells[name.index] ?? '') }),
  };
  return { items, report };
}

function rawColumn(column: AtomicColumn, rows: readonly (readonly string[])[], options: AtomicOptions): RawItemColumn {
  const { categoryText = 'names', separator = ' ' } = options;
  const several = column.type === 'token_seq' || column.type === 'float_seq';
  const values = rows.map((cells) => {
    const cell = cells[column.index] ?? '';
    if (several) return splitValues(cell, categoryText, separator);
    return cell.trim() === '' ? [] : [cell];
  });
  return { name: column.name, kind: several ? 'multi-categorical' : 'categorical', values };
}

function chooseFields(
  columns: ReadonlyMap<AtomicColumn, RawItemColumn>,
  others: readonly AtomicColumn[],
  file: string,
  options: AtomicOptions,
  report: ReportEntry[],
): AtomicColumn[] {
  if (options.fields === undefined) {
    const inferred = inferFields(
      [...columns].map(([column, raw]) => spreadOf(column, raw)),
      file,
    );
    report.push(...inferred.report);
    return inferred.fields;
  }
  const problems = new ProblemList();
  const chosen = options.fields.flatMap((name) => {
    const found = others.find((column) => column.name === name);
    const cure = `ask for one of the token columns: ${others
      .filter(isToken)
      .map((column) => column.name)
      .join(', ')}`;
    if (found === undefined) problems.add(missingColumn(name, others, file, cure));
    else if (!isToken(found))
      problems.add({
        file,
        line: 1,
        value: name,
        message: `is a ${found.type} column: numbers are not categories`,
        cure,
      });
    return found ?? [];
  });
  problems.throwIfAny();
  return chosen;
}

function isToken({ type }: AtomicColumn): boolean {
  return type === 'token' || type === 'token_seq';
}

function spreadOf(column: AtomicColumn, { values }: RawItemColumn): ColumnSpread {
  const distinct = new Set<string>();
  let filled = 0;
  let occurrences = 0;
  for (const cell of values) {
    if (cell.length > 0) filled++;
    occurrences += cell.length;
    for (const value of cell) distinct.add(value);
  }
  return { column, filled, occurrences, distinct: distinct.size };
}

function chooseName(
  others: readonly AtomicColumn[],
  file: string,
  options: AtomicOptions,
  report: ReportEntry[],
): AtomicColumn | undefined {
  const named = options.columns?.name;
  const found = others.find((column) =>
    named === undefined ? isToken(column) && looksLikeName(column.name) : column.name === named,
  );
  if (found === undefined && named !== undefined) {
    throw new DataError([
      missingColumn(named, others, file, 'name the column of readable item names with columns.name'),
    ]);
  }
  if (found !== undefined && named === undefined) {
    report.push({
      kind: 'inferred',
      what: `${fileName(file)}: item names from column "${found.name}"`,
      count: 1,
      why: 'its name says so',
    });
  }
  return found;
}

function quotedReport(
  fields: readonly AtomicColumn[],
  rows: readonly (readonly string[])[],
  file: string,
  options: AtomicOptions,
): ReportEntry[] {
  return fields
    .filter((column) => column.type === 'token_seq')
    .flatMap((column) => {
      const count = rows.filter((cells) => quotedNames(cells[column.index] ?? '') !== undefined).length;
      const fragments = options.categoryText === 'fragments';
      const why = fragments
        ? 'split at the separator into fragments, as asked'
        : 'read as whole names (categoryText "fragments" splits at the separator)';
      return count === 0
        ? []
        : { kind: 'inferred', what: `${fileName(file)}: cells of quoted names in column "${column.name}"`, count, why };
    });
}
