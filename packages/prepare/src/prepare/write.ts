// The files of the prepared form, each sorted, with fixed row groups: equal data gives equal bytes.
import { flushFile, flushFolder, sha256OfFile } from '@difsr/files';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Engine } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { type Manifest, type ManifestField, PREPARED_FILES } from '../prepared/manifest.js';

const FORMAT = '(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)';

/** A column of a table of owners. */
export interface OwnerColumn {
  readonly field: ManifestField;
  readonly select: string;
  readonly join: string;
}

/** Writes the four Parquet files into a folder. */
export async function writeTables(
  engine: Engine,
  folder: string,
  tables: {
    readonly hasTimes: boolean;
    readonly hasNames: boolean;
    /** Names of the fields of interactions. */
    readonly interactions: readonly string[];
    readonly items: readonly OwnerColumn[];
    readonly users: readonly OwnerColumn[];
    readonly hasItemTable: boolean;
    readonly hasUserTable: boolean;
  },
): Promise<void> {
  const copy = async (file: string, select: string): Promise<void> =>
    engine.run(`COPY (${select}) TO ${sqlText(path.join(folder, file))} ${FORMAT}`);
  const interactions = [
    '"user"',
    'item',
    ...(tables.hasTimes ? ['t AS "time"'] : []),
    'part',
    ...tables.interactions.map((name, index) => `f${index} AS ${sqlName(name)}`),
  ];
  // In the order of `final`: the engine keeps it.
  await copy(PREPARED_FILES.interactions, `SELECT ${interactions.join(', ')} FROM placed`);
  await copy(
    PREPARED_FILES.users,
    ownerSelect('user_ids', tables.hasUserTable ? 'people' : undefined, [], tables.users),
  );
  await copy(
    PREPARED_FILES.items,
    ownerSelect(
      'item_ids',
      tables.hasItemTable ? 'catalogue' : undefined,
      tables.hasNames ? [`coalesce(nullif(catalogue.name, ''), item_ids.token) AS name`] : [],
      tables.items,
    ),
  );
  await copy(PREPARED_FILES.values, `SELECT owner, field, id, token FROM vocabulary ORDER BY owner, field, id`);
}

function ownerSelect(
  ids: string,
  table: string | undefined,
  extra: readonly string[],
  columns: readonly OwnerColumn[],
): string {
  const selected = [
    `${ids}.id AS id`,
    `${ids}.token AS token`,
    ...extra,
    ...columns.map(({ field, select }) => `${select} AS ${sqlName(field.name)}`),
  ];
  const join = table === undefined ? '' : `LEFT JOIN ${table} ON ${table}.id = ${ids}.source`;
  return `SELECT ${selected.join(', ')} FROM ${ids} ${join} ${columns.map((column) => column.join).join(' ')} ORDER BY ${ids}.id`;
}

/** Size and SHA-256 of the Parquet files. */
export async function measureFiles(folder: string): Promise<Manifest['files']> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of [PREPARED_FILES.interactions, PREPARED_FILES.users, PREPARED_FILES.items, PREPARED_FILES.values]) {
    const file = path.join(folder, name);
    files[name] = { bytes: (await stat(file)).size, sha256: await sha256OfFile(file) };
  }
  return files;
}

/** Writes dataset.json and sees to it that everything is on the disk. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFile(path.join(folder, PREPARED_FILES.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const name of Object.values(PREPARED_FILES)) {
    await flushFile(path.join(folder, name));
  }
  await flushFolder(folder);
}
