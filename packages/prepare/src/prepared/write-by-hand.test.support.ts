// Writes a data set as a prepared folder, straight with the engine: what the reader must read does not depend on the pipeline.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openEngine } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { descriptionSchema } from '../description/schema.js';
import type { Dataset, Field, FieldOwner, Vocabulary } from '@difsr/data';
import { type Manifest, type ManifestField, manifestSchema, PREPARED_FILES } from './manifest.js';

/** Writes `dataset` into `folder`. */
export async function writeByHand(dataset: Dataset, folder: string): Promise<Manifest> {
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
    const rows: Record<string, unknown>[] = [];
    for (let user = 1; user < offsets.length; user++) {
      for (let at = offsets[user - 1] ?? 0; at < (offsets[user] ?? 0); at++) {
        const time = dataset.times?.[at];
        rows.push({
          user,
          item: items[at] ?? 0,
          ...(time === undefined ? {} : { time }),
          part: dataset.parts?.[at] ?? 0,
          ...cells(dataset, 'interaction', at),
        });
      }
    }
    const timed = dataset.times === undefined ? '' : `"time": 'DOUBLE', `;
    await copy(
      PREPARED_FILES.interactions,
      rows,
      `"user": 'INTEGER', item: 'INTEGER', ${timed}part: 'UTINYINT'${types(dataset, 'interaction')}`,
    );
    const people = tokens(dataset.users).map((row) => ({ ...row, ...cells(dataset, 'user', row.id) }));
    await copy(PREPARED_FILES.users, people, `id: 'INTEGER', token: 'VARCHAR'${types(dataset, 'user')}`);
    const owners = tokens(dataset.items).map((row) => ({
      ...row,
      ...(dataset.itemNames === undefined ? {} : { name: dataset.itemNames[row.id] }),
      ...cells(dataset, 'item', row.id),
    }));
    const named = dataset.itemNames === undefined ? '' : `, name: 'VARCHAR'`;
    await copy(PREPARED_FILES.items, owners, `id: 'INTEGER', token: 'VARCHAR'${named}${types(dataset, 'item')}`);
    const values = dataset.fields.flatMap((field) =>
      'vocabulary' in field
        ? tokens(field.vocabulary).map((row) => ({ owner: field.owner, field: field.name, ...row }))
        : [],
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
    fields: dataset.fields.map(manifestField),
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

function manifestField(field: Field): ManifestField {
  const { name, owner, kind } = field;
  if ('vocabulary' in field)
    return { name, owner, kind, values: field.vocabulary.size - 1, maxValues: field.maxValues };
  return { name, owner, kind, ...('width' in field ? { values: field.width } : {}) };
}

/** The cells of a row; ids without a list where the form has none. */
function cells({ fields }: Dataset, owner: FieldOwner, row: number): Record<string, unknown> {
  const cell = (field: Field): unknown => {
    if ('vocabulary' in field) {
      const ids = [...field.values.subarray(field.offsets[row], field.offsets[row + 1])];
      return field.kind === 'categorical' && owner !== 'item' ? (ids[0] ?? 0) : ids;
    }
    // JSON has no NaN: null.
    if (!('width' in field)) return field.values[row];
    const numbers = [...field.values.subarray(row * field.width, (row + 1) * field.width)];
    return numbers.some(Number.isNaN) ? null : numbers;
  };
  return Object.fromEntries(fields.filter((own) => own.owner === owner).map((own) => [own.name, cell(own)]));
}

/** Columns of the fields of an owner, as `read_json` wants them. */
function types({ fields }: Dataset, owner: FieldOwner): string {
  const type = {
    categorical: owner === 'item' ? 'INTEGER[]' : 'INTEGER',
    'multi-categorical': 'INTEGER[]',
    numeric: 'DOUBLE',
    vector: 'FLOAT[]',
  };
  const own = fields.filter((field) => field.owner === owner);
  return own.map(({ name, kind }) => `, ${sqlName(name)}: '${type[kind]}'`).join('');
}

function tokens(vocabulary: Vocabulary): { readonly id: number; readonly token: string }[] {
  return vocabulary.tokens.slice(1).map((token, index) => ({ id: index + 1, token }));
}
