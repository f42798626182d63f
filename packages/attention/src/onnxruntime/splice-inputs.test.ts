// What a spliced attention takes of somebody's model: masks and positions of every shape, and what is refused.
import { createGraph, input, mul, tanh, type HostTensor } from '@difsr/graph';
import { describeOnnx, OnnxModelError, toOnnx } from '@difsr/onnx';
import { describe, expect, it } from 'vitest';
import { AttentionError } from '../error.js';
import { random } from '../values.test.support.js';
import { spliceDifAttention, type SpliceDifAttentionOptions } from './splice.js';
import { difAttentionToOnnx } from './to-onnx.js';
import { bert, difference, inBert, padding, plain, run, scaled } from './splice.test.support.js';

describe("somebody's masks and positions", () => {
  const [batch, length] = [2, 5];
  const x = scaled(random('x', [batch, length, 8], 1), 1);
  const places = scaled(random('places', [1, length, 5], 2), 1);
  const padded: HostTensor = { ...padding(batch, length), dtype: 'bool' };
  const nothing: HostTensor = { dtype: 'bool', shape: [batch, length], data: new Uint8Array(batch * length).fill(1) };

  /** The mask of a shape: hidden where padding is, or, of the shapes without a batch, where a later item is. */
  function maskOf(shape: readonly (number | string)[]): HostTensor {
    const sizes = shape.map((dim) => (dim === 'batch' ? batch : dim === 'length' ? length : Number(dim)));
    const rows = sizes.at(-2) ?? 1;
    const data = Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, i) => {
      const [key, query, sequence] = [i % length, Math.floor(i / length) % rows, Math.floor(i / (length * rows))];
      const hidden = shape.includes('batch') ? padded.data[sequence * length + key] === 0 : key > query;
      return hidden ? -1e9 : 0;
    });
    return { dtype: 'float32', shape: sizes, data };
  }

  const masks = [
    ['batch', 1, 1, 'length'],
    ['batch', 1, 'length', 'length'],
    ['batch', 'length', 'length'],
    [1, 1, 'length', 'length'],
    ['length', 'length'],
  ] as const;
  const positions = [
    [1, 'length', 5],
    ['length', 5],
    ['batch', 'length', 5],
  ] as const;

  it.each(['sum', 'concat', 'gate'] as const)('of every shape mean what they mean: %s', async (fusion) => {
    for (const [i, mask] of masks.entries()) {
      const place = positions[i % positions.length] ?? positions[0];
      const causal = !mask.some((dim) => dim === 'batch');
      const config = {
        width: 8,
        heads: 2,
        maxLength: 5,
        position: 5,
        fusion,
        kernel: i % 2 === 0 ? ('auto' as const) : ('unfused' as const),
      };
      const feeds = { item: x, position: places, valid: causal ? nothing : padded };
      const expected = await run(difAttentionToOnnx({ ...config, causal }), feeds);
      const item = mul(input('x', ['batch', 'length', 8]), 1.5);
      const host = toOnnx(createGraph({ y: tanh(item), m2: mul(input('m', mask), 2), p2: mul(input('p', place), 2) }), {
        target: 'export',
      });
      const tanhs = describeOnnx(host).nodes.filter(({ type }) => type === 'Tanh');
      const model = spliceDifAttention(host, {
        config: { ...config, causal: false }, // the order is in the mask
        replace: 'y',
        item: tanhs[0]?.inputs[0] ?? '',
        additive: 'm',
        position: 'p',
      });
      const repeated = place[0] === 'batch' ? [...places.data, ...places.data] : places.data;
      const shape = place.map((dim) => (dim === 'batch' ? batch : dim === 'length' ? length : Number(dim)));
      const given = {
        x: scaled(x, 1 / 1.5),
        m: maskOf(mask),
        p: { dtype: 'float32' as const, shape, data: Float32Array.from(repeated) },
      };
      expect(difference(expected, await run(model, given))).toBeLessThan(1e-4);
    }
  });
});

describe('what does not fit is refused:', () => {
  const config = { ...plain, sides: [{ name: 'genre', width: 4 }], position: 16 };
  const splice = (options: Partial<SpliceDifAttentionOptions>) => (): Uint8Array =>
    spliceDifAttention(bert, { config, ...inBert(0), ...options });

  it.each([
    [
      'a tensor that is not there',
      { replace: '/layer.0/attention/outpt/Add_output_0' },
      /computes no tensor .*nearest names are "\/layer.0\/attention\/output\/Add_output_0"/,
    ],
    ['an item that is not there', { item: 'x' }, /"item" should come from "x", which the model does not have/],
    ['an input as what is replaced', { replace: 'input_ids' }, /"input_ids" is an input of the model/],
    ['a weight as what is replaced', { replace: 'layer.0.attention.query.bias' }, /is a constant of the model/],
    [
      "a width that is not the model's",
      { config: { ...config, width: 32 } },
      /\(for "item"\) has width 16, \[batch, length, 32\] is needed/,
    ],
    [
      'an item of another rank',
      { item: 'input_ids' },
      /"input_ids" \(for "item"\) is \[batch_size, sequence\], \[batch, length, 16\] is needed/,
    ],
    ['a circle', { item: '/layer.1/norm/Add_1_output_0' }, /a circle: .* need each other/],
    [
      'an unknown side',
      { sides: { brand: 'input_ids' } },
      /sides\.brand: the configuration has no such side \(it has genre\)/,
    ],
    [
      'a table of another width',
      { sides: { genre: { table: scaled(random('t', [24, 5], 1), 1), ids: 'input_ids' } } },
      /table is float32 \[24, 5\], float32 \[rows, 4\] is needed/,
    ],
    [
      'a table whose rows do not come out even',
      { position: { table: new Float32Array(17 * 12 + 1) } },
      /position: the table is float32 \[12\.8125, 16\]/,
    ],
    ['too few positions', { position: { table: scaled(random('t', [11, 16], 1), 1) } }, /11 rows, maxLength is 12/],
    ['two masks', { valid: 'attention_mask', additive: '/Mul_output_0' }, /valid and additive/],
    [
      'a mask of ids as an additive one',
      { additive: 'attention_mask' },
      /"attention_mask" holds int64, floats are needed/,
    ],
  ] as const)('%s', (_, options, message) => {
    const attempt = splice(options);
    expect(attempt).toThrow(message);
    try {
      attempt();
    } catch (error) {
      expect(error instanceof OnnxModelError || error instanceof AttentionError).toBe(true);
    }
  });
});
