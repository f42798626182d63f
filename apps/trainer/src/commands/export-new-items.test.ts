// The exported file of a model with attributes in its item table: the finished table is in it, and items that nobody has taken are
// treated as `recommend` treats them.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeOnnx } from '@difsr/onnx';
import { openModelFile } from '@difsr/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, freshFolder, TINY_MODEL } from '../command.test.support.js';

const TAKEN = 12;
const ALL = 16;
let cwd = '';

const run = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await difsr([...args, '--json'], { cwd });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>; // the command's own form
};

beforeAll(async () => {
  cwd = await freshFolder();
  const rows = Array.from({ length: 40 }, (_, user) =>
    Array.from({ length: 6 }, (_each, at) => `u${user}\ti${(user * 5 + at * 7) % TAKEN}\t${1e9 + user * 100 + at}`),
  );
  const items = Array.from({ length: ALL }, (_, item) => `i${item}\tbrand${item % 4}\tred tag${item % 3}`);
  const inter = ['user_id:token\titem_id:token\ttimestamp:float', ...rows.flat()];
  await writeFile(join(cwd, 'shop.inter'), `${inter.join('\n')}\n`);
  await writeFile(join(cwd, 'shop.item'), `${['item_id:token\tbrand:token\ttags:token_seq', ...items].join('\n')}\n`);
  for (const itemFields of ['gate', 'none'])
    await run(
      ...'train --data shop.inter --model sasrec --epochs 2'.split(' '),
      '--out',
      itemFields,
      '--set',
      `model.itemFields=${itemFields}`,
      ...TINY_MODEL,
    );
}, 60_000);
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** Ids by the exported file after a history, without those that stand for no item. */
async function idsOf(file: string, history: readonly string[]): Promise<string[]> {
  const { items: tokens } = JSON.parse(
    await readFile(join(cwd, file.replace('.onnx', '.vocabulary.json')), 'utf8'),
  ) as { items: string[] }; // written by the trainer
  const model = await openModelFile(await readFile(join(cwd, file)));
  const data = Int32Array.from(history, (id) => tokens.indexOf(id));
  const { ids } = await model.run({ items: { dtype: 'int32', shape: [1, data.length], data } });
  await model.dispose();
  return [...(ids?.data ?? [])].flatMap((id) => (id === 0 ? [] : (tokens[id] ?? '')));
}

describe('items without training interactions', () => {
  it.each([
    { options: [], newItems: 'left out', count: TAKEN },
    { options: ['--include-new'], newItems: 'ranked', count: ALL },
  ])('are $newItems by a file exported with $options, as by recommend', async ({ options, newItems, count }) => {
    const exported = await run('export', 'gate', '--onnx', '-k', String(ALL), '--out', 'gate.onnx', ...options);
    expect(exported).toMatchObject({ newItems });
    const { metadata } = describeOnnx(await readFile(join(cwd, 'gate.onnx')));
    expect(metadata).toMatchObject({ newItems });
    for (const history of [['i3'], ['i5', 'i9', 'i2']]) {
      const asked = ['recommend', 'gate', '--history', history.join(' '), '-k', String(ALL), '--include-seen'];
      const { items } = await run(...asked, ...options);
      const recommended = (items as { id: string }[]).map(({ id }) => id); // the command's own form
      expect(recommended).toHaveLength(count);
      expect(await idsOf('gate.onnx', history)).toEqual(recommended);
    }
  });

  it('cannot be asked for of a model that knows nothing of them', async () => {
    const { code, stderr } = await difsr(['export', 'none', '--onnx', '--include-new'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/--include-new: none knows items by their interactions alone.*\n {2}cure: train with/);
    expect(await run('export', 'none', '--onnx')).toMatchObject({ newItems: 'ranked' });
  });
});

it('the file holds the finished item table alone, and runs what that of a model without item fields runs', async () => {
  const [fields, none] = await Promise.all(
    ['gate', 'none'].map(async (name) => {
      const more = name === 'gate' ? ['--include-new'] : [];
      await run('export', name, '--onnx', '--out', `${name}-table.onnx`, ...more);
      return describeOnnx(await readFile(join(cwd, `${name}-table.onnx`)));
    }),
  );
  const held = fields?.initializers ?? [];
  expect(held.filter(({ name }) => /^(items|feature)\./.test(name))).toEqual([]);
  expect(held.filter(({ shape }) => shape?.[0] === ALL + 1 && shape.length > 1).map(({ shape }) => shape)).toEqual([
    [ALL + 1, 8],
  ]);
  expect(fields?.nodes.length).toBeLessThanOrEqual(none?.nodes.length ?? 0);
});
