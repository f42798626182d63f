// ranks.parquet of a run folder: the rank of every held-out target, so that a later question needs no new run.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@difsr/errors';
import { writeFileAtomic } from '@difsr/files';
import type { Dataset, SequenceStore, StoredDataset } from '@difsr/data';
import type { Backend } from '@difsr/graph';
import { parquetRead } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { MISS } from '@difsr/metrics';
import type { Survey } from '../evaluation/survey.js';
import type { BySplit, Protocol, Split } from '../events.js';
import { RunError } from '../run-error.js';
import { RUN_FILES } from './run-folder.js';

/** Rows of one protocol and part, as columns. */
export interface RankColumns {
  /** Tokens, as the data has them. A user with several targets has several rows. */
  readonly users: readonly string[];
  readonly targets: readonly string[];
  /** 1 = best; null where the target was hidden from its own ranking, as its user had had it: a miss. */
  readonly ranks: readonly (number | null)[];
}

/** What ranks are written from. */
export interface RanksWritten {
  readonly dataset: Dataset | StoredDataset;
  readonly store: SequenceStore;
  readonly surveys: BySplit<Survey>;
  /** What computed them, for readers of the file: its metadata name it. */
  readonly backend: Pick<Backend, 'name' | 'device' | 'precision'>;
}

const PROTOCOLS: readonly Protocol[] = ['unmasked', 'masked'];
const PARTS: readonly Split[] = ['valid', 'test'];

/**
 * Writes `ranks.parquet`, whole or not at all: a group of rows per protocol and part.
 *
 * @throws FileWriteError where it cannot be written
 */
export async function writeRanks(folder: string, { dataset, store, surveys, backend }: RanksWritten): Promise<void> {
  const { name, device, precision = 'float32' } = backend;
  const users = 'store' in dataset ? await dataset.userTokens() : dataset.users.tokens;
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const;
  const buffer = new ByteWriter();
  const writer = new ParquetWriter({
    writer: buffer,
    schema: [
      { name: 'root', num_children: 5 },
      { name: 'user', ...text },
      { name: 'target', ...text },
      { name: 'rank', type: 'INT32', repetition_type: 'OPTIONAL' },
      { name: 'protocol', ...text },
      { name: 'part', ...text },
    ],
    kvMetadata: Object.entries({ backend: name, device, precision }).map(([key, value]) => ({ key, value })),
    createdBy: 'difsr',
  });
  for (const part of PARTS) {
    const survey = surveys[part];
    if (survey === undefined) continue;
    const { begins, targets } = store.split[part];
    const items = await store.read(
      targets,
      Array.from(targets, () => 1),
    );
    const shared = {
      user: Array.from(begins, (begin) => users[store.userOf(begin) + 1] ?? ''),
      target: Array.from(items, (item) => dataset.items.tokens[item] ?? ''),
    };
    for (const protocol of PROTOCOLS) {
      const columns = {
        ...shared,
        rank: Array.from(survey[protocol].ranks, (rank) => (rank === MISS ? null : rank + 1)),
        protocol: Array.from(items, () => protocol),
        part: Array.from(items, () => part),
      };
      await writer.write({
        columnData: Object.entries(columns).map(([name, data]) => ({ name, data })),
        rowGroupSize: 1 << 20,
      });
    }
  }
  await writer.finish();
  await writeFileAtomic(join(folder, RUN_FILES.ranks), buffer.getBytes());
}

/**
 * The ranks of a run under one protocol, in the order of the data.
 *
 * @throws RunError where the run has none, or the file is broken
 * @example
 * ```ts
 * const { users, ranks } = await readRanks('runs/shop', 'unmasked', 'test');
 * ```
 */
export async function readRanks(folder: string, protocol: Protocol, part: Split): Promise<RankColumns> {
  const path = join(folder, RUN_FILES.ranks);
  const bytes = await readFile(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new RunError({
      where: folder,
      what: `has no ${RUN_FILES.ranks}: it was trained before ranks were kept, or has not ended`,
      cure: 'evaluate it: difsr evaluate writes them',
    });
  });
  const rows: Record<string, unknown>[] = [];
  try {
    await parquetRead({
      file: Uint8Array.from(bytes).buffer,
      rowFormat: 'object',
      filter: { protocol: { $eq: protocol }, part: { $eq: part } },
      onComplete: (found: Record<string, unknown>[]) =>
        void ((rows.length = 0), found.forEach((row) => rows.push(row))),
    });
  } catch (error) {
    throw new RunError(
      {
        where: path,
        what: `cannot be read (${error instanceof Error ? error.message : String(error)})`,
        cure: 'evaluate the run again: difsr evaluate writes the file',
      },
      { cause: error },
    );
  }
  return {
    users: rows.map(({ user }) => String(user)),
    targets: rows.map(({ target }) => String(target)),
    ranks: rows.map(({ rank }) => (typeof rank === 'number' ? rank : null)),
  };
}
