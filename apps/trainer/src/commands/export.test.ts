// The exported file: what it recommends, what it takes, and what it says of itself.
import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostTensor } from '@difsr/graph';
import { describeOnnx } from '@difsr/onnx';
import { openModelFile } from '@difsr/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, trainedShop } from '../command.test.support.js';

const RUN = 'runs/shop-dif-sr-1';
let cwd = '';

beforeAll(async () => {
  cwd = await trainedShop(RUN);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** JSON that one of our own commands wrote. */
const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const fileOf = (run: string, file: string): Promise<Buffer> => readFile(join(cwd, run, file));

describe('export', () => {
  it('writes a file that recommends what the run recommends, for batches of any size', async () => {
    const { code, stdout } = await difsr(['export', RUN, '--onnx', '-k', '6', '--json'], { cwd });
    expect(code).toBe(0);
    const result = parsed(stdout);
    expect(result).toMatchObject({ file: `${RUN}/model.onnx`, opset: 17, k: 6 });
    expect(Number(result['largestRelativeDifference'])).toBeLessThan(1e-5);
    const vocabulary = parsed((await readFile(join(cwd, String(result['vocabulary'])))).toString());
    const tokens = vocabulary['items'] as string[]; // written by the trainer
    const model = await openModelFile(await fileOf(RUN, 'model.onnx'));
    const { ids } = await model.run({
      items: {
        dtype: 'int32',
        shape: [2, 3],
        data: Int32Array.from([3, 7, 0, 5, 6, 2], (n) => (n === 0 ? 0 : tokens.indexOf(`item-${n}`))),
      },
    });
    expect(ids?.shape).toEqual([2, 6]);
    const recommended = await difsr(
      ['recommend', RUN, '--history', 'item-3 item-7', '-k', '6', '--include-seen', '--json'],
      { cwd },
    );
    expect([...(ids?.data.slice(0, 6) ?? [])].map((id) => tokens[id])).toEqual(
      (parsed(recommended.stdout)['items'] as { id: string }[]).map(({ id }) => id),
    );
    await model.dispose();
  });

  it('writes a file that takes any history: the last items are used, what is no item is left out, no batch is none', async () => {
    const { code } = await difsr(['export', RUN, '--onnx', '-k', '4', '--out', 'edges.onnx'], { cwd });
    expect(code).toBe(0);
    const bytes = await readFile(join(cwd, 'edges.onnx'));
    const { metadata } = describeOnnx(bytes);
    const [longest, items] = [Number(metadata['maxLength']), Number(metadata['items'])];
    const model = await openModelFile(bytes);
    const run = async (...rows: (readonly number[])[]): Promise<Record<string, readonly number[]>> => {
      const length = rows[0]?.length ?? 3;
      const outputs = await model.run({
        items: { dtype: 'int32', shape: [rows.length, length], data: Int32Array.from(rows.flat()) },
      });
      return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data]]));
    };
    const long = Array.from({ length: longest + 10 }, (_, i) => 1 + (i % Math.min(7, items)));
    const tail = await run(long.slice(10));
    expect(tail['used']).toEqual([longest]);
    expect(await run(long)).toEqual(tail);
    const plain = await run([3, 5]);
    for (const odd of [
      [3, -1, 5],
      [0, 0, 3, 5],
      [3, items + 1, 5, -1],
      [3, 5, 0],
    ])
      expect(await run(odd)).toEqual(plain);
    expect(await run([0, -1])).toMatchObject({ ids: [0, 0, 0, 0], used: [0] });
    expect(await run()).toEqual({ scores: [], ids: [], values: [], used: [] });
    await model.dispose();
  });

  it('keeps the vocabulary of each file in one folder, and says in the file which it is', async () => {
    for (const name of ['first', 'second']) {
      const { stdout } = await difsr(['export', RUN, '--onnx', '--out', `${name}.onnx`, '-k', '3', '--json'], { cwd });
      expect(parsed(stdout)).toMatchObject({ file: `${name}.onnx`, vocabulary: `${name}.vocabulary.json` });
      const { metadata } = describeOnnx(await readFile(join(cwd, `${name}.onnx`)));
      const vocabulary = await readFile(join(cwd, `${name}.vocabulary.json`));
      expect(metadata).toMatchObject({
        formatVersion: '2',
        model: 'dif-sr',
        k: '3',
        excluded: 'false',
        vocabulary: `${name}.vocabulary.json`,
        vocabularySha256: createHash('sha256').update(vocabulary).digest('hex'),
      });
      expect(parsed(vocabulary.toString())['items']).toHaveLength(Number(metadata['items']) + 1);
    }
    await expect(stat(join(cwd, 'vocabulary.json'))).rejects.toThrow('ENOENT');
  });

  it('--excluded gives the file an input of items that are not recommended', async () => {
    await difsr(['export', RUN, '--onnx', '--out', 'unseen.onnx', '-k', '5', '--excluded'], { cwd });
    const model = await openModelFile(await readFile(join(cwd, 'unseen.onnx')));
    const { items: tokens } = parsed((await readFile(join(cwd, 'unseen.vocabulary.json'))).toString()) as {
      items: string[];
    }; // written by the trainer
    const history = ['item-3', 'item-7'].map((id) => tokens.indexOf(id));
    const items: HostTensor = { dtype: 'int32', shape: [1, 2], data: Int32Array.from(history) };
    const { ids } = await model.run({ items, excluded: items });
    await model.dispose();
    const { stdout } = await difsr(['recommend', RUN, '--history', 'item-3 item-7', '-k', '5', '--json'], { cwd });
    expect([...(ids?.data ?? [])].map((id) => tokens[id])).toEqual(
      (parsed(stdout)['items'] as { id: string }[]).map(({ id }) => id), // the command's own form
    );
  });
});
