// From a description to the prepared form: opens the sources, runs the pipeline, puts the folder in its place whole or not at all.
import { type OptionRules, needed, option } from '@difsr/errors';
import type { ReportEntry } from '@difsr/data';
import { checkOptions } from '@difsr/data/internal';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Description } from '../description/types.js';
import { ENGINE_RULES, type Engine, EngineError, type EngineOptions, openEngine } from '../engine/engine.js';
import { ownManifest } from '../own-manifest.js';
import { type Manifest, manifestSchema, PREPARED_VERSION } from '../prepared/manifest.js';
import { openSource } from '../sources/open.js';
import type { OpenSource, OpenSources } from '../sources/source.js';
import { refuseContradictions } from './contradictions.js';
import { checkExpressions, failingExpression } from './expressions.js';
import { registerFieldValues } from './field-values.js';
import { filterLog } from './filters.js';
import { reportLookalikes } from './lookalikes.js';
import { type Log, readLog } from './log.js';
import { reportNameless } from './nameless.js';
import { numberIds, numberLogValues, numberOwnerValues } from './numbering.js';
import { type Owners, readOwners } from './owners.js';
import { orderLog } from './order.js';
import { assignParts, drawParts } from './parts.js';
import { choosePlace, clearPlace, type Place, putInPlace } from './place.js';
import { type BadRows, mostlyBad, refuse, writeQuarantine } from './quarantine.js';
import { reportReturns } from './returns.js';
import { stoppable } from './stopping.js';
import { withoutSecrets } from './secrets.js';
import { unmetIds } from './unmet-ids.js';
import { usedColumns } from './used.js';
import { measureFiles, writeManifest, writeTables } from './write.js';

/** What a long preparation is doing. */
export interface PrepareEvent {
  /** `open`, `read`, the filters by name, `number`, `fields`, `order`, `write`, `done`. */
  readonly step: string;
  /** Rows that are left after it. */
  readonly left?: number;
}

/** How a data set is prepared. */
export interface PrepareOptions extends EngineOptions {
  /** The folder to write. */
  readonly out: string;
  /** Folder that the files of the description are relative to. Default: the working folder. */
  readonly base?: string;
  /** Stop at unusable rows instead of setting them aside. */
  readonly strict?: boolean;
  /** Called at the beginning of every step, and with the rows that are left after those that take some. */
  readonly progress?: (event: PrepareEvent) => void;
  /** Stops the work; nothing is left of it. */
  readonly signal?: AbortSignal;
}

const PREPARE_RULES: OptionRules<PrepareOptions> = {
  ...ENGINE_RULES,
  out: needed(option.text),
  base: option.text,
  strict: option.flag,
  progress: option.callable,
  signal: option.given,
};

/**
 * Prepares a data set: reads, checks, filters, numbers, orders and splits, and writes the folder `out`. Rows that cannot be used are set
 * aside in `<out>.quarantine.jsonl`, or stop the work where `strict` is set. A prepared data set in `out` is replaced; any other folder
 * is not touched.
 *
 * @returns what dataset.json says
 * @throws DataError for every kind of bad input, and where nothing is left after filtering
 * @example
 * const description = descriptionSchema.parse({ name: 'shop', interactions: { files: 'clicks.csv', user: 'user', item: 'item', time: 'time' } });
 * const { counts } = await prepareDataset(description, { out: 'data/shop' });
 */
export async function prepareDataset(description: Description, options: PrepareOptions): Promise<Manifest> {
  checkOptions('prepareDataset', options, PREPARE_RULES);
  const { base = '.', signal, progress } = options;
  signal?.throwIfAborted();
  refuseContradictions(description);
  await choosePlace(options.out);
  const opened = await openEngine(options);
  const { engine, release } = stoppable(opened, signal);
  try {
    progress?.({ step: 'open' });
    const open = { engine, base, ...(signal === undefined ? {} : { signal }) };
    const { items, users } = description;
    const sources: OpenSources = {
      interactions: await openSource(description.interactions, { ...open, wanted: wanted(description.interactions) }),
      ...(items === undefined ? {} : { items: await openSource(items, { ...open, wanted: wanted(items) }) }),
      ...(users === undefined ? {} : { users: await openSource(users, { ...open, wanted: wanted(users) }) }),
    };
    return await prepareFrom(engine, sources, description, options);
  } catch (error) {
    // A statement that was stopped fails with words of its own.
    signal?.throwIfAborted();
    throw error;
  } finally {
    release();
    await opened.close();
  }
}

/**
 * The pipeline over sources that are open already. The engine must be fresh: its tables are taken.
 *
 * @throws DataError as `prepareDataset` does
 */
export async function prepareFrom(
  engine: Engine,
  sources: OpenSources,
  description: Description,
  options: PrepareOptions,
): Promise<Manifest> {
  refuseContradictions(description);
  const place = await choosePlace(options.out);
  await checkExpressions(engine, sources, description);
  try {
    return await runPipeline(engine, sources, description, options, place);
  } catch (error) {
    await clearPlace(place);
    if (!(error instanceof EngineError) || options.signal?.aborted === true) throw error;
    throw (await failingExpression(engine, sources, description)) ?? error;
  }
}

async function runPipeline(
  engine: Engine,
  sources: OpenSources,
  description: Description,
  options: PrepareOptions,
  place: Place,
): Promise<Manifest> {
  const { strict = false, progress, signal } = options;
  const at = (step: string, left?: number): void => {
    signal?.throwIfAborted();
    progress?.(left === undefined ? { step } : { step, left });
  };
  registerFieldValues(engine);
  await engine.run('CREATE TABLE vocabulary (owner VARCHAR, field VARCHAR, id INTEGER, token VARCHAR)');
  at('read');
  const log = await readLog(engine, sources.interactions, description);
  at('read', log.read - log.bad);
  const items =
    sources.items === undefined || description.items === undefined
      ? undefined
      : await readOwners(engine, sources.items, description.items, 'catalogue', inLog(sources.items, sources));
  const users =
    sources.users === undefined || description.users === undefined
      ? undefined
      : await readOwners(engine, sources.users, description.users, 'people', inLog(sources.users, sources));
  const bad: BadRows[] = [
    {
      source: sources.interactions,
      table: 'bad',
      count: log.bad,
      columns: { user: log.user, item: log.item, ...(log.time === undefined ? {} : { time: log.time }) },
      fields: log.fields,
    },
    ...[items, users].flatMap((owners): BadRows[] =>
      owners === undefined
        ? []
        : [
            {
              source: owners.source,
              table: `${owners.table}_bad`,
              count: owners.bad,
              columns: owners.table === 'catalogue' ? { item: owners.id } : { user: owners.id },
              fields: owners.fields,
            },
          ],
    ),
  ];
  const quarantined = bad.reduce((sum, { count }) => sum + count, 0);
  const hopeless = [
    ...mostlyBad(sources.interactions, log.bad, log.read),
    ...[items, users].flatMap((owners) =>
      owners === undefined ? [] : mostlyBad(owners.source, owners.bad, owners.read),
    ),
  ];
  if (quarantined > 0 && (strict || hopeless.length > 0)) return refuse(engine, bad, hopeless);

  const filtered = await filterLog(engine, description, log, items, users, at);
  const returns = await reportReturns(engine, log, description.filters);
  at('number');
  const unused = [
    ...(await numberIds(engine, items, description.filters)),
    ...(await unmet(engine, log, description, items, users)),
    ...(await reportNameless(engine, description.filters)),
  ];
  at('fields');
  const itemFields = items === undefined ? [] : await numberOwnerValues(engine, items, 'item_ids');
  const userFields = users === undefined ? [] : await numberOwnerValues(engine, users, 'user_ids');
  const logFields = await numberLogValues(engine, log);
  at('order');
  await orderLog(engine, logFields, await drawParts(engine, description.split));
  const split = await assignParts(engine, description.split, log.time);
  at('write');
  const { partial, aside } = place;
  await mkdir(partial);
  await writeTables(engine, partial, {
    hasTimes: log.time !== undefined,
    hasNames: items?.hasNames ?? false,
    interactions: logFields.map(({ field }) => field.name),
    items: itemFields,
    users: userFields,
    hasItemTable: items !== undefined,
    hasUserTable: users !== undefined,
  });
  const report: ReportEntry[] = [
    ...usedColumns(sources, description),
    ...log.report,
    ...(items?.report ?? []),
    ...(users?.report ?? []),
    ...bad
      .filter(({ count }) => count > 0)
      .map(({ count, source }): ReportEntry => ({
        kind: 'dropped',
        what: `unusable rows of ${path.basename(source.files[0] ?? 'the source')}`,
        count,
        why: `set aside in ${path.basename(aside)}, with place and cure`,
      })),
    ...filtered.report,
    ...returns,
    ...unused,
    ...split.report,
    ...itemFields.flatMap((field) => field.report),
    ...userFields.flatMap((field) => field.report),
    ...(await reportLookalikes(engine, 'item', items?.fields ?? [])),
    ...(await reportLookalikes(engine, 'user', users?.fields ?? [])),
    ...(await reportLookalikes(engine, 'interaction', log.fields)),
  ];
  const manifest: Manifest = {
    version: PREPARED_VERSION,
    name: description.name,
    counts: {
      users: await engine.count('SELECT count(*) FROM user_ids'),
      items: await engine.count('SELECT count(*) FROM item_ids'),
      interactions: await engine.count('SELECT count(*) FROM final'),
      ...split.parts,
    },
    hasTimes: log.time !== undefined,
    hasNames: items?.hasNames ?? false,
    fields: [
      ...itemFields.map(({ field }) => field),
      ...logFields.map(({ field }) => field),
      ...userFields.map(({ field }) => field),
    ],
    files: await measureFiles(partial),
    steps: filtered.steps,
    report,
    quarantined,
    sources: await sourceFiles(Object.values(sources), options.base ?? '.'),
    description: withoutSecrets(description),
    libraries: { '@difsr/prepare': (await ownManifest()).version, duckdb: engine.version },
  };
  await writeManifest(partial, manifestSchema.parse(manifest));
  if (quarantined > 0) await writeQuarantine(engine, bad, place.partialAside);
  // The last moment to stop: from here on it is done.
  signal?.throwIfAborted();
  await putInPlace(place, quarantined > 0);
  progress?.({ step: 'done', left: manifest.counts.interactions });
  return manifest;
}

/** What is said of items and users of the log that their tables lack. */
async function unmet(
  engine: Engine,
  log: Log,
  description: Description,
  items: Owners | undefined,
  users: Owners | undefined,
): Promise<ReportEntry[]> {
  const { interactions } = description;
  const report: ReportEntry[] = [];
  if (items !== undefined && description.items !== undefined)
    report.push(
      ...(await unmetIds(engine, items, {
        log: { spec: interactions.item, column: log.item },
        table: { spec: description.items.id, column: items.id },
      })),
    );
  if (users !== undefined && description.users !== undefined)
    report.push(
      ...(await unmetIds(engine, users, {
        log: { spec: interactions.user, column: log.user },
        table: { spec: description.users.id, column: users.id },
      })),
    );
  return report;
}

/** Whether a catalogue or the users are the rows of the interactions. */
function inLog({ files, spec }: OpenSource, { interactions }: OpenSources): boolean {
  return spec.table === interactions.spec.table && files.join('\n') === interactions.files.join('\n');
}

async function sourceFiles(sources: readonly OpenSource[], base: string): Promise<Manifest['sources']> {
  const files = sources.flatMap((source) => source.files);
  return Promise.all(
    files.map(async (file) => ({
      file: path.relative(base, file).split(path.sep).join('/') || file,
      bytes: await stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    })),
  );
}

/** Names of columns that the description asks for outright. */
function wanted(spec: Description['interactions'] | NonNullable<Description['items']>): string[] {
  const columns: unknown[] = [
    ...('user' in spec
      ? [spec.user, spec.item, typeof spec.time === 'object' && 'column' in spec.time ? spec.time.column : spec.time]
      : [spec.id, spec.name]),
    ...Object.entries(spec.fields ?? {}).map(([name, field]) => field.column ?? name),
  ];
  return columns.filter((column) => typeof column === 'string');
}
