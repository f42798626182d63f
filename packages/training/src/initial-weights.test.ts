// Runs that begin from other runs: what is taken is where its token is, what is not is named, and nothing is guessed.
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createVocabulary,
  generateDataset,
  itemCategories,
  schemaOf,
  type Dataset,
  type Field,
  type Vocabulary,
} from '@difsr/data';
import { createReferenceBackend, sizeOf, type HostTensor } from '@difsr/graph';
import { modelOf, trainingTask } from '@difsr/models';
import { initialValues } from '@difsr/nn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from './config.js';
import { openRun, train, type InitialWeights, type TrainOptions } from './index.js';
import { readTensors, writeTensors } from './tensors.js';

const dataset = generateDataset({ seed: 7, users: 60, items: 130 });
const DIF = { name: 'dif-sr', hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8, sideWidth: 4 };
const SASREC = { name: 'sasrec', hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8 };

const config = (model: RunConfig['model'] = DIF, training: object = {}): RunConfig =>
  runConfigSchema.parse({
    model,
    training: { epochs: 1, targetsPerStep: 64, seed: 3, checkpointSeconds: 0, learningRate: 0.01, ...training },
    evaluation: { ks: [10] },
    backend: 'reference',
  });

let folder: string;
let base: string;
/** Parameters of the run that others begin from. */
let old: Record<string, HostTensor>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-init-'));
  base = join(folder, 'base');
  await run('base');
  ({ tensors: old } = await readTensors(join(base, 'model.safetensors')));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(name: string, options: Partial<TrainOptions> = {}): Promise<void> {
  const backend = createReferenceBackend();
  await train({ config: config(), dataset, backend, out: join(folder, name), ...options });
  await backend.dispose();
}

/** Begins a run and ends it before its first step: what it took, and its first tensors. */
async function begin(
  name: string,
  options: Partial<TrainOptions> = {},
): Promise<{ readonly initial: InitialWeights; readonly tensors: Record<string, HostTensor> }> {
  const stop = new AbortController();
  let initial: InitialWeights | undefined;
  await run(name, {
    init: base,
    config: config(DIF, { seed: 4 }),
    ...options,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.kind !== 'initial-weights') return;
      const { kind: _, ...rest } = event;
      initial = rest;
      stop.abort();
    },
  });
  if (initial === undefined) throw new Error('nothing was said of initial weights');
  return { initial, tensors: (await readTensors(join(folder, name, 'optimizer.safetensors'))).tensors };
}

const row = (tensor: HostTensor | undefined, id: number): number[] => {
  const width = sizeOf(tensor?.shape.slice(1) ?? []);
  return Array.from(tensor?.data.subarray(id * width, (id + 1) * width) ?? []);
};
/** As the seed has them. */
const drawn = (data: Dataset, { model, training }: RunConfig): Record<string, HostTensor> =>
  initialValues(trainingTask(modelOf(model, schemaOf(data))).parameters, training.seed);

/** The same shop later: vocabularies in the opposite order, every seventh token gone and a new one in its place, and new ones behind. */
function later(before: Dataset): Dataset {
  const { items, sequences, itemNames: _, ...rest } = before;
  const renewed = ({ tokens, size }: Vocabulary): Vocabulary =>
    createVocabulary([
      ...tokens
        .slice(1)
        .toReversed()
        .map((token, i) => (i % 7 === 0 ? `new-${size}-${i}` : token)),
      'last-1',
      'last-2',
    ]);
  return {
    ...rest,
    items: renewed(items),
    sequences: { ...sequences, items: sequences.items.map((item) => items.size - item) },
    fields: itemCategories(before).map((field) => {
      const rows = Array.from({ length: items.size + 2 }, (_unused, id) =>
        id === 0 || id >= items.size
          ? []
          : Array.from(
              field.values.subarray(field.offsets[items.size - id], field.offsets[items.size - id + 1]),
              (value) => field.vocabulary.size - value,
            ),
      );
      let end = 0;
      return {
        ...field,
        vocabulary: renewed(field.vocabulary),
        offsets: Int32Array.from([0, ...rows.map((values) => (end += values.length))]),
        values: Int32Array.from(rows.flat()),
      };
    }),
  };
}

describe('on the same data with the same model', () => {
  it('every parameter is bit-equal and every moment zero', async () => {
    const { initial, tensors } = await begin('same');
    const names = Object.keys(drawn(dataset, config()));
    expect([...initial.whole].toSorted()).toEqual(names.toSorted());
    expect(initial).toMatchObject({ run: base, model: 'dif-sr', partly: [], absent: [], unfit: [], unused: [] });
    for (const [name, { data }] of Object.entries(tensors))
      if (names.includes(name)) expect(data, name).toEqual(old[name]?.data);
      else
        expect(
          data.every((value) => value === 0),
          name,
        ).toBe(true);
  });

  it('the folder says from what it began, and so does its card', async () => {
    await run('told', { init: base });
    const record = JSON.parse(String(await readFile(join(folder, 'told', 'init.json')))) as InitialWeights;
    expect(record).toMatchObject({ run: base, model: 'dif-sr' });
    expect(String(await readFile(join(folder, 'told', 'README.md')))).toContain(
      `| initial weights | of ${base} (dif-sr, SHA-256 ${record.sha256.slice(0, 12)}..)`,
    );
    expect(await readdir(base)).not.toContain('init.json');
  });
});

describe('on other data', () => {
  const newer = later(dataset);

  it.each(['none', 'sum', 'gate'])('rows follow their tokens, with item fields %s', async (itemFields) => {
    const given = config({ ...DIF, itemFields }, { seed: 4 });
    const from = itemFields === 'none' ? base : join(folder, `fields-${itemFields}`);
    if (itemFields !== 'none') await run(`fields-${itemFields}`, { config: given });
    const { tensors: theirs } = await readTensors(join(from, 'model.safetensors'));
    const { initial, tensors } = await begin(`newer-${itemFields}`, { dataset: newer, init: from, config: given });
    const seed = drawn(newer, given);
    const vocabularies = new Map<string, readonly [Vocabulary, Vocabulary]>([
      ['items', [newer.items, dataset.items]],
      ...itemCategories(newer).map((field, i): [string, [Vocabulary, Vocabulary]] => [
        `values of ${field.name}`,
        [field.vocabulary, itemCategories(dataset)[i]!.vocabulary],
      ]),
    ]);
    expect([...initial.absent, ...initial.unfit]).toEqual([]);
    expect(initial.partly.map(({ name }) => name).toSorted()).toEqual(
      [
        'items.weight',
        ...newer.fields.flatMap(({ name }) => [
          `fields.${name}.weight`,
          `predictors.${name}.weight`,
          `predictors.${name}.bias`,
          ...(itemFields === 'none' ? [] : [`items.fields.${name}.weight`]),
        ]),
      ].toSorted(),
    );
    for (const { name, of, taken, rows } of initial.partly) {
      const [here, there] = vocabularies.get(of)!; // there is no other kind here
      expect(rows).toBe(here.size);
      let found = 0;
      here.tokens.forEach((token, id) => {
        const before = there.id(token) ?? (id === 0 ? 0 : undefined);
        if (before !== undefined) found++;
        const untrained = before === undefined && name === 'items.weight' && itemFields !== 'none';
        const expected = before === undefined ? row(seed[name], id) : row(theirs[name], before);
        // A new item that nobody has taken yet has no row of its own where fields give it one.
        if (untrained && row(tensors[name], id).every((value) => value === 0)) return;
        expect(row(tensors[name], id), `${name} of ${token}`).toEqual(expected);
      });
      expect(taken).toBe(found);
      expect(taken).toBeLessThan(rows);
    }
    for (const name of initial.whole) expect(tensors[name]?.data, name).toEqual(theirs[name]?.data);
  });

  it('as many items in another order are not mistaken for the same ones', async () => {
    const tokens = dataset.items.tokens.slice(1);
    const rotated = { ...dataset, items: createVocabulary([...tokens.slice(5), ...tokens.slice(0, 5)]) };
    const { initial, tensors } = await begin('rotated', { dataset: rotated });
    expect(initial.partly).toEqual([]);
    expect(initial.whole).toContain('items.weight');
    rotated.items.tokens.forEach((token, id) =>
      expect(row(tensors['items.weight'], id)).toEqual(row(old['items.weight'], dataset.items.id(token) ?? 0)),
    );
  });

  it('tables of a catalogue without a common item are drawn, and that is said', async () => {
    const items = createVocabulary(dataset.items.tokens.slice(1).map((token) => `other-${token}`));
    const { initial, tensors } = await begin('strangers', { dataset: { ...dataset, items } });
    expect(initial.unfit).toEqual([{ name: 'items.weight', reason: 'no items in common' }]);
    expect(Array.from(tensors['items.weight']?.data ?? [])).toEqual(
      Array.from(drawn(dataset, config(DIF, { seed: 4 }))['items.weight']?.data ?? []),
    );
  });
});

describe('from a model with other options', () => {
  it.each([12, 5])('positions that both have are taken, of maxLength %i', async (maxLength) => {
    const { initial, tensors } = await begin(`length-${maxLength}`, { config: config({ ...DIF, maxLength }) });
    expect([...initial.absent, ...initial.unfit]).toEqual([]);
    expect(initial.partly).toEqual(
      maxLength > 8 ? [{ name: 'positions.weight', of: 'positions', taken: 8, rows: maxLength }] : [],
    );
    for (let place = 0; place < Math.min(8, maxLength); place++)
      expect(row(tensors['positions.weight'], place)).toEqual(row(old['positions.weight'], place));
  });

  it('other shapes are named with both', async () => {
    const { initial } = await begin('inner', { config: config({ ...DIF, innerSize: 16 }) });
    expect(initial.unfit).toContainEqual({
      name: 'layers.0.feedForward.input.weight',
      reason: 'shape [8, 8] there, [16, 8] here',
    });
    expect(initial.whole).toContain('items.weight');
  });

  it('another model takes what has the same name; the rest of both is named', async () => {
    const { initial, tensors } = await begin('sasrec', { config: config(SASREC) });
    expect(tensors['items.weight']?.data).toEqual(old['items.weight']?.data);
    expect(initial.unused).toContain('fields.brand.weight');
    await run('plain', { config: config(SASREC) });
    const back = await begin('back', { init: join(folder, 'plain') });
    expect(back.initial.whole).toContain('items.weight');
    expect(back.initial.absent).toContain('fields.brand.weight');
  });

  it.each([[['brand']], [['brand', 'categories']], [['categories', 'brand']]])(
    'what belongs to a field by its place is not taken for another field: %j',
    async (fields) => {
      const given = { ...DIF, itemFields: 'gate' };
      const from = join(folder, `gated-${fields.length}-${fields[0]}`);
      await run(`gated-${fields.length}-${fields[0]}`, { config: config(given) });
      const { initial } = await begin(`places-${fields.length}-${fields[0]}`, {
        init: from,
        config: config({ ...given, fields }),
      });
      const same = String(fields) === String(dataset.fields.map(({ name }) => name));
      const expected = fields.flatMap((_, side) =>
        ['query', 'key'].flatMap((part) =>
          ['weight', 'bias'].map((own) => `layers.0.attention.${part}.side${side}.${own}`),
        ),
      );
      expect(initial.unfit.map(({ name }) => name).toSorted()).toEqual(same ? [] : expected.toSorted());
      expect(initial.absent).toEqual([]);
      expect(initial.whole).toEqual(
        expect.arrayContaining(['items.weight', 'items.fields.brand.gate', 'fields.brand.weight']),
      );
    },
  );

  it('nothing in common is refused with the options of that run, and nothing is written', async () => {
    const given = { init: base, config: config({ ...SASREC, hiddenSize: 16, innerSize: 32 }) };
    await expect(run('nothing', given)).rejects.toThrow(
      /has nothing that this model can begin with: items\.weight \(shape \[131, 8\] there, \[131, 16\] here\).*--set model\.hiddenSize=8/,
    );
    expect(await readdir(join(folder, 'nothing'))).toEqual([]);
  });
});

describe('numbers and vectors', () => {
  /** Prices of items, and a picture of each; later prices are in another currency. */
  const numbers = (factor: number): Field[] => [
    {
      name: 'price',
      owner: 'item',
      kind: 'numeric',
      values: Float32Array.from({ length: dataset.items.size }, (_, id) => factor * (1 + (id % 9))),
    },
    {
      name: 'picture',
      owner: 'item',
      kind: 'vector',
      width: 2,
      values: Float32Array.from({ length: 2 * dataset.items.size }, (_, at) => Math.sin(factor * at)),
    },
  ];
  const shop = (factor: number, items: Vocabulary = dataset.items): Dataset => ({
    ...dataset,
    items,
    fields: [...dataset.fields, ...numbers(factor)],
  });

  it.each(['projection', 'buckets'])(
    'are scaled as they were, so that their weights mean the same: %s',
    async (numeric) => {
      const given = config({ ...DIF, numeric, vectors: 'tuned' }, { seed: 4, epochs: 2 });
      const from = join(folder, `numbers-${numeric}`);
      await run(`numbers-${numeric}`, { config: given, dataset: shop(1) });
      const { tensors: theirs } = await readTensors(join(from, 'model.safetensors'));
      const items = createVocabulary(['first', ...dataset.items.tokens.slice(1, -1).toReversed()]);
      const { initial, tensors } = await begin(`numbers-later-${numeric}`, {
        config: given,
        dataset: shop(3, items),
        init: from,
      });
      expect([...initial.unfit, ...initial.absent, ...initial.unused]).toEqual([]);
      expect(initial.scales).toEqual(['price', 'picture']);
      for (const name of ['fields.price.weight', 'fields.picture.weight'])
        expect(tensors[name]?.data, name).toEqual(theirs[name]?.data);
      // Tuned vectors are rows of items; a new item's is what the data says, by the length of then.
      const { vocabulary } = await openRun(from);
      items.tokens.forEach((token, id) => {
        if (token === 'first') return;
        const before = dataset.items.id(token) ?? 0;
        expect(row(tensors['fields.picture.vectors'], id)).toEqual(row(theirs['fields.picture.vectors'], before));
      });
      const out = join(folder, `numbers-later-${numeric}`);
      await run(`numbers-later-${numeric}`, { config: given, dataset: shop(3, items), resume: true });
      expect((await openRun(out)).vocabulary.schema.fields.slice(2)).toEqual(vocabulary.schema.fields.slice(2));
      await run(`numbers-whole-${numeric}`, { config: given, dataset: shop(3, items), init: from });
      const bytes = (name: string): Promise<Buffer> => readFile(join(folder, name, 'model.safetensors'));
      expect((await bytes(`numbers-later-${numeric}`)).equals(await bytes(`numbers-whole-${numeric}`))).toBe(true);
    },
  );

  it('a field that is of another kind now is not taken for what it was, whatever its shape', async () => {
    const [category] = itemCategories(dataset);
    const price: Field = {
      ...category!,
      name: 'price',
      vocabulary: createVocabulary(['dear']),
      values: category!.values.map(() => 1),
    };
    const other = { ...dataset, fields: [...dataset.fields, price, numbers(1)[1]!] };
    const from = join(folder, 'kinds');
    await run('kinds', { dataset: shop(1) });
    const { initial } = await begin('other-kinds', { dataset: other, init: from });
    expect(initial.unfit).toContainEqual({
      name: 'fields.price.weight',
      reason: `price is numeric of item there, ${price.kind} of item here`,
    });
    expect(initial.whole).toContain('fields.picture.weight');
  });
});

describe('a folder that cannot be begun from', () => {
  it('is no run, has no trained epoch, or holds no numbers', async () => {
    const none = join(folder, 'none');
    await expect(run('a', { init: none })).rejects.toThrow(`${none}: not a run folder`);
    await begin('unfinished');
    await expect(run('b', { init: join(folder, 'unfinished') })).rejects.toThrow('none of its epochs has ended yet');
    const broken = join(folder, 'broken');
    await cp(base, broken, { recursive: true });
    const weight = old['items.weight']!; // of the base run
    await writeTensors(join(broken, 'model.safetensors'), {
      ...old,
      'items.weight': { ...weight, data: Float64Array.from(weight.data, (value, i) => (i === 20 ? NaN : value)) },
    });
    await expect(run('c', { init: broken })).rejects.toThrow('tensor "items.weight" holds NaN');
  });
});

describe('a resumed run that began from another', () => {
  it('ends with the same bytes, without reading the other run again', async () => {
    const given = { config: config(DIF, { epochs: 2, seed: 4 }), init: base };
    await run('whole', given);
    const moved = join(folder, 'moved');
    for (const at of ['initial-weights', 'step', 'epoch']) {
      const stop = new AbortController();
      await run(`cut-${at}`, {
        ...given,
        signal: stop.signal,
        onEvent: ({ kind }) => {
          if (kind === 'initial-weights')
            expect(existsSync(join(folder, `cut-${at}`, 'optimizer.safetensors'))).toBe(true);
          if (kind === at) stop.abort();
        },
      });
      await rename(base, moved);
      const { init: _, ...rest } = given;
      // The same call goes on, as does one that does not say again where the run began.
      await run(`cut-${at}`, { ...(at === 'step' ? given : rest), resume: true });
      await rename(moved, base);
      for (const file of ['model.safetensors', 'optimizer.safetensors'])
        expect(
          (await readFile(join(folder, `cut-${at}`, file))).equals(await readFile(join(folder, 'whole', file))),
          `${file} after ${at}`,
        ).toBe(true);
    }
    await expect(run('whole', { ...given, init: join(folder, 'sasrec'), resume: true })).rejects.toThrow(
      /began from .*base, not from .*sasrec/,
    );
    await expect(run('base', { ...given, resume: true })).rejects.toThrow('began from no other run');
    expect((await openRun(join(folder, 'whole'))).model.name).toBe('dif-sr');
  });
});
