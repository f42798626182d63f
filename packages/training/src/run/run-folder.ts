// The run folder: what a trained model is on disk.
//   config.json           the whole configuration, defaults filled in
//   vocabulary.json       tokens, names and counts of items; tokens of fields; a fingerprint of the data set
//   model.safetensors     best parameters, the feature tables that the model reads, and the values of fields that items are filtered by
//   optimizer.safetensors the checkpoint: current parameters, optimizer moments, and the state as metadata
//   state.json            the same state, readable
//   history.jsonl, metrics.json, README.md
//   ranks.parquet         the rank of every held-out target under both protocols, by the evaluation that ended the run or came last
//   init.json             of a run that began from another one: which, and what it has of it
//   soft-targets.safetensors  of a run that learns from others: items drawn from what they predict
//   pretraining/          of a run that was pre-trained: the run of that stage
//   model.json            of a model of somebody else: the file of its definition, and its hash
import { call, codeOf, text } from '@difsr/errors';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isItemCategory, itemCategories, type Dataset, type SequenceStore, type StoredDataset } from '@difsr/data';
import type { HostTensor } from '@difsr/graph';
import {
  dtypeOf,
  featureName,
  isTimeField,
  ownerOf,
  RUN_FORMAT,
  USER_ID,
  type ModelInstance,
  type ModelSchema,
  type TrainedModel,
} from '@difsr/models';
import { runConfigSchema, type RunConfig } from '../config.js';
import type { RunMetrics } from '../events.js';
import { writeFileAtomic } from '@difsr/files';
import { RunError } from '../run-error.js';
import { encodedTable } from '../side/side-reader.js';
import { trainingPieces } from '../side/training-pieces.js';

/** Names of the files of a run; the first three, which a trained model consists of, as MODEL_FILES of @difsr/models. */
export const RUN_FILES = {
  config: 'config.json',
  vocabulary: 'vocabulary.json',
  model: 'model.safetensors',
  optimizer: 'optimizer.safetensors',
  state: 'state.json',
  history: 'history.jsonl',
  metrics: 'metrics.json',
  ranks: 'ranks.parquet',
  card: 'README.md',
  ownModel: 'model.json',
  init: 'init.json',
  soft: 'soft-targets.safetensors',
  pretraining: 'pretraining',
} as const;

/** `vocabulary.json`. */
export interface RunVocabulary {
  /** Of the files of a run; absent: 1. */
  readonly formatVersion?: number;
  readonly dataset: string;
  /** Of users' sequences, items and fields: equal only for equal data. */
  readonly fingerprint: string;
  /** Tokens by id; id 0 is padding. */
  readonly items: readonly string[];
  readonly names?: readonly string[];
  /** Training interactions per item id. */
  readonly counts: readonly number[];
  readonly schema: ModelSchema;
  /** Tokens by value id, per field. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/** An opened run. */
export interface Run extends TrainedModel {
  readonly config: RunConfig;
  readonly vocabulary: RunVocabulary;
  /** Of a finished run. */
  readonly metrics?: RunMetrics;
}

/** Numbers of a column that are hashed at once. */
const PIECE_ITEMS = 1 << 20;

/**
 * SHA-256 over everything of a data set that a run can depend on; the same whether its sequences (`store`) are in memory or on disk.
 *
 * @param schema What a model was told of it: of times only their order counts, unless it was told of more; of users who they are, where it was told that.
 */
export async function fingerprint(
  dataset: Dataset | StoredDataset,
  store: SequenceStore,
  schema?: ModelSchema,
): Promise<string> {
  const readsTimes = schema?.fields.some(({ name }) => isTimeField(name)) === true;
  const hash = createHash('sha256');
  const list = (tokens: readonly string[]): void => void hash.update(JSON.stringify(tokens));
  list(dataset.items.tokens);
  if (schema?.users !== undefined) list(await userTokens(dataset));
  for await (const piece of store.bytes()) hash.update(piece);
  for (const field of itemCategories(dataset)) {
    list([field.name, field.kind]);
    list(field.vocabulary.tokens);
    hash.update(field.offsets).update(field.values);
  }
  for (const field of dataset.fields) {
    if (field.owner === 'interaction' || isItemCategory(field)) continue;
    list([field.name, field.owner, field.kind]);
    if ('vocabulary' in field) {
      list(field.vocabulary.tokens);
      hash.update(field.offsets);
    }
    hash.update(field.values);
  }
  for (const { name, kind, width, vocabulary } of store.columns) {
    if (kind === 'time' && !readsTimes) continue; // their order is that of the items, which is in the hash
    list([name, 'interaction', kind, String(width)]);
    if (vocabulary !== undefined) list(vocabulary.tokens);
    const most = Math.ceil(PIECE_ITEMS / Math.max(1, width));
    for (let from = 0; from < store.interactions; from += most)
      hash.update(await store.readColumn(name, [from], [Math.min(most, store.interactions - from)]));
  }
  return hash.digest('hex');
}

/** What a run must remember of its data. */
export async function vocabularyOf(
  dataset: Dataset | StoredDataset,
  schema: ModelSchema,
  store: SequenceStore,
  counts: readonly number[],
): Promise<RunVocabulary> {
  return {
    formatVersion: RUN_FORMAT,
    dataset: dataset.name,
    fingerprint: await fingerprint(dataset, store, schema),
    items: dataset.items.tokens,
    ...(dataset.itemNames === undefined ? {} : { names: dataset.itemNames }),
    counts,
    schema,
    fields: await tokensOf(dataset, store, schema),
  };
}

/** Tokens by value id of all fields that have any; of users where the schema has them ({@link toldOf}). */
export async function tokensOf(
  dataset: Dataset | StoredDataset,
  { columns }: SequenceStore,
  { users }: Pick<ModelSchema, 'users'>,
): Promise<Record<string, readonly string[]>> {
  const all = [...dataset.fields.filter(({ owner }) => owner !== 'interaction'), ...columns];
  return Object.fromEntries([
    ...all.flatMap((field) =>
      'vocabulary' in field && field.vocabulary ? [[field.name, field.vocabulary.tokens]] : [],
    ),
    ...(users === undefined ? [] : [[USER_ID, await userTokens(dataset)]]),
  ]);
}

async function userTokens(dataset: Dataset | StoredDataset): Promise<readonly string[]> {
  return 'userTokens' in dataset ? dataset.userTokens() : dataset.users.tokens;
}

/** What a run keeps of a schema: who the users are is nobody's business where the model does not read it. */
export function toldOf({ users, ...schema }: ModelSchema, { reads }: Pick<ModelInstance, 'reads'>): ModelSchema {
  const isRead = users !== undefined && reads.users.some(({ name }) => name === USER_ID);
  return isRead ? { ...schema, users } : schema;
}

/** Training interactions by item id: `[items + 1]`, read from the store a piece at a time. */
export async function trainingCounts(dataset: Dataset | StoredDataset, store: SequenceStore): Promise<number[]> {
  const counts = Array.from({ length: dataset.items.size }, () => 0);
  for await (const items of trainingPieces(store, store.read))
    for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

/**
 * Values of the fields of items as a model reads them, `feature.NAME`: int32 `[items + 1, maxValues]` of value ids (0 = none), of numbers and
 * vectors float32 `[items + 1, width + 1]`, standardized as the schema says, with a 1 behind what is known and zeros for none.
 *
 * @param schema That of `sideSchema`.
 * @throws RunError where the data set has no such field.
 * @example
 * featureTables(dataset, await sideSchema(dataset, store, undefined))['feature.price'].shape; // [items + 1, 2]
 */
export function featureTables(dataset: Dataset | StoredDataset, { fields }: ModelSchema): Record<string, HostTensor> {
  const rows = dataset.items.size;
  return Object.fromEntries(
    fields
      .filter((field) => ownerOf(field) === 'item')
      .map((field) => {
        const data = encodedTable(dataset, field);
        return [
          featureName(field.name),
          { dtype: dtypeOf(field), shape: [rows, data.length / rows], data } satisfies HostTensor,
        ];
      }),
  );
}

/** Writes a JSON file, whole or not at all. */
export async function writeJson(folder: string, file: string, value: unknown): Promise<void> {
  await writeFileAtomic(join(folder, file), `${JSON.stringify(value, null, 2)}\n`);
}

/** Reads a JSON file of a run; undefined where it does not exist. Throws RunError where it is broken. */
export async function readJson(folder: string, file: string): Promise<unknown> {
  const full = join(folder, file);
  let text: string;
  try {
    text = await readFile(full, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new RunError({ where: full, what: `cannot be read (${reason})` }, { cause: error });
  }
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    throw new RunError({
      where: full,
      what: `not valid JSON (${error instanceof Error ? error.message : String(error)})`,
      cure: 'restore the file from a copy, or train again',
    });
  }
}

/** Reads `config.json`. Throws RunError where the folder is no run. */
export async function readRunConfig(folder: string): Promise<RunConfig> {
  const value = await readJson(folder, RUN_FILES.config);
  if (value === undefined)
    throw new RunError({
      where: folder,
      what: `not a run folder (it has no ${RUN_FILES.config})`,
      cure: text`name a folder that ${call('train')} made, such as runs/NAME`,
    });
  const parsed = runConfigSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new RunError({
      where: join(folder, RUN_FILES.config),
      what: `${issue?.path.join('.')}: ${issue?.message}`,
      cure: 'restore the file, or train again',
    });
  }
  return parsed.data;
}

/** Reads `vocabulary.json`. */
export async function readVocabulary(folder: string): Promise<RunVocabulary> {
  const value = await readJson(folder, RUN_FILES.vocabulary);
  const fingerprinted = typeof value === 'object' && value !== null && 'fingerprint' in value;
  if (!fingerprinted)
    throw new RunError({
      where: join(folder, RUN_FILES.vocabulary),
      what: 'missing or not a vocabulary of this project',
      cure: 'restore the file, or train again',
    });
  // Written by vocabularyOf alone; readTrainedModel checks what else a reader depends on.
  return value as RunVocabulary;
}
