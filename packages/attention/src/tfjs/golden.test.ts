// The function against the published code's golden tensors: output, loss and every gradient, on each device. Residual and
// layer normalization are written in tfjs around it, as a user would.
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { DEVICES, difference, golden, onDevice, use } from './devices.test.support.js';
import { difAttention } from './index.js';

/** Our name of a golden parameter of the attention. */
function ownName(theirs: string): string {
  return theirs
    .replace('fusion_layer.projection.0', 'fusion.hidden')
    .replace('fusion_layer.projection.2', 'fusion.output')
    .replace('fusion_layer', 'fusion.projection')
    .replace(/(query|key)_layers\.(\d)/, '$1.side$2')
    .replace(/(query|key)_p/, '$1.position')
    .replace('dense', 'output');
}

const CASES = [
  { name: 'dif_attention_sum', heads: 2, fusion: 'sum' },
  { name: 'dif_attention_sum_4heads', heads: 4, fusion: 'sum' },
  { name: 'dif_attention_sum_1attr', heads: 2, fusion: 'sum' },
  { name: 'dif_attention_concat', heads: 2, fusion: 'concat' },
  { name: 'dif_attention_gate', heads: 2, fusion: 'gate' },
  { name: 'dif_attention_gate_4heads', heads: 4, fusion: 'gate' },
] as const;

describe.each(DEVICES)('%s', (device) => {
  it.each(CASES)('agrees with $name, gradients included', async ({ name, heads, fusion }) => {
    await use(device);
    const tensors = golden(name);
    // What a gradient is known of, by its golden name: param.* and in.*
    const sources = [...tensors.keys()].filter((key) => /^param\.|^in\.(input|position|attr)/.test(key));
    const find = (key: string): tf.Tensor => {
      const tensor = tensors.get(key);
      if (tensor === undefined) throw new Error(`no ${key}`);
      return onDevice(tensor);
    };
    const additive = find('in.mask');
    const weighting = find('in.weight');
    const block = (given: ReadonlyMap<string, tf.Tensor>): tf.Tensor => {
      const take = (key: string): tf.Tensor => given.get(key) ?? find(key);
      const parameters = sources.filter((key) => key.startsWith('param.') && !key.includes('LayerNorm'));
      const weights = Object.fromEntries(parameters.map((key) => [ownName(key.slice('param.'.length)), take(key)]));
      const sides = sources.filter((key) => key.startsWith('in.attr')).toSorted();
      const item = take('in.input');
      const output = difAttention(item, {
        sides: sides.map(take),
        position: take('in.position'),
        heads,
        fusion,
        form: 'reference',
        mask: { additive },
        weights,
      });
      const sum = tf.add(output, item);
      const { mean, variance } = tf.moments(sum, -1, true);
      const normal = tf.div(tf.sub(sum, mean), tf.sqrt(tf.add(variance, 1e-12)));
      return tf.add(tf.mul(normal, take('param.LayerNorm.weight')), take('param.LayerNorm.bias'));
    };
    const out = block(new Map());
    expect(difference(out.dataSync(), tensors.get('out64')?.data ?? [])).toBeLessThan(2e-5);
    const gradients = tf.grads((...given: tf.Tensor[]) =>
      tf.sum<tf.Scalar>(tf.mul(block(new Map(sources.map((key, i) => [key, given[i] ?? find(key)]))), weighting)),
    )(sources.map(find));
    let compared = 0;
    sources.forEach((key, i) => {
      const expected = tensors.get(key.replace('param.', 'grad64.').replace('in.', 'grad_in64.'));
      if (expected === undefined) throw new Error(`no golden gradient of ${key}`);
      const largest = Math.max(...[...expected.data].map(Math.abs));
      const off = difference(gradients[i]?.dataSync() ?? [], expected.data);
      if (largest > 1e-7) expect(off, key).toBeLessThan(2e-4);
      compared += largest > 1e-7 ? 1 : 0;
    });
    expect(compared).toBeGreaterThan(12);
  });
});
