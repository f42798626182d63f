// Writes a data set as a prepared folder, straight with the engine: what the reader must read does not depend on the pipeline.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openEngine } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { descriptionSchema } from '../description/schema.js';
import type { Dataset, Vocabulary } from '../types.js';
import { type Manifest, type ManifestField, manifestSchema, PREPARED_FILES } from './manifest.js';

/** Writes `dataset` into `folder`; `extra` are manifest fields beside those of the data set. */
export async function writeByHand(
  dataset: Dataset,
  folder: string,
  extra: readonly ManifestField[] = [],
): Promise<Manifest> {
  await mkdir(folder, { recursive: true });
  const { offsets, items } = dataset.sequences;
  const engine = await openEngine({ threads: 1 });
  const copy = async (name: string, rows: readonly unknown[], columns: string): Promise<void> => {
    const json = path.join(engine.folder, `${name}.json`);
    await writeFile(json, rows.map((row) => JSON.stringify(row)).join('\n'));
    const source = `read_json(${sqlText(json)}, format = 'newline_delimited', columns = {${columns}})`;
    await engine.run(`COPY (SELECT * FROM ${source}) TO ${sqlText(path.join(folder, name))} (FORMAT parquet)`);
  };
  try {
    const rows: Record<string, number>[] = [];
    for (let user = 1; user < offsets.length; user++) {
      for (let at = offsets[user - 1] ?? 0; at < (offsets[user] ?? 0); at++) {
        const time = dataset.times?.[at];
        rows.push({
          user,
          item: items[at] ?? 0,
          ...(time === undefined ? {} : { time }),
          part: dataset.parts?.[at] ?? 0,
        });
      }
    }
    const timed = dataset.times === undefined ? '' : `"time": 'DOUBLE', `;
    await copy(PREPARED_FILES.interactions, rows, `"user": 'INTEGER', item: 'INTEGER', ${timed}part: 'UTINYINT'`);
    await copy(PREPARED_FILES.users, tokens(dataset.users), `id: 'INTEGER', token: 'VARCHAR'`);
    const owners = tokens(dataset.items).map((row) => ({
      ...row,
      ...(dataset.itemNames === undefined ? {} : { name: dataset.itemNames[row.id] }),
      ...Object.fromEntries(
        dataset.fields.map(({ name, offsets: at, values }) => [name, [...values.subarray(at[row.id], at[row.id + 1])]]),
      ),
    }));
    const named = dataset.itemNames === undefined ? '' : `, name: 'VARCHAR'`;
    const listed = dataset.fields.map(({ name }) => `, ${sqlName(name)}: 'INTEGER[]'`).join('');
    await copy(PREPARED_FILES.items, owners, `id: 'INTEGER', token: 'VARCHAR'${named}${listed}`);
    const values = dataset.fields.flatMap(({ name, vocabulary }) =>
      tokens(vocabulary).map((row) => ({ owner: 'item', field: name, ...row })),
    );
    await copy(PREPARED_FILES.values, values, `owner: 'VARCHAR', field: 'VARCHAR', id: 'INTEGER', token: 'VARCHAR'`);
  } finally {
    await engine.close();
  }
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of ['interactions', 'users', 'items', 'values'] as const) {
    const bytes = await readFile(path.join(folder, PREPARED_FILES[name]));
    files[PREPARED_FILES[name]] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  const count = (part: number): number => dataset.parts?.filter((own) => own === part).length ?? 0;
  const manifest = manifestSchema.parse({
    version: 1,
    name: dataset.name,
    counts: {
      users: dataset.users.size - 1,
      items: dataset.items.size - 1,
      interactions: items.length,
      train: dataset.parts === undefined ? items.length : count(0),
      context: count(1),
      valid: count(2),
      test: count(3),
    },
    hasTimes: dataset.times !== undefined,
    hasNames: dataset.itemNames !== undefined,
    fields: [
      ...dataset.fields.map(({ name, kind, vocabulary, maxValues }) => ({
        name,
        owner: 'item',
        kind,
        values: vocabulary.size - 1,
        maxValues,
      })),
      ...extra,
    ],
    files,
    steps: [],
    report: [...dataset.report],
    quarantined: 0,
    sources: [],
    description: descriptionSchema.parse({
      name: dataset.name,
      interactions: { files: 'log.csv', user: 'user', item: 'item' },
      split: dataset.parts === undefined ? { method: 'leave-one-out' } : { method: 'last-n', valid: 2, test: 2 },
    }),
    libraries: {},
  });
  await writeFile(path.join(folder, PREPARED_FILES.manifest), JSON.stringify(manifest));
  return manifest;
}

function tokens(vocabulary: Vocabulary): { readonly id: number; readonly token: string }[] {
  return vocabulary.tokens.slice(1).map((token, index) => ({ id: index + 1, token }));
}
