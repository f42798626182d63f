// The catalogue and the users: which column holds their ids, what the others are, and a catalogue that stands in the log itself.
import { setting, text } from '@difsr/errors';
import type { ColumnSpec, FieldSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { atomicHeader } from '../sources/atomic.js';
import type { OpenSource } from '../sources/source.js';
import type { FieldChoice } from './choice.js';
import { chooseField } from './fields.js';
import { type ColumnFinding, finding, undecided } from './findings.js';
import { HARDLY_ANY, type MeetingIds, meetingIds } from './ids.js';
import { isTitleName, nameRank, plainName } from './names.js';
import { type ColumnProfile, isNested, type ProfiledSource, sampleColumn } from './profile.js';
import { canBeIds, type Roles } from './roles.js';

/** Types of an atomic file's header by column. */
export async function atomicTypes({ spec, files }: OpenSource): Promise<ReadonlyMap<string, string>> {
  const [file] = files;
  if (spec.format !== 'atomic' || file === undefined) return new Map();
  const { cells } = await atomicHeader(file, spec.encoding);
  return new Map(
    cells.map((cell) => {
      const colon = cell.lastIndexOf(':');
      return [cell.slice(0, Math.max(colon, 0)).trim(), cell.slice(colon + 1).trim()];
    }),
  );
}

/** The id column of a catalogue or of users by its name alone. */
export function catalogueId({ columns }: ProfiledSource, role: 'item' | 'user'): ColumnProfile | undefined {
  const usual = columns
    .map((column) => ({ column, rank: plainName(column.name) === 'id' ? 0 : nameRank(column.name, role) }))
    .filter(({ column, rank }) => rank !== undefined && column.filled > 0 && !isNested(column.type) && canBeIds(column))
    .toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  return usual[0]?.column;
}

/** The id column of a catalogue whose names are in no list: one that the log has too, with another value on each row. */
export function sharedId({ columns, rows }: ProfiledSource, log: ProfiledSource): ColumnProfile | undefined {
  const inLog = new Set(log.columns.map(({ name }) => plainName(name)));
  return columns.find(
    ({ name, type, filled, distinct }) =>
      inLog.has(plainName(name)) && !isNested(type) && filled === rows && distinct === rows,
  );
}

/** Share of the distinct values of a column that another has. */
export async function shareKnown(
  engine: Engine,
  log: ProfiledSource,
  column: string,
  owners: ProfiledSource,
  id: string,
): Promise<number> {
  const cell = sampleColumn(log, column);
  const known = sampleColumn(owners, id);
  const [row = {}] = await engine.rows(
    `SELECT CAST(count(*) AS DOUBLE) AS total, CAST(count(*) FILTER (id IN (SELECT ${known} FROM ${owners.table})) AS DOUBLE) AS known FROM (SELECT DISTINCT ${cell} AS id FROM ${log.table} WHERE ${cell} IS NOT NULL)`,
  );
  const total = Number(row['total'] ?? 0);
  return total === 0 ? 0 : Number(row['known'] ?? 0) / total;
}

/** The column of a table's ids, and how both sides are read so that they meet. */
export interface FoundId {
  readonly column: ColumnProfile;
  readonly why: string;
  readonly meeting?: MeetingIds;
}

/** Share of the log's ids that a column without a usual name must have. */
const FEWEST_KNOWN = 0.2;

/**
 * The id of a catalogue: the column of the log's name, a usual name, or whichever holds most of the log's ids; as they stand, or else in
 * another form. @throws DataError
 */
export async function bestId(
  engine: Engine,
  owners: ProfiledSource,
  role: 'item' | 'user',
  log: ProfiledSource,
  column: ColumnProfile,
): Promise<FoundId> {
  const same = owners.columns.find(({ name }) => plainName(name) === plainName(column.name));
  const usual = catalogueId(owners, role);
  const named = [...new Set([same, usual])].filter((candidate) => candidate !== undefined);
  const others = owners.columns.filter(
    ({ type, spaced, filled, rowLabels }) =>
      !isNested(type) && spaced * 10 < filled && filled > 0 && rowLabels !== 'count',
  );
  // Labels of rows may be numbers that ids are by chance: they serve only where nothing else does.
  const labels = others.filter(({ rowLabels }) => rowLabels !== undefined);
  const candidates = [...new Set([...named, ...others.filter((other) => !labels.includes(other)), ...labels])];
  let best: { column: ColumnProfile; share: number } | undefined;
  for (const candidate of candidates) {
    if (labels.includes(candidate) && (best?.share ?? 0) >= FEWEST_KNOWN) break;
    const share = await shareKnown(engine, log, column.name, owners, candidate.name);
    if (share < HARDLY_ANY && named.includes(candidate)) {
      const meeting = await meetingIds(engine, { source: log, column }, { source: owners, column: candidate });
      if (meeting !== undefined) return { column: candidate, why: meetingWhy(meeting, share, column), meeting };
    }
    // One that is called so need not have the most, only some: a catalogue may lack most of the items.
    if (share > 0 && named.includes(candidate)) return { column: candidate, why: sharedWhy(share, column) };
    if (share > (best?.share ?? 0)) best = { column: candidate, share };
  }
  if (best !== undefined && best.share >= FEWEST_KNOWN)
    return { column: best.column, why: sharedWhy(best.share, column) };
  const what = role === 'item' ? 'catalogue' : 'file of users';
  const shown = named[0] === undefined ? '' : `; those of "${named[0].name}" are ${named[0].examples.join(' | ')}`;
  throw undecided(
    owners,
    `no column of the ${what} has the ids of the interactions' "${column.name}" (${column.examples.join(' | ')})${shown}`,
    text`check that the ${what} belongs to these interactions, and which column is the ${role} (${setting(`columns.${role}`)})`,
  );
}

function meetingWhy({ share, words, log, table }: MeetingIds, before: number, column: ColumnProfile): string {
  const sides = [...(log === undefined ? [] : ['the log']), ...(table === undefined ? [] : ['this table'])];
  return `${sharedWhy(share, column)} ${words}, ${percent(before)} as they stand: ids of ${sides.join(' and ')} are read so`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function sharedWhy(share: number, column: ColumnProfile): string {
  return `it has ${percent(share)} of the ids in "${column.name}"`;
}

/** What was made of a catalogue or of users. */
export interface FoundOwners {
  readonly id: ColumnSpec;
  /** The log's column of ids, where it must be read otherwise. */
  readonly inLog?: ColumnSpec;
  readonly name?: string;
  readonly fields: Record<string, FieldSpec>;
  /** Columns that were taken as fields or the name. */
  readonly columns: Record<string, true>;
  readonly findings: readonly ColumnFinding[];
}

/** Published counts and vocabularies of this form have every attribute, one that all items have among them. */
const EVERY_ATTRIBUTE: FieldChoice = {
  field: { kind: 'multi-categorical' },
  why: 'the attributes of this form, all of them',
};

/** Takes the columns of a catalogue or of users for what they are. */
export async function ownersOf(
  engine: Engine,
  owners: ProfiledSource,
  source: 'items' | 'users',
  { column: id, why, meeting }: FoundId,
): Promise<FoundOwners> {
  const types = await atomicTypes(owners.source);
  const ids =
    source === 'items'
      ? new Set(
          (await engine.rows(`SELECT DISTINCT ${sampleColumn(owners, id.name)} AS id FROM ${owners.table}`)).map(
            (row) => String(row['id']),
          ),
        )
      : new Set<string>();
  const name = source === 'items' ? nameColumn(owners, id) : undefined;
  const fields: Record<string, FieldSpec> = {};
  const said = meeting === undefined ? {} : { note: why };
  const findings: ColumnFinding[] = [{ ...finding(source, id, 'id', why), ...said }];
  for (const column of owners.columns) {
    if (column === id) continue;
    if (column === name) {
      findings.push(finding(source, column, 'name', 'readable names of items'));
      continue;
    }
    const choice =
      owners.source.spec.format === 's3rec-attributes'
        ? EVERY_ATTRIBUTE
        : chooseField(column, { atomicType: types.get(column.name), isItemId: (value) => ids.has(value) });
    addField(fields, findings, source, column, choice);
  }
  const taken = [...Object.keys(fields), ...(name === undefined ? [] : [name.name])];
  return {
    id: meeting?.table ?? id.name,
    ...(meeting?.log === undefined ? {} : { inLog: meeting.log }),
    ...(name === undefined ? {} : { name: name.name }),
    fields,
    columns: Object.fromEntries(taken.map((column) => [column, true as const])),
    findings: inFileOrder(owners, findings),
  };
}

/** Names that the prepared form has for itself. */
const RESERVED = new Set(['id', 'token', 'name', 'user', 'item', 'time', 'part', 'seconds']);

/** Adds a column to the fields, or to the findings alone with the reason. */
export function addField(
  fields: Record<string, FieldSpec>,
  findings: ColumnFinding[],
  source: ColumnFinding['source'],
  column: ColumnProfile,
  { field, why, note, cure }: FieldChoice,
): void {
  const noted = { ...(note === undefined ? {} : { note }), ...(cure === undefined ? {} : { cure }) };
  if (field === undefined) {
    findings.push({ ...finding(source, column, 'unused', why), ...noted });
    return;
  }
  const reserved = RESERVED.has(column.name.toLowerCase());
  const name = reserved ? `${source.replace(/s$/, '')}_${column.name}` : column.name;
  fields[name] = reserved ? { column: column.name, ...field } : field;
  findings.push({ ...finding(source, column, 'field', why, field.kind), ...noted });
}

/** The column of names: called so, text, and not scraped markup. */
function nameColumn({ columns }: ProfiledSource, id: ColumnProfile): ColumnProfile | undefined {
  return columns.find(
    (column) =>
      column !== id &&
      isTitleName(column.name) &&
      !isNested(column.type) &&
      column.filled * 2 > column.rows &&
      column.distinct > 1 &&
      column.cells.filter((cell) => /<\/?[a-z!]/i.test(cell)).length * 5 <= column.cells.length,
  );
}

/** Share of the items that must have one value alone for a column of the log to describe the item. */
const ITEM_SHARE = 0.99;

/** Whether a column of the log has one value for each item: it describes the item, not what was done with it. */
export async function describesItem(
  engine: Engine,
  log: ProfiledSource,
  item: ColumnProfile,
  column: ColumnProfile,
): Promise<boolean> {
  const id = sampleColumn(log, item.name);
  const cell = sampleColumn(log, column.name);
  const [row = {}] = await engine.rows(
    `SELECT CAST(count(*) AS DOUBLE) AS items, CAST(count(*) FILTER (n = 1) AS DOUBLE) AS one FROM (SELECT ${id}, count(DISTINCT ${cell}) AS n FROM ${log.table} WHERE ok AND ${id} IS NOT NULL AND ${cell} IS NOT NULL GROUP BY ${id} HAVING count(*) > 1)`,
  );
  const items = Number(row['items'] ?? 0);
  return items >= 5 && Number(row['one'] ?? 0) >= ITEM_SHARE * items;
}

/** A log without a catalogue may carry it: columns that have one value for each item. */
export async function itemsOfLog(
  engine: Engine,
  log: ProfiledSource,
  { user, item, time }: Roles,
  types: ReadonlyMap<string, string>,
): Promise<FoundOwners | undefined> {
  const fields: Record<string, FieldSpec> = {};
  const findings: ColumnFinding[] = [];
  let name: string | undefined;
  for (const column of log.columns) {
    if (column === user || column === item || column === time?.column || column.distinct < 2) continue;
    if (!(await describesItem(engine, log, item, column))) continue;
    if (isTitleName(column.name) && name === undefined && !isNested(column.type)) {
      name = column.name;
      findings.push(finding('items', column, 'name', 'one for each item: its name'));
      continue;
    }
    const choice = chooseField(column, { atomicType: types.get(column.name) });
    // As good as another value for each item; the parts of lists come again all the same.
    const groupsNothing = choice.field?.kind !== 'multi-categorical' && column.distinct > item.distinct * 0.8;
    if (choice.field === undefined || groupsNothing) continue;
    addField(fields, findings, 'items', column, { ...choice, why: `one for each item; ${choice.why}` });
  }
  const taken = findings.map(({ column }) => column);
  if (taken.length === 0) return undefined;
  return {
    id: item.name,
    ...(name === undefined ? {} : { name }),
    fields,
    columns: Object.fromEntries(taken.map((column) => [column, true as const])),
    findings,
  };
}

/** Findings in the order of the columns. */
export function inFileOrder({ columns }: ProfiledSource, findings: readonly ColumnFinding[]): ColumnFinding[] {
  const places = new Map(columns.map(({ name }, index) => [name, index]));
  return findings.toSorted((a, b) => (places.get(a.column) ?? 0) - (places.get(b.column) ?? 0));
}
