// Which columns mean what: user, item and time of an .inter file, and the fields and the name of an .item file.
// Every decision that the caller did not take is reported with its reason.
import { nearestName, placeholder, setting, type Text, text } from '@difsr/errors';
import type { AtomicColumn } from './atomic.js';
import { type ReportEntry } from '@difsr/data';
import { fileName, type ProblemList, shown } from '@difsr/data/internal';

/** Names of columns, where they are unusual or the inference is not wanted. */
export interface ColumnOptions {
  readonly user?: string;
  readonly item?: string;
  readonly time?: string;
  /** The column of readable item names in the item file. */
  readonly name?: string;
}

/** What a column of the interactions can be. */
export type Role = 'user' | 'item' | 'time';

const USUAL_NAMES: Readonly<Record<Role, readonly string[]>> = {
  user: ['user_id', 'user', 'userid', 'uid', 'reviewerid', 'session_id'],
  item: [
    'item_id',
    'item',
    'itemid',
    'iid',
    'product_id',
    'business_id',
    'movie_id',
    'asin',
    'parent_asin',
    'artist_id',
    'video_id',
  ],
  time: ['timestamp', 'time', 'date', 'datetime', 'unixreviewtime'],
};

/** Below this number of cells with a value, "almost all distinct" says nothing. */
const FEWEST_TO_JUDGE = 20;
/** From this share of distinct values on, a column is a name and not a field. */
const ALMOST_ALL = 0.8;

/**
 * The column of a role: the named one, or the first usual name. A missing user or item column is a problem; a missing time column
 * is one only if it was named (without times, file order counts).
 */
export function columnOfRole(
  role: Role,
  columns: readonly AtomicColumn[],
  named: string | undefined,
  file: string,
  problems: ProblemList,
): AtomicColumn | undefined {
  const names = named === undefined ? USUAL_NAMES[role] : [named];
  for (const name of names) {
    const found = columns.find((column) => (named === undefined ? column.name.toLowerCase() : column.name) === name);
    if (found !== undefined) return found;
  }
  if (named === undefined && role === 'time') return undefined;
  const cure = text`name the ${role} column (${setting(`columns.${role}`, placeholder('NAME'))})`;
  if (named !== undefined) {
    problems.add(missingColumn(named, columns, file, cure));
  } else {
    const has = columns.map((column) => column.name).join(', ');
    const message = `there is no ${role} column under a usual name (${names.join(', ')}); the header has ${has}`;
    problems.add({ file, line: 1, message, cure });
  }
  return undefined;
}

/** The problem of a column that is not there, with the nearest of those that are. */
export function missingColumn(
  name: string,
  columns: readonly AtomicColumn[],
  file: string,
  cure: Text,
): Parameters<ProblemList['add']>[0] {
  const names = columns.map((column) => column.name);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? '' : ` (did you mean ${shown(nearest)}?)`;
  return {
    file,
    line: 1,
    value: name,
    message: `is a column that the header lacks${hint}; it has ${names.join(', ')}`,
    cure,
  };
}

/** Whether a column's name says that it holds readable names of items. */
export function looksLikeName(name: string): boolean {
  return /(?:^|_)(?:title|name)$/i.test(name);
}

/** How the values of a column are spread, as far as the choice of fields needs it. */
export interface ColumnSpread {
  readonly column: AtomicColumn;
  /** Cells with a value. */
  readonly filled: number;
  /** Values in all cells. */
  readonly occurrences: number;
  /** Different values. */
  readonly distinct: number;
}

/** The fields of an item file by inference: every token and token_seq column that groups items, with a report line for each choice. */
export function inferFields(
  spreads: readonly ColumnSpread[],
  file: string,
): { fields: AtomicColumn[]; report: ReportEntry[] } {
  const fields: AtomicColumn[] = [];
  const report: ReportEntry[] = [];
  for (const spread of spreads) {
    const { column, filled, occurrences, distinct } = spread;
    const reason = whyNoField(spread);
    if (reason === undefined) fields.push(column);
    report.push({
      kind: 'inferred',
      what: `${fileName(file)}: column "${column.name}" is ${reason === undefined ? 'a field' : 'not a field'}`,
      count: distinct,
      why: reason ?? `${column.type} with ${distinct} distinct values on ${filled} items (${occurrences} in all)`,
    });
  }
  return { fields, report };
}

function whyNoField({ column, filled, occurrences, distinct }: ColumnSpread): string | undefined {
  if (column.type === 'float' || column.type === 'float_seq') return `${column.type}: numbers are not categories`;
  if (filled === 0) return 'it is empty';
  if (looksLikeName(column.name)) return 'it holds names of items';
  if (filled >= FEWEST_TO_JUDGE && distinct >= ALMOST_ALL * occurrences)
    return `almost all of its ${occurrences} values are distinct`;
  return undefined;
}
