// The ONNX examples do what their comments say.
import { difAttentionToOnnx } from '@difsr/attention/onnxruntime';
import { describeOnnx } from '@difsr/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { attend, config } from './export.js';
import { readBlock, withoutSides, withScript } from './splice.js';

describe('export', () => {
  it('writes an attention that ONNX Runtime runs', async () => {
    const { shape, data } = await attend(difAttentionToOnnx(config));
    expect(shape).toEqual([3, 5, 32]);
    expect(data.every(Number.isFinite)).toBe(true);
    expect(new Set(data).size).toBeGreaterThan(400);
  });
});

describe('splice into a block of a trained text recognizer, exported by paddle2onnx', () => {
  const block = readBlock();
  const [batch, columns] = [2, 17];
  const features = Float32Array.from(
    { length: batch * columns * 120 },
    (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011),
  );

  async function run(model: Uint8Array, script?: number): Promise<Float32Array> {
    const session = await InferenceSession.create(model);
    const ids = new Int32Array(batch * columns).map((_, i) => ((script ?? 0) + i) % 4);
    const results = await session.run({
      'transpose_43.tmp_0': new Tensor('float32', features, [batch, columns, 120]),
      ...(script === undefined ? {} : { script: new Tensor('int32', ids, [batch, columns]) }),
    });
    await session.release();
    const data = results['p2o.Add.255']?.data;
    if (!(data instanceof Float32Array)) throw new Error('the model gave no floats');
    return data;
  }
  const difference = (a: Float32Array, b: Float32Array): number =>
    a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);

  it('without sides it computes what it did, in fewer nodes', async () => {
    const spliced = withoutSides(block);
    const [before, after] = [await run(block), await run(spliced)];
    expect(after.length).toBe(before.length);
    expect(difference(before, after)).toBeLessThan(2e-5);
    expect(Math.max(...before)).toBeGreaterThan(0.1);
    expect(describeOnnx(spliced).nodes.length).toBeLessThan(describeOnnx(block).nodes.length);
    expect(describeOnnx(spliced).opsets).toEqual({ '': 9 });
  });

  it('a side with zero queries changes nothing, whatever its ids', async () => {
    const model = withScript(block, 0);
    const before = await run(block);
    for (const script of [0, 3]) expect(difference(before, await run(model, script))).toBeLessThan(2e-5);
  });

  it('a side with other queries changes what the block computes, by its ids', async () => {
    const model = withScript(block, 1);
    const [before, first, second] = [await run(block), await run(model, 0), await run(model, 1)];
    expect(difference(before, first)).toBeGreaterThan(1e-3);
    expect(difference(first, second)).toBeGreaterThan(1e-3);
  });
});
