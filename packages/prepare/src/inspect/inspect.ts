// From files to a description: opens them, looks at their first rows, and takes every column for what it is, with the reason.
import { option, type OptionRules } from '@difsr/errors';
import { DataError, type ReportEntry } from '@difsr/data';
import { checkOptions } from '@difsr/data/internal';
import path from 'node:path';
import { checkDescription } from '../description/read.js';
import type { Description, DescriptionInput, FieldSpec, SourceFormat, SourceSpec } from '../description/types.js';
import { ENGINE_RULES, type Engine, type EngineOptions, openEngine } from '../engine/engine.js';
import { orderReport } from '../sources/file-order.js';
import { openSource } from '../sources/open.js';
import type { OpenSource } from '../sources/source.js';
import { chooseField } from './fields.js';
import { findFiles, type GivenFiles } from './files.js';
import type { ColumnFinding, Findings } from './findings.js';
import { isTitleName, nameRank } from './names.js';
import {
  addField,
  atomicTypes,
  bestId,
  catalogueId,
  describesItem,
  inFileOrder,
  itemsOfLog,
  ownersOf,
  sharedId,
  shareKnown,
} from './owners.js';
import { type ColumnProfile, type ProfiledSource, profileSource } from './profile.js';
import { chooseRoles, COLUMN_RULES, type NamedColumns, type Roles } from './roles.js';

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

const INSPECT_RULES: OptionRules<InspectOptions> = {
  ...ENGINE_RULES,
  columns: option.object(COLUMN_RULES),
  base: option.text,
  signal: option.given,
};

/** A description, and how it came about. */
export interface Inspection {
  readonly description: Description;
  readonly findings: Findings;
}

/** Values of a field of interactions beyond which it is rather an id. */
const MOST_LOG_VALUES = 1000;

/**
 * Finds out what files hold: their form, the columns of user, item and time, and the attributes with their kinds. Nothing is filtered:
 * the description keeps every interaction, duplicates included, and is split by leave-one-out (S3-Rec: without the items that nobody took). It looks at the first 100,000 rows of
 * each file, and says so where there are more.
 *
 * @param input paths from the working folder: files, globs, folders; the catalogue and users given or found beside
 * @throws DataError if user or item cannot be told (it shows the columns, with examples), or a file cannot be read
 * @example
 * const { description, findings } = await inspectFiles({ interactions: 'clicks.csv', items: 'catalogue.jsonl' });
 * await writeDescription('shop.yaml', description, findings);
 */
export async function inspectFiles(input: InspectInput, options: InspectOptions = {}): Promise<Inspection> {
  checkOptions('inspectFiles', options, INSPECT_RULES);
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
      return readable(engine, await profileSource(engine, source, columns.decimal));
    };
    const log = await open(found.interactions, input.format);
    const items = found.items === undefined ? undefined : await open(found.items);
    const users = found.users === undefined ? undefined : await open(found.users);
    const itemsId = items === undefined ? undefined : (catalogueId(items, 'item') ?? sharedId(items, log));
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
    const own = await logFields(engine, log, roles, inItems, types);
    const isS3Rec = log.source.spec.format === 's3rec';
    const judged = inFileOrder(log, [...roles.findings, ...own.findings]).concat(
      catalogue?.findings ?? [],
      people?.findings ?? [],
    );
    const description: DescriptionInput = {
      name: input.name ?? found.name,
      interactions: {
        ...specOf(log.source, found.interactions, base),
        user: people?.inLog ?? roles.user.name,
        item: catalogue?.inLog ?? roles.item.name,
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
      // As the reader of that form does: an item that nobody took is no candidate.
      ...(isS3Rec ? { filters: { itemMin: 1 } } : {}),
    };
    return {
      description: checkDescription(description, 'options'),
      findings: {
        columns: judged,
        report: [
          ...found.report,
          ...[log, items, users].flatMap((profiled) => (profiled === undefined ? [] : reportOf(profiled))),
          ...roles.report,
          ...(roles.time === undefined ? [orderReport(log.source.files)] : []),
          ...(isS3Rec ? [NO_UNUSED_ITEMS] : []),
          ...judged.flatMap(noteOf),
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

/** What a column has to say in full. */
function noteOf({ source, column, note, cure }: ColumnFinding): ReportEntry[] {
  if (note === undefined) return [];
  const entry: ReportEntry = { kind: 'noted', what: `${source}.${column}`, count: 0, why: note };
  return [cure === undefined ? entry : { ...entry, cure }];
}

const NO_UNUSED_ITEMS: ReportEntry = {
  kind: 'inferred',
  what: 'itemMin 1',
  count: 0,
  why: 'items without interactions are left out, as the S3-Rec form has it',
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

/** Attributes of interactions: what is left of the log. */
async function logFields(
  engine: Engine,
  log: ProfiledSource,
  { user, item, time }: Roles,
  inItems: ReadonlySet<string>,
  types: ReadonlyMap<string, string>,
): Promise<{ readonly fields: Record<string, FieldSpec>; readonly findings: ColumnFinding[] }> {
  const fields: Record<string, FieldSpec> = {};
  const findings: ColumnFinding[] = [];
  for (const column of log.columns) {
    if (column === user || column === item || column === time?.column || inItems.has(column.name)) continue;
    const second = nameRank(column.name, 'time') !== undefined && time !== undefined;
    const title = isTitleName(column.name) && (await describesItem(engine, log, item, column));
    const choice = second
      ? { why: `another time; "${time.column.name}" is used` }
      : title
        ? { why: 'names of items, one for each: they belong to the catalogue (name: under items:)' }
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
