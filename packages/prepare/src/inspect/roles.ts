// Which columns of a log are user, item and time. In the order of certainty: named by the caller, a usual name, the ids of the catalogue,
// the only column that is left; anything less certain is an error that shows the columns.
import { type OptionRules, joined, nearestName, option, placeholder, setting, text } from '@difsr/errors';
import { CLOCK_FROM } from '../clock.js';
import { DataError, type ReportEntry } from '@difsr/data';
import { type Decimal, DECIMALS, type TimeSpec } from '../description/types.js';
import { type ColumnFinding, finding, undecided } from './findings.js';
import { type ColumnRole, isAttributeName, isIdName, nameRank } from './names.js';
import { isWritten } from './numbers.js';
import { type ColumnProfile, isNested, type ProfiledSource } from './profile.js';
import { type TimeForm, timeForm } from './times.js';

/** What the caller says of the columns. */
export interface NamedColumns {
  readonly user?: string | undefined;
  readonly item?: string | undefined;
  /** `none`: the order of the files counts. */
  readonly time?: string | undefined;
  /** strptime, e.g. `%d.%m.%Y`. */
  readonly timeFormat?: string | undefined;
  /** Of times that name none, e.g. `Europe/Berlin`. */
  readonly zone?: string | undefined;
  /** What stands before the decimals, where cells such as `4,955` do not tell. */
  readonly decimal?: Decimal | undefined;
}

/** For the check of options. */
export const COLUMN_RULES: OptionRules<NamedColumns> = {
  user: option.text,
  item: option.text,
  time: option.text,
  timeFormat: option.text,
  zone: option.text,
  decimal: option.oneOf(...DECIMALS),
};

/** The columns of a log that are no attributes. */
export interface Roles {
  readonly user: ColumnProfile;
  readonly item: ColumnProfile;
  readonly time?: { readonly column: ColumnProfile; readonly spec: TimeSpec };
  readonly findings: readonly ColumnFinding[];
  /** Where another column could be the user or the item: which, and how to say so. */
  readonly report: readonly ReportEntry[];
}

/** From this share of fitting cells on, a column without a usual name is one of times. */
const ALMOST_ALL_TIMES = 0.98;
/** Above this share of distinct values, a column repeats too little to be ids without being named so. */
const MOST_DISTINCT = 0.9;
/** Fewer rows say nothing about values. */
const FEWEST_TO_JUDGE = 20;
const YES_OR_NO = /^\s*(0|1|0\.0|1\.0|true|false|yes|no|y|n|t|f|ja|nein|oui|non|si|sí)\s*$/i;
const NAME = placeholder('NAME');
const CURE = {
  user: text`name the column of users (${setting('columns.user', NAME)})`,
  item: text`name the column of items (${setting('columns.item', NAME)})`,
  time: text`name the column of times (${setting('columns.time', NAME)}) and, where they are unusual, their form (${setting('columns.timeFormat', placeholder('FORMAT'))}), or say ${setting('columns.time', 'none')} where the order of the file is that of time`,
} as const;

/**
 * Chooses user, item and time.
 *
 * @param catalogueShare of a column: the share of its distinct values that are ids of the catalogue, where there is one
 * @throws DataError if user or item cannot be told, or a named column is not there
 */
export async function chooseRoles(
  log: ProfiledSource,
  named: NamedColumns,
  catalogueShare?: (column: ColumnProfile) => Promise<number>,
): Promise<Roles> {
  const findings: ColumnFinding[] = [];
  const given = {
    user: namedColumn(log, named.user, 'user'),
    item: namedColumn(log, named.item, 'item'),
    time: named.time === 'none' ? undefined : namedColumn(log, named.time, 'time'),
  };
  const taken = new Set<ColumnProfile>(Object.values(given).filter((column) => column !== undefined));
  const chosen: { user?: ColumnProfile; item?: ColumnProfile } = {};
  const take = (role: 'user' | 'item', column: ColumnProfile | undefined, why: string): void => {
    if (column === undefined || chosen[role] !== undefined) return;
    chosen[role] = column;
    taken.add(column);
    findings.push(finding('interactions', column, role, why));
  };
  for (const role of ['user', 'item'] as const) take(role, given[role], 'named by you');
  const report: ReportEntry[] = [];
  for (const role of ['user', 'item'] as const) {
    const [best, ...others] = byName(log, role, taken);
    if (chosen[role] === undefined && best !== undefined && others.length > 0)
      report.push(alternatives(role, best, others));
    take(role, best, 'a usual name');
  }
  const time = named.time === 'none' ? undefined : chooseTime(log, given.time, named, taken);
  if (time !== undefined) {
    taken.add(time.column);
    findings.push(finding('interactions', time.column, 'time', time.why));
  }
  const left = (): ColumnProfile[] => log.columns.filter((column) => !taken.has(column) && looksLikeIds(column));
  if (chosen.item === undefined && catalogueShare !== undefined) {
    const shares = await Promise.all(left().map(async (column) => ({ column, share: await catalogueShare(column) })));
    const best = shares.toSorted((a, b) => b.share - a.share)[0];
    if (best !== undefined && best.share > 0.5)
      take('item', best.column, `${Math.round(best.share * 100)} % of its values are ids of the catalogue`);
  }
  if (log.columns.every(({ name }, index) => name === `column${index + 1}`) && log.columns.length <= 5) {
    const why = 'no header: files without one have user, item (and more) in this order';
    take('user', left()[0], why);
    take('item', left()[0], why);
  }
  for (const role of ['user', 'item'] as const) {
    const [only, second] = left();
    const other = role === 'user' ? chosen.item : chosen.user;
    if (other !== undefined && second === undefined) take(role, only, 'the only other column that repeats like ids');
  }
  const { user, item } = chosen;
  if (user === undefined || item === undefined) {
    const missing = user === undefined ? (item === undefined ? 'the user and which the item' : 'the user') : 'the item';
    throw undecided(
      log,
      `cannot tell which column is ${missing}`,
      joined([...(user === undefined ? [CURE.user] : []), ...(item === undefined ? [CURE.item] : [])], ', and '),
    );
  }
  return {
    user,
    item,
    findings,
    report,
    ...(time === undefined ? {} : { time: { column: time.column, spec: time.spec } }),
  };
}

/** A column by the name that the caller gave. @throws DataError with the nearest name */
export function namedColumn(
  { source, columns }: ProfiledSource,
  name: string | undefined,
  role: ColumnRole,
): ColumnProfile | undefined {
  if (name === undefined) return undefined;
  const found = columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = columns.map((column) => column.name);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  const message = `is a column that the file lacks${hint}; it has ${names.join(', ')}`;
  throw new DataError([{ file: source.files[0] ?? 'source', value: name, message, cure: CURE[role] }]);
}

/** The columns whose names fit a role and whose values can be ids, the best first. */
function byName(
  { columns }: ProfiledSource,
  role: ColumnRole,
  taken: ReadonlySet<ColumnProfile>,
): readonly ColumnProfile[] {
  const called = columns
    .filter((column) => !taken.has(column) && column.filled > 0 && !isNested(column.type))
    .map((column) => ({ column, rank: nameRank(column.name, role) }))
    .filter(({ rank }) => rank !== undefined)
    .toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    .map(({ column }) => column);
  const usable = called.filter((column) => canBeIds(column) && !hasFewValues(column));
  // A log may be one of three users, where the name leaves no doubt.
  return usable.length > 0
    ? usable
    : called.filter((column) => isIdName(column.name) || (isPlainRole(column.name, role) && canBeIds(column)));
}

/** Whether a column is called as the role itself. */
function isPlainRole(name: string, role: ColumnRole): boolean {
  return name.toLowerCase() === role;
}

/** Values that no ids are: yes and no, measures, prose. */
export function canBeIds(column: ColumnProfile): boolean {
  const { rows, distinct, cells, numbers, wholes, meanLength } = column;
  const isFlag = rows >= FEWEST_TO_JUDGE && distinct <= 2 && cells.every((cell) => YES_OR_NO.test(cell));
  return !isFlag && numbers === wholes && meanLength <= 64 && !isWritten(column);
}

/** A shop has more than four customers and products; a column with so few values on many rows is a kind of them. */
function hasFewValues({ rows, distinct }: ColumnProfile): boolean {
  return rows >= 100 && distinct < 5;
}

function alternatives(role: 'user' | 'item', best: ColumnProfile, others: readonly ColumnProfile[]): ReportEntry {
  const names = others.map(({ name }) => `"${name}"`).join(', ');
  const [other = best] = others;
  return {
    kind: 'noted',
    what: `the ${role} is "${best.name}"`,
    count: 0,
    why: `${names} could be it, too`,
    cure: text`${setting(`columns.${role}`, other.name)} takes it`,
  };
}

/** Short, without white space, on nearly every row, and repeating. */
function looksLikeIds(column: ColumnProfile): boolean {
  const { filled, rows, distinct, spaced } = column;
  return (
    !isNested(column.type) &&
    column.rowLabels === undefined &&
    !isAttributeName(column.name) &&
    nameRank(column.name, 'time') === undefined &&
    timeForm(column) === undefined &&
    filled >= 0.95 * rows &&
    distinct > 1 &&
    distinct <= MOST_DISTINCT * filled &&
    spaced <= 0.01 * filled &&
    canBeIds(column) &&
    !hasFewValues(column)
  );
}

interface ChosenTime {
  readonly column: ColumnProfile;
  readonly spec: TimeSpec;
  readonly why: string;
}

function chooseTime(
  log: ProfiledSource,
  given: ColumnProfile | undefined,
  named: NamedColumns,
  taken: ReadonlySet<ColumnProfile>,
): ChosenTime | undefined {
  if (given !== undefined) return readAs(log, given, named, 'named by you');
  const open = log.columns.filter((column) => !taken.has(column) && column.filled > 0);
  const usual = open
    .map((column) => ({ column, rank: nameRank(column.name, 'time') }))
    .filter(({ rank }) => rank !== undefined)
    .toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  const readable = usual.find(({ column }) => column.numbers === column.filled || timeForm(column) !== undefined);
  const best = readable ?? usual[0];
  if (best !== undefined) return readAs(log, best.column, named, 'a usual name');
  const looking = open.filter((column) => {
    const form = timeForm(column);
    return (
      form !== undefined &&
      form.outliers === undefined &&
      form.fitting >= ALMOST_ALL_TIMES * column.filled &&
      column.distinct > 1
    );
  });
  const [first, second] = looking;
  if (first === undefined) return undefined;
  const why = second === undefined ? 'the only column of times' : `the first of ${looking.length} columns of times`;
  return readAs(log, first, named, why);
}

function readAs(log: ProfiledSource, column: ColumnProfile, named: NamedColumns, why: string): ChosenTime {
  const { timeFormat: format, zone } = named;
  const zoned = zone === undefined ? {} : { zone };
  if (format !== undefined)
    return { column, spec: { column: column.name, format, ...zoned }, why: `${why}; format by you` };
  const form = timeForm(column);
  if (form !== undefined) {
    if (form.ambiguous !== undefined) throw ambiguous(log, column, form.ambiguous);
    return { column, spec: specOf(log, column, form, zone), why: `${why}: ${form.why}${shortOf(form, column)}` };
  }
  // A cell in a hundred that is none is the fault of its row, not of the column.
  const { numbers, isoTimes, filled } = column;
  if (isoTimes === 0 && numbers >= ALMOST_ALL_TIMES * filled)
    return {
      column,
      spec: { column: column.name, unit: 'order' },
      why: `${why}: ${orderWhy(column)}: only their order counts${numbers === filled ? '' : ` (${numbers} of ${filled} cells)`}`,
    };
  throw new DataError([
    {
      file: log.source.files[0] ?? 'source',
      column: column.name,
      value: column.cells[0] ?? '',
      message: `is not a time that is known (nor are most of the ${column.filled} cells of that column)`,
      cure: text`say how the times are written, e.g. ${setting('columns.timeFormat', '%d.%m.%Y %H:%M')}; name another column (${setting('columns.time', NAME)}), or say ${setting('columns.time', 'none')}`,
    },
  ]);
}

/** Why numbers are no moments. */
function orderWhy({ least, most }: ColumnProfile): string {
  if (least >= 0 && most < CLOCK_FROM) return `numbers up to ${most}, too small for seconds since 1970`;
  return `numbers from ${least} to ${most}, of the size of no time since 1970`;
}

function specOf(
  { source, partial }: ProfiledSource,
  column: ColumnProfile,
  form: TimeForm,
  zone: string | undefined,
): TimeSpec {
  // Of files that were not looked at nobody knows whether they have the same unit.
  const unit = form.unit !== undefined && partial && source.files.length > 1 ? 'auto' : form.unit;
  const spec = {
    column: column.name,
    ...(unit === undefined ? {} : { unit }),
    ...(form.format === undefined ? {} : { format: form.format }),
    ...(zone === undefined ? {} : { zone }),
  };
  return Object.keys(spec).length === 1 ? column.name : spec;
}

function shortOf({ fitting }: TimeForm, { filled }: ColumnProfile): string {
  return fitting >= filled ? '' : ` (${fitting} of ${filled} cells)`;
}

function ambiguous(log: ProfiledSource, column: ColumnProfile, [day, month]: readonly [string, string]): DataError {
  return new DataError([
    {
      file: log.source.files[0] ?? 'source',
      column: column.name,
      value: column.cells[0] ?? '',
      message: `may begin with the day or with the month: no cell of the first ${column.cells.length} tells`,
      cure: text`say which: ${setting('columns.timeFormat', day)} or ${setting('columns.timeFormat', month)}`,
    },
  ]);
}
