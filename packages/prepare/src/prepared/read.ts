// Reads the prepared form back as a data set in memory.
// Columns arrive chunk by chunk and go straight into typed arrays; no row ever becomes an object.
import { sha256OfFile } from '@difsr/files';
import { type OptionRules, call, codeOf, option, text } from '@difsr/errors';
import {
  createVocabulary,
  DataError,
  type DataProblem,
  type Dataset,
  type Field,
  type FieldOwner,
  type ReportEntry,
  type Vocabulary,
} from '@difsr/data';
import { checkOptions, ProblemList } from '@difsr/data/internal';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ENGINE_RULES, type Engine, type EngineOptions, openEngine } from '../engine/engine.js';
import { readField, reportNumbers } from './fields.js';
import { namedFields, reportNames } from './field-names.js';
import { type Manifest, type ManifestField, manifestSchema, PREPARED_FILES, PREPARED_VERSION } from './manifest.js';
import {
  AGAIN,
  bytes,
  disordered,
  doubles,
  integers,
  miscounted,
  miscountedUsers,
  readTexts,
  table,
} from './tables.js';

/** How a prepared folder is read. */
export interface ReadOptions extends EngineOptions {
  /** Compares the SHA-256 of every file with the manifest; sizes are always compared. Default: false. */
  readonly verify?: boolean;
}

/** For the check of options. */
export const READ_RULES: OptionRules<ReadOptions> = { ...ENGINE_RULES, verify: option.flag };

/**
 * Reads and checks dataset.json.
 *
 * @throws DataError where it is missing, broken, or of a newer version than this program reads
 * @example
 * const { counts } = await readManifest('data/shop');
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = path.join(folder, PREPARED_FILES.manifest);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (isMissing(error)) {
      const cure = text`give the folder that ${call('prepare')} wrote`;
      throw new DataError([{ file, kind: 'missing', message: 'does not exist: this is no prepared data set', cure }]);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError([{ file, message: `cannot be read: ${reason}`, cure: AGAIN }]);
  }
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  if (typeof version === 'number' && version > PREPARED_VERSION) {
    const message = `is of version ${version}; this program reads version ${PREPARED_VERSION}`;
    throw new DataError([{ file, message, cure: 'update difsr, or prepare the data set again with this version' }]);
  }
  const { success, data, error } = manifestSchema.safeParse(json);
  if (success) return data;
  throw new DataError(
    error.issues.map((issue): DataProblem => ({
      file,
      column: issue.path.join('.'),
      message: issue.message,
      cure: AGAIN,
    })),
  );
}

/**
 * Bytes that a data set loaded by `loadPrepared` needs while it is trained on, roughly: arrays by their size, tokens by the size that V8
 * gives a short string and its map entry.
 */
export function dataMemory(manifest: Manifest): number {
  const { counts, fields, hasTimes, hasNames } = manifest;
  const token = 120;
  const values = fields.reduce((sum, { kind, values: own = 0 }) => sum + (isCategorical(kind) ? own : 0), 0);
  const perRow = (owner: FieldOwner): number =>
    fields.reduce((sum, field) => sum + (field.owner === owner ? rowBytes(field) : 0), 0);
  // With a split of its own, training items stand in memory once more, without what lies between them.
  const perInteraction = 4 + (hasTimes ? 8 : 0) + (hasOwnSplit(manifest) ? 5 : 0) + perRow('interaction');
  const names = hasNames ? counts.items * 80 : 0;
  const ranges = 32; // of a user: training, validation, test
  return (
    counts.interactions * perInteraction +
    (counts.users + counts.items + values) * token +
    counts.users * (ranges + perRow('user')) +
    counts.items * perRow('item') +
    names
  );
}

/** Bytes of a row of a field; of lists as many as the longest has. */
function rowBytes({ kind, values = 0, maxValues = 1 }: ManifestField): number {
  if (kind === 'numeric') return 4;
  return kind === 'vector' ? 4 * values : 4 + 4 * maxValues;
}

function isCategorical(kind: ManifestField['kind']): boolean {
  return kind === 'categorical' || kind === 'multi-categorical';
}

/**
 * Loads a prepared data set into memory, with every field of items, interactions and users. Of fields of one name only that of items keeps it (`interaction_NAME`,
 * `user_NAME`; the report says so). `parts` is set where the folder was split in another way than leave-one-out.
 *
 * @throws DataError where the folder is no prepared data set, or its files are not those of its manifest
 * @example
 * const dataset = await loadPrepared('data/shop', { verify: true });
 */
export async function loadPrepared(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  checkOptions('loadPrepared', options, READ_RULES);
  const manifest = await readManifest(folder);
  await checkFiles(folder, manifest, options.verify ?? false);
  const engine = await openEngine(options);
  try {
    const users = await readTokens(engine, folder, 'users', manifest.counts.users);
    const described = await readDescribed(engine, folder, manifest, ['item', 'interaction', 'user']);
    return { ...described, users, ...(await readInteractions(engine, folder, manifest)) };
  } finally {
    await engine.close();
  }
}

/** Everything of a data set but its users and their interactions; fields of the owners that are asked for. */
export async function readDescribed(
  engine: Engine,
  folder: string,
  manifest: Manifest,
  owners: readonly FieldOwner[],
): Promise<Omit<Dataset, 'users' | 'sequences' | 'times' | 'parts'>> {
  const items = await readTokens(engine, folder, 'items', manifest.counts.items);
  const fields: Field[] = [];
  const report: ReportEntry[] = [...manifest.report, ...reportNames(manifest)];
  for (const field of namedFields(manifest)) {
    if (owners.includes(field.owner)) fields.push(await readField(engine, folder, manifest, field));
    report.push(...(await reportNumbers(engine, folder, field)));
  }
  return {
    name: manifest.name,
    format: 'prepared',
    items,
    fields,
    ...(hasOwnSplit(manifest) ? { splitMethod: manifest.description.split.method } : {}),
    ...(manifest.hasNames ? { itemNames: await readNames(engine, folder, items) } : {}),
    report,
  };
}

/** Whether the interactions have parts: leave-one-out is a function of the sequences, and needs no column. */
export function hasOwnSplit({ description }: Manifest): boolean {
  return description.split.method !== 'leave-one-out';
}

/** Compares the files with the manifest. @throws DataError that names all that differ */
export async function checkFiles(folder: string, manifest: Manifest, verify: boolean): Promise<void> {
  const problems = new ProblemList();
  for (const name of [PREPARED_FILES.interactions, PREPARED_FILES.users, PREPARED_FILES.items, PREPARED_FILES.values]) {
    const file = path.join(folder, name);
    const bad = (message: string): void => problems.add({ file, message, cure: AGAIN });
    const expected = manifest.files[name];
    if (expected === undefined) {
      bad('is not listed in dataset.json');
      continue;
    }
    const bytes = await stat(file).then(
      ({ size }) => size,
      () => undefined,
    );
    if (bytes === undefined) bad('does not exist');
    else if (bytes !== expected.bytes) bad(`has ${bytes} bytes; dataset.json says ${expected.bytes}`);
    else if (verify && (await sha256OfFile(file)) !== expected.sha256)
      bad('is not the file that dataset.json describes (SHA-256 differs)');
  }
  problems.throwIfAny();
}

/** The tokens of users or items by id. @throws DataError where there are not as many as the manifest says */
export async function readTokens(
  engine: Engine,
  folder: string,
  name: 'users' | 'items',
  count: number,
): Promise<Vocabulary> {
  const tokens = await readTexts(engine, `SELECT token FROM ${table(folder, name)} ORDER BY id`);
  if (tokens.length !== count) throw miscounted(folder, name, tokens.length, count);
  return createVocabulary(tokens);
}

async function readNames(engine: Engine, folder: string, items: Vocabulary): Promise<readonly string[]> {
  const names = await readTexts(engine, `SELECT name FROM ${table(folder, 'items')} ORDER BY id`);
  return ['', ...names.map((name, index) => (name === '' ? (items.tokens[index + 1] ?? '') : name))];
}

async function readInteractions(
  engine: Engine,
  folder: string,
  manifest: Manifest,
): Promise<Pick<Dataset, 'sequences' | 'times' | 'parts'>> {
  const { counts, hasTimes } = manifest;
  const own = hasOwnSplit(manifest);
  const offsets = new Int32Array(counts.users + 1);
  const items = new Int32Array(counts.interactions);
  const times = hasTimes ? new Float64Array(counts.interactions) : undefined;
  const parts = own ? new Uint8Array(counts.interactions) : undefined;
  const columns = ['"user"', 'item', ...(hasTimes ? ['"time"'] : []), ...(own ? ['part'] : [])];
  let at = 0;
  let previous = 0;
  for await (const chunk of engine.chunks(`SELECT ${columns.join(', ')} FROM ${table(folder, 'interactions')}`)) {
    const user = integers(chunk, 0);
    const item = integers(chunk, 1);
    const time = hasTimes ? doubles(chunk, 2) : undefined;
    const part = own ? bytes(chunk, hasTimes ? 3 : 2) : undefined;
    for (let row = 0; row < chunk.rowCount; row++, at++) {
      const id = user(row);
      if (id < previous || id > previous + 1) throw disordered(folder, at, id);
      previous = id;
      offsets[id] = at + 1;
      items[at] = item(row);
      if (times !== undefined && time !== undefined) times[at] = time(row);
      if (parts !== undefined && part !== undefined) parts[at] = part(row);
    }
  }
  if (at !== counts.interactions) throw miscounted(folder, 'interactions', at, counts.interactions);
  if (previous !== counts.users) throw miscountedUsers(folder, previous, counts.users);
  return {
    sequences: { offsets, items },
    ...(times === undefined ? {} : { times }),
    ...(parts === undefined ? {} : { parts }),
  };
}

function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
