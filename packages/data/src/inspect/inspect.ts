// From files to a description: opens them, looks at their first rows, and takes every column for what it is, with the reason.
import path from 'node:path';
import { checkDescription } from '../description/read.js';
import type { Description, DescriptionInput, FieldSpec, SourceFormat, SourceSpec } from '../description/types.js';
import { type Engine, type EngineOptions, openEngine } from '../engine/engine.js';
import { DataError } from '../errors.js';
import { headerOf } from '../sources/dialect.js';
import { openSource } from '../sources/open.js';
import type { OpenSource } from '../sources/source.js';
import type { ReportEntry } from '../types.js';
import { chooseField } from './fields.js';
import { findFiles, type GivenFiles } from './files.js';
import { type ColumnFinding, type Findings, finding, undecided } from './findings.js';
import { isTitleName, nameRank, plainName } from './names.js';
import { type ColumnProfile, isNested, type ProfiledSource, profileSource, sampleColumn } from './profile.js';
import { chooseRoles, type NamedColumns, type Roles } from './roles.js';

/** The files to look at. */
export interface InspectInput extends GivenFiles {
  /** Of the data set. Default: after the first file. */
  readonly name?: string | undefined;
  /** Of the interactions, where the files do not tell. */
  readonly format?: SourceFormat | undefined;
}

/** How files are inspected. */
export interface InspectOptions extends EngineOptions {
  /** What is known about the columns of the interactions. */
  readonly columns?: NamedColumns;
  /** Folder that the paths of the description start from, e.g. where it will be written. Default: the working folder. */
  readonly base?: string;
  /** Stops the work. */
  readonly signal?: AbortSignal;
}

/** A description, and how it came about. */
export interface Inspection {
  readonly description: Description;
  readonly findings: Findings;
}

/** Values of a field of interactions beyond which it is rather an id. */
const MOST_LOG_VALUES = 1000;
/** Share of the items that must have one value alone for a column of the log to describe the item. */
const ITEM_SHARE = 0.99;

/**
 * Finds out what files hold: their form, the columns of user, item and time, and the attributes with their kinds. Nothing is filtered:
 * the description keeps every interaction, duplicates included, and is split by leave-one-out. It looks at the first 100,000 rows of
 * each file, and says so where there are more.
 *
 * @param input paths from the working folder: files, globs, folders; the catalogue and users given or found beside
 * @throws DataError if user or item cannot be told (it shows the columns, with examples), or a file cannot be read
 * @example
 * const { description, findings } = await inspectFiles({ interactions: 'clicks.csv', items: 'catalogue.jsonl' });
 * await writeDescription('shop.yaml', description, findings);
 */
export async function inspectFiles(input: InspectInput, options: InspectOptions = {}): Promise<Inspection> {
  const { columns = {}, base = '.', signal } = options;
  const found = await findFiles(input);
  const engine = await openEngine(options);
  const stop = (): void => engine.interrupt();
  signal?.addEventListener('abort', stop);
  try {
    const open = async (files: readonly string[], format?: SourceFormat): Promise<ProfiledSource> => {
      signal?.throwIfAborted();
      const source = await openSource(
        { files: files.length === 1 ? (files[0] ?? '') : files, ...(format === undefined ? {} : { format }) },
        { engine, base: '.', ...(signal === undefined ? {} : { signal }) },
      );
      return readable(engine, await profileSource(engine, source));
    };
    const log = await open(found.interactions, input.format);
    const items = found.items === undefined ? undefined : await open(found.items);
    const users = found.users === undefined ? undefined : await open(found.users);
    const itemsId = items === undefined ? undefined : catalogueId(items, 'item');
    const share =
      items === undefined || itemsId === undefined
        ? undefined
        : async (column: ColumnProfile) => shareKnown(engine, log, column.name, items, itemsId.name);
    const roles = await chooseRoles(log, columns, share);
    const types = await atomicTypes(log.source);
    const catalogue =
      items === undefined
        ? await itemsOfLog(engine, log, roles, types)
        : await ownersOf(engine, items, 'items', await bestId(engine, items, 'item', log, roles.item));
    const people =
      users === undefined
        ? undefined
        : await ownersOf(engine, users, 'users', await bestId(engine, users, 'user', log, roles.user));
    const inItems = items === undefined ? new Set(Object.keys(catalogue?.columns ?? {})) : new Set<string>();
    const own = logFields(log, roles, inItems, types);
    const description: DescriptionInput = {
      name: input.name ?? found.name,
      interactions: {
        ...specOf(log.source, found.interactions, base),
        user: roles.user.name,
        item: roles.item.name,
        ...(roles.time === undefined ? {} : { time: roles.time.spec }),
        ...(Object.keys(own.fields).length === 0 ? {} : { fields: own.fields }),
      },
      ...(catalogue === undefined
        ? {}
        : {
            items: {
              ...specOf((items ?? log).source, found.items ?? found.interactions, base),
              id: catalogue.id,
              ...(catalogue.name === undefined ? {} : { name: catalogue.name }),
              ...(Object.keys(catalogue.fields).length === 0 ? {} : { fields: catalogue.fields }),
            },
          }),
      ...(people === undefined || found.users === undefined
        ? {}
        : {
            users: {
              ...specOf((users ?? log).source, found.users, base),
              id: people.id,
              ...(Object.keys(people.fields).length === 0 ? {} : { fields: people.fields }),
            },
          }),
    };
    return {
      description: checkDescription(description, 'options'),
      findings: {
        columns: inFileOrder(log, [...roles.findings, ...own.findings]).concat(
          catalogue?.findings ?? [],
          people?.findings ?? [],
        ),
        report: [
          ...found.report,
          ...[log, items, users].flatMap((profiled) => (profiled === undefined ? [] : reportOf(profiled))),
          ...(roles.time === undefined ? [NO_TIME] : []),
        ],
      },
    };
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await engine.close();
  }
}

const NO_TIME: ReportEntry = {
  kind: 'inferred',
  what: 'no column of times',
  count: 0,
  why: 'the order of the files is taken for the order of time',
};

/** A source of which nothing can be read is an error here, not a hundred columns of nothing. */
function readable(engine: Engine, profiled: ProfiledSource): Promise<ProfiledSource> | ProfiledSource {
  if (profiled.rows > 0) return profiled;
  return unreadable(engine, profiled);
}

async function unreadable(engine: Engine, { source, broken }: ProfiledSource): Promise<never> {
  const file = source.files[0] ?? 'source';
  if (broken === 0)
    throw new DataError([
      {
        file,
        message: 'holds no rows besides its header',
        cure: 'check that this is the right file, and that it is whole',
      },
    ]);
  const [row = {}] = await engine.rows(
    `SELECT CAST(_line AS INTEGER) AS line, left(_raw, 200) AS raw, _problem AS problem FROM ${source.relation} LIMIT 1`,
  );
  throw new DataError([
    {
      file,
      line: row['line'] === null ? undefined : Number(row['line']),
      value: String(row['raw'] ?? ''),
      message: `cannot be read as ${source.spec.format ?? 'data'}, nor can any row of the file (${String(row['problem'])})`,
      cure: 'check the form of the file; write a description (dataset.yaml) that states format, delimiter and quote',
    },
  ]);
}

function reportOf({ source, rows, partial, broken }: ProfiledSource): ReportEntry[] {
  const file = path.basename(source.files[0] ?? 'the table');
  const count = rows + broken;
  return [
    ...source.report,
    {
      kind: 'inferred',
      what: `${file}${source.files.length > 1 ? ` and ${source.files.length - 1} more` : ''}: ${source.spec.format ?? ''}`,
      count: rows,
      why: partial
        ? `judged by the first ${count.toLocaleString('en-US')} rows alone`
        : `judged by all ${count.toLocaleString('en-US')} rows`,
    },
    ...(broken === 0
      ? []
      : [
          {
            kind: 'noted' as const,
            what: `${file}: rows that cannot be read`,
            count: broken,
            why: 'they are left out of the judgement',
          },
        ]),
  ];
}

/** The source part of a description: paths from its base, and the dialect as recognised. */
function specOf(source: OpenSource, files: readonly string[], base: string): SourceSpec {
  const from = files.map((file) =>
    path.isAbsolute(file)
      ? file
      : path.relative(path.resolve(base), path.resolve(file)).split(path.sep).join('/') || '.',
  );
  return { ...source.spec, files: from.length === 1 ? (from[0] ?? '.') : from };
}

/** Types of an atomic file's header by column. */
async function atomicTypes({ spec, files }: OpenSource): Promise<ReadonlyMap<string, string>> {
  const [file] = files;
  if (spec.format !== 'atomic' || file === undefined) return new Map();
  const header = await headerOf(file, spec.encoding, { delimiter: '\t', quote: '' });
  return new Map(
    (header?.cells ?? []).map((cell) => {
      const colon = cell.lastIndexOf(':');
      return [cell.slice(0, Math.max(colon, 0)).trim(), cell.slice(colon + 1).trim()];
    }),
  );
}

/** The id column of a catalogue or of users by its name alone. */
function catalogueId({ columns }: ProfiledSource, role: 'item' | 'user'): ColumnProfile | undefined {
  const usual = columns
    .map((column) => ({ column, rank: plainName(column.name) === 'id' ? 0 : nameRank(column.name, role) }))
    .filter(({ column, rank }) => rank !== undefined && column.filled > 0 && !isNested(column.type))
    .toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  return usual[0]?.column;
}

/** Share of the distinct values of a column that another has. */
async function shareKnown(
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

/** The id of a catalogue: the column of the log's name, a usual name, or whichever holds most of the log's ids. @throws DataError */
async function bestId(
  engine: Engine,
  owners: ProfiledSource,
  role: 'item' | 'user',
  log: ProfiledSource,
  column: ColumnProfile,
): Promise<{ readonly column: ColumnProfile; readonly why: string }> {
  const same = owners.columns.find(({ name }) => plainName(name) === plainName(column.name));
  const usual = catalogueId(owners, role);
  const candidates = [
    ...new Set([
      same,
      usual,
      ...owners.columns.filter(({ type, spaced, filled }) => !isNested(type) && spaced * 10 < filled),
    ]),
  ].filter((candidate) => candidate !== undefined);
  let best: { column: ColumnProfile; share: number } | undefined;
  for (const candidate of candidates) {
    const share = await shareKnown(engine, log, column.name, owners, candidate.name);
    // One that is called so need not have the most, only some: a catalogue may lack most of the items.
    if (share > 0 && (candidate === same || candidate === usual))
      return { column: candidate, why: sharedWhy(share, column) };
    if (share > (best?.share ?? 0)) best = { column: candidate, share };
  }
  if (best !== undefined && best.share >= 0.2) return { column: best.column, why: sharedWhy(best.share, column) };
  const what = role === 'item' ? 'catalogue' : 'file of users';
  throw undecided(
    owners,
    `no column of the ${what} has the ids of the interactions' "${column.name}" (${column.examples.join(' | ')})`,
    `check that the ${what} belongs to these interactions, and which column is the ${role} (--${role})`,
  );
}

function sharedWhy(share: number, column: ColumnProfile): string {
  return `it has ${Math.round(share * 1000) / 10} % of the ids in "${column.name}"`;
}

interface FoundOwners {
  readonly id: string;
  readonly name?: string;
  readonly fields: Record<string, FieldSpec>;
  /** Columns that were taken as fields or the name. */
  readonly columns: Record<string, true>;
  readonly findings: readonly ColumnFinding[];
}

async function ownersOf(
  engine: Engine,
  owners: ProfiledSource,
  source: 'items' | 'users',
  { column: id, why }: { readonly column: ColumnProfile; readonly why: string },
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
  const findings = [finding(source, id, 'id', why)];
  for (const column of owners.columns) {
    if (column === id) continue;
    if (column === name) {
      findings.push(finding(source, column, 'name', 'readable names of items'));
      continue;
    }
    const choice = chooseField(column, { atomicType: types.get(column.name), isItemId: (value) => ids.has(value) });
    addField(fields, findings, source, column, choice);
  }
  const taken = [...Object.keys(fields), ...(name === undefined ? [] : [name.name])];
  return {
    id: id.name,
    ...(name === undefined ? {} : { name: name.name }),
    fields,
    columns: Object.fromEntries(taken.map((column) => [column, true as const])),
    findings: inFileOrder(owners, findings),
  };
}

/** Names that the prepared form has for itself. */
const RESERVED = new Set(['id', 'token', 'name', 'user', 'item', 'time', 'part', 'seconds']);

function addField(
  fields: Record<string, FieldSpec>,
  findings: ColumnFinding[],
  source: ColumnFinding['source'],
  column: ColumnProfile,
  { field, why }: { readonly field?: FieldSpec; readonly why: string },
): void {
  if (field === undefined) {
    findings.push(finding(source, column, 'unused', why));
    return;
  }
  const reserved = RESERVED.has(column.name.toLowerCase());
  const name = reserved ? `${source.replace(/s$/, '')}_${column.name}` : column.name;
  fields[name] = reserved ? { column: column.name, ...field } : field;
  findings.push(finding(source, column, 'field', why, field.kind));
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

/** Attributes of interactions: what is left of the log. */
function logFields(
  log: ProfiledSource,
  { user, item, time }: Roles,
  inItems: ReadonlySet<string>,
  types: ReadonlyMap<string, string>,
): { readonly fields: Record<string, FieldSpec>; readonly findings: ColumnFinding[] } {
  const fields: Record<string, FieldSpec> = {};
  const findings: ColumnFinding[] = [];
  for (const column of log.columns) {
    if (column === user || column === item || column === time?.column || inItems.has(column.name)) continue;
    const second = nameRank(column.name, 'time') !== undefined && time !== undefined;
    const choice = second
      ? { why: `another time; "${time.column.name}" is used` }
      : chooseField(column, { atomicType: types.get(column.name) });
    const many = choice.field !== undefined && choice.field.kind !== 'numeric' && column.distinct > MOST_LOG_VALUES;
    addField(
      fields,
      findings,
      'interactions',
      column,
      many ? { why: `${column.distinct} different values: too many for an attribute of interactions` } : choice,
    );
  }
  return { fields, findings };
}

/** A log without a catalogue may carry it: columns that have one value for each item. */
async function itemsOfLog(
  engine: Engine,
  log: ProfiledSource,
  { user, item, time }: Roles,
  types: ReadonlyMap<string, string>,
): Promise<FoundOwners | undefined> {
  const fields: Record<string, FieldSpec> = {};
  const findings: ColumnFinding[] = [];
  let name: string | undefined;
  const id = sampleColumn(log, item.name);
  for (const column of log.columns) {
    if (column === user || column === item || column === time?.column || column.distinct < 2) continue;
    const cell = sampleColumn(log, column.name);
    const [row = {}] = await engine.rows(
      `SELECT CAST(count(*) AS DOUBLE) AS items, CAST(count(*) FILTER (n = 1) AS DOUBLE) AS one FROM (SELECT ${id}, count(DISTINCT ${cell}) AS n FROM ${log.table} WHERE ok AND ${cell} IS NOT NULL GROUP BY ${id} HAVING count(*) > 1)`,
    );
    const items = Number(row['items'] ?? 0);
    if (items < 5 || Number(row['one'] ?? 0) < ITEM_SHARE * items) continue;
    if (isTitleName(column.name) && name === undefined && !isNested(column.type)) {
      name = column.name;
      findings.push(finding('items', column, 'name', 'one for each item: its name'));
      continue;
    }
    const choice = chooseField(column, { atomicType: types.get(column.name) });
    if (choice.field === undefined || column.distinct > item.distinct * 0.8) continue;
    addField(fields, findings, 'items', column, { field: choice.field, why: `one for each item; ${choice.why}` });
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

function inFileOrder({ columns }: ProfiledSource, findings: readonly ColumnFinding[]): ColumnFinding[] {
  const places = new Map(columns.map(({ name }, index) => [name, index]));
  return findings.toSorted((a, b) => (places.get(a.column) ?? 0) - (places.get(b.column) ?? 0));
}
