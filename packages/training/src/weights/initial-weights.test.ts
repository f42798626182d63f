// Runs that begin from other runs: what is taken is where its token is, what is not is named, and nothing is guessed.
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rename } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createVocabulary, itemCategories, type Dataset, type Vocabulary } from '@difsr/data';
import { describe, expect, it } from 'vitest';
import { openRun, type InitialWeights } from '../index.js';
import { config, dataset, DIF, drawn, row, trainedRuns } from './initial-weights.test.support.js';
import { readTensors, writeTensors } from '../run/tensors.js';

const runs = trainedRuns();
const { folder, base, run, begin } = runs;

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
      if (names.includes(name)) expect(data, name).toEqual(runs.old[name]?.data);
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
      expect(row(tensors['items.weight'], id)).toEqual(row(runs.old['items.weight'], dataset.items.id(token) ?? 0)),
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

describe('a folder that cannot be begun from', () => {
  it('is no run, has no trained epoch, or holds no numbers', async () => {
    const none = join(folder, 'none');
    await expect(run('a', { init: none })).rejects.toThrow(`${none}: not a run folder`);
    await begin('unfinished');
    await expect(run('b', { init: join(folder, 'unfinished') })).rejects.toThrow('none of its epochs has ended yet');
    const broken = join(folder, 'broken');
    await cp(base, broken, { recursive: true });
    const weight = runs.old['items.weight']!; // of the base run
    await writeTensors(join(broken, 'model.safetensors'), {
      ...runs.old,
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
    for (const same of [`${base}/`, `${folder}/./base`, relative(process.cwd(), base)])
      await run('whole', { ...given, init: same, resume: true });
    await expect(run('whole', { ...given, init: join(folder, 'sasrec'), resume: true })).rejects.toThrow(
      /began from .*base, not from .*sasrec/,
    );
    await expect(run('base', { ...given, resume: true })).rejects.toThrow('began from no other run');
    expect((await openRun(join(folder, 'whole'))).model.name).toBe('dif-sr');
  });
});
