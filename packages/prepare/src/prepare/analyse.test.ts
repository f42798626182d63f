// The analysis in SQL against the one in memory, on random logs like ml-100k: heavy users, ties, repeats, several values, unused items.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  analyseDataset,
  buildDataset,
  DataError,
  type Dataset,
  datasetStatistics,
  historyParts,
  itemCategories,
  sequenceAt,
} from '@difsr/data';
import { randomStream } from '@difsr/data/internal';
import { type Engine, openEngine } from '../engine/engine.js';
import { type Manifest, manifestSchema, PARTS, PREPARED_FILES, PREPARED_VERSION } from '../prepared/manifest.js';
import { analysePrepared } from './analyse.js';
import { measureFiles } from './write.js';

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'difsr-analyse-'));
  engine = await openEngine({ tempDirectory: folder });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

describe('analysePrepared', () => {
  it.each([
    ['seconds since 1970', 1, (at: number) => 880_000_000 + Math.floor(at / 7) * 3600],
    ['numbers that only count', 2, (at: number) => at * 0.37],
    ['no times', 3, undefined],
    ['one time for all', 4, () => 1_400_000_000],
  ] as const)('gives the numbers of the data set in memory: %s', async (_, seed, time) => {
    const dataset = randomDataset(seed, time);
    const out = await writePrepared(dataset, `seed-${seed}`);
    const { statistics, analysis, otherFields } = await analysePrepared(out, { tempDirectory: folder });
    expect(statistics).toEqual({ ...datasetStatistics(dataset), format: 'prepared' });
    expect(analysis).toEqual(analyseDataset(dataset));
    expect(otherFields).toEqual([]);
    // The comparison is about something.
    expect(analysis.repeats.interactions).toBeGreaterThan(100);
    expect(analysis.repeats.inARow).toBeGreaterThan(0);
    expect(analysis.leakage.identical).toEqual({ users: 3, sequences: 1 });
    expect(analysis.cold.unused).toBeGreaterThan(0);
    expect(analysis.cold.test).toBeGreaterThan(0);
    expect(analysis.fields[0]?.ownValue).toBeGreaterThan(0);
  });

  it('goes by the parts that the folder says', async () => {
    const DAY = 86_400;
    // Ann trains on a, b, a; of Bob b is history, c and b are targets; of Cem d is history, a a target.
    const items = [1, 2, 1, 2, 3, 2, 4, 1];
    const dataset = buildDataset({
      name: 'parts',
      format: 'hand',
      source: 'hand',
      interactions: {
        userTokens: ['ann', 'bob', 'cem'],
        itemTokens: ['a', 'b', 'c', 'd'],
        users: Int32Array.of(0, 0, 0, 1, 1, 1, 2, 2),
        items: Int32Array.from(items, (item) => item - 1),
        times: Float64Array.from([0, 1, 2, 3, 4, 4, 0, 1], (day) => 1e9 + day * DAY),
      },
      report: [],
    });
    const parts: readonly (readonly PartName[])[] = [
      ['train', 'train', 'train'],
      ['context', 'valid', 'test'],
      ['context', 'test'],
    ];
    const out = await writePrepared(dataset, 'parts', undefined, (user, place) => parts[user - 1]?.[place] ?? 'train');
    const { analysis } = await analysePrepared(out, { tempDirectory: folder });
    expect(analysis.split).toMatchObject({ train: 3, context: 2, valid: 1, test: 2 });
    expect(analysis.cold).toEqual({ items: 2, share: 0.5, unused: 0, valid: 1, test: 0 });
    expect(analysis.repeats).toEqual({ interactions: 2, share: 1 / 4, inARow: 0, inARowShare: 0 });
    expect(analysis.leakage).toEqual({
      beforeLastTraining: 1 / 2,
      beforeMedianTraining: 0,
      trainingAfterTarget: 1 / 6,
      targetsInHistory: { valid: 0, test: 1 },
      identical: { users: 0, sequences: 0 },
    });
    expect(analysis.time?.tied).toEqual({ interactions: 1, share: 1 / 8, valid: 0, test: 1 });
    expect(analysis.time?.periods[1]).toMatchObject({ interactions: 2, train: 1, context: 0, valid: 0, test: 1 });
  });

  it('names the file that does not describe a data set', async () => {
    const out = path.join(folder, 'foreign');
    await mkdir(out);
    await expect(analysePrepared(out)).rejects.toThrow(/foreign.dataset\.json: does not exist: .*\n.*cure: /);
    await writeFile(path.join(out, PREPARED_FILES.manifest), '{"version": 99}');
    await expect(analysePrepared(out)).rejects.toThrow(/version 99.*\n.*update difsr/);
    await expect(analysePrepared(out)).rejects.toBeInstanceOf(DataError);
  });

  it('names a file that is not the one that was written', async () => {
    const out = await writePrepared(
      randomDataset(6, (at) => at),
      'cut',
    );
    await rm(path.join(out, PREPARED_FILES.users));
    await expect(analysePrepared(out)).rejects.toThrow(/users\.parquet: does not exist/);
  });

  it('looks at fields of users and interactions, and at numbers', async () => {
    const dataset = randomDataset(5, (at) => at);
    const out = await writePrepared(dataset, 'others', {
      fields: [
        { name: 'price', owner: 'item', kind: 'numeric' },
        { name: 'picture', owner: 'item', kind: 'vector', values: 2 },
        { name: 'age', owner: 'user', kind: 'categorical', values: 3 },
        { name: 'stars', owner: 'interaction', kind: 'numeric' },
      ],
      items: (id) => ({ price: id <= 10 ? id : null, picture: id === 1 ? [1, 2] : null }),
      users: (id) => ({ age: id % 4 }),
      interactions: () => ({ stars: null }),
    });
    const { otherFields } = await analysePrepared(out, { tempDirectory: folder });
    const items = dataset.items.size - 1;
    const users = dataset.users.size - 1;
    expect(otherFields).toEqual([
      { name: 'price', owner: 'item', kind: 'numeric', coverage: 10 / items, range: { min: 1, mean: 5.5, max: 10 } },
      { name: 'picture', owner: 'item', kind: 'vector', coverage: 1 / items, values: 2 },
      { name: 'age', owner: 'user', kind: 'categorical', coverage: (users - Math.floor(users / 4)) / users, values: 3 },
      { name: 'stars', owner: 'interaction', kind: 'numeric', coverage: 0, range: null },
    ]);
  });
});

/** Some 60 users and 8,000 interactions over 400 items, every tenth of them never used; three users with the same sequence. */
function randomDataset(seed: number, time: ((at: number) => number) | undefined): Dataset {
  const random = randomStream(seed, 0);
  const rows: { user: string; item: number | string; time: number }[] = [];
  for (let user = 0; user < 60; user++) {
    const length = 1 + Math.floor(300 * random.uniform() ** 3);
    let at = Math.floor(random.uniform() * 5000);
    for (let place = 0; place < length; place++) {
      at += Math.floor(random.uniform() * 3);
      const item = Math.floor(400 * random.uniform() ** 2);
      if (item % 10 !== 0) rows.push({ user: `u${user}`, item, time: at });
    }
  }
  for (const user of ['a', 'b', 'c']) for (const item of [3, 1, 4, 1, 5, 9]) rows.push({ user, item, time: item });
  // Their last items are nobody else's.
  for (const user of ['x', 'y']) for (const item of [1, 2, `${user}`]) rows.push({ user, item, time: 9 });
  const users = [...new Set(rows.map(({ user }) => user))];
  const items = [...new Set(rows.map(({ item }) => `i${item}`))];
  const catalogue = Array.from({ length: 400 }, (_, item) => `i${item}`);
  return buildDataset({
    name: 'random',
    format: 'hand',
    source: 'hand',
    interactions: {
      userTokens: users,
      itemTokens: items,
      users: Int32Array.from(rows, ({ user }) => users.indexOf(user)),
      items: Int32Array.from(rows, ({ item }) => items.indexOf(`i${item}`)),
      ...(time === undefined ? {} : { times: Float64Array.from(rows, (row) => time(row.time)) }),
    },
    items: {
      ids: catalogue,
      columns: [
        {
          name: 'it\'s "tags"',
          kind: 'multi-categorical',
          values: catalogue.map((_, item) =>
            Array.from({ length: item % 4 }, () => `t${Math.floor(150 * random.uniform() ** 3)}`),
          ),
        },
        {
          name: 'brand',
          kind: 'categorical',
          values: catalogue.map((_, item) => (item % 3 === 0 ? [] : [`b${item % 7}`])),
        },
        { name: 'nothing', kind: 'categorical', values: catalogue.map(() => []) },
      ],
    },
    report: [],
  });
}

type PartName = keyof typeof PARTS;

function leaveOneOutPart(_user: number, place: number, length: number): PartName {
  const { valid, test } = historyParts(length);
  return test && length - place === 1 ? 'test' : valid && length - place === 2 ? 'valid' : 'train';
}

interface Extra {
  readonly fields: Manifest['fields'];
  readonly items: (id: number) => object;
  readonly users: (id: number) => object;
  readonly interactions: () => object;
}

/** Writes a data set in the prepared form, as manifest.ts describes it. */
async function writePrepared(
  dataset: Dataset,
  name: string,
  extra?: Extra,
  partOf: (user: number, place: number, length: number) => PartName = leaveOneOutPart,
): Promise<string> {
  const out = path.join(folder, name);
  await mkdir(out);
  const { sequences, times } = dataset;
  const fields = itemCategories(dataset);
  const owner = 'item';
  const described = extra?.fields ?? fields.map((field) => ({ name: field.name, owner, kind: field.kind }) as const);
  const counts = { train: 0, context: 0, valid: 0, test: 0 };
  const interactions = dataset.users.tokens.slice(1).flatMap((_user, index) => {
    const items = sequenceAt(sequences, index);
    return Array.from(items, (item, place) => {
      const part = partOf(index + 1, place, items.length);
      counts[part]++;
      const time = times?.[(sequences.offsets[index] ?? 0) + place];
      return {
        user: index + 1,
        item,
        ...(time === undefined ? {} : { time }),
        part: PARTS[part],
        ...extra?.interactions(),
      };
    });
  });
  const tables = {
    interactions,
    users: dataset.users.tokens.slice(1).map((token, index) => ({ id: index + 1, token, ...extra?.users(index + 1) })),
    items: dataset.items.tokens.slice(1).map((token, index) => ({
      id: index + 1,
      token,
      ...(extra?.items(index + 1) ??
        Object.fromEntries(
          fields.map((field) => [
            field.name,
            [...field.values.subarray(field.offsets[index + 1], field.offsets[index + 2])],
          ]),
        )),
    })),
    values: fields.flatMap((field) =>
      field.vocabulary.tokens.slice(1).map((token, index) => ({ owner, field: field.name, id: index + 1, token })),
    ),
  };
  for (const [table, rows] of Object.entries(tables)) {
    const json = path.join(folder, `${table}.jsonl`);
    await writeFile(json, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const casts =
      table === 'interactions'
        ? `"user"::INTEGER AS "user", item::INTEGER AS item${times === undefined ? '' : ', time::DOUBLE AS "time"'}, part::UTINYINT AS part${extra === undefined ? '' : ', NULL::DOUBLE AS stars'}`
        : '*';
    await engine.run(
      `COPY (SELECT ${casts} FROM read_json('${json}', format = 'newline_delimited')) TO '${path.join(out, `${table}.parquet`)}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    );
  }
  const manifest: Manifest = manifestSchema.parse({
    version: PREPARED_VERSION,
    name: dataset.name,
    counts: {
      users: dataset.users.size - 1,
      items: dataset.items.size - 1,
      interactions: interactions.length,
      ...counts,
    },
    hasTimes: times !== undefined,
    hasNames: false,
    fields: described,
    files: await measureFiles(out),
    steps: [],
    report: [],
    quarantined: 0,
    sources: [],
    description: { name: dataset.name, interactions: { user: 'user', item: 'item', files: 'hand.csv' } },
    libraries: {},
  } satisfies Record<keyof Manifest, unknown>);
  await writeFile(path.join(out, PREPARED_FILES.manifest), JSON.stringify(manifest));
  return out;
}
