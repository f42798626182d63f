// DIF attention in two encoders that Python's onnx package wrote as PyTorch exports them (models/encoders.test.py).
// DIF without sides is vanilla attention: with an encoder's own weights the spliced encoder must compute the same.
import { execFileSync } from 'node:child_process';
import { add, createGraph, gather, input, mul, tanh, type HostTensor } from '@difsr/graph';
import { describeOnnx, toOnnx } from '@difsr/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { AttentionError } from '../error.js';
import type { DifAttentionConfig } from '../kernel/config.js';
import { random, type Values } from '../values.test.support.js';
import { bertWeights, sasrecWeights } from './encoders.test.support.js';
import { spliceDifAttention, type SpliceDifAttentionOptions } from './splice.js';
import { difAttentionToOnnx } from './to-onnx.js';
import {
  bert,
  sasrec,
  plain,
  layers,
  run,
  ids,
  padding,
  floatsOf,
  difference,
  scaled,
  inBert,
} from './splice.test.support.js';

describe('spliced into an exported encoder, with its own weights and no sides,', () => {
  const feeds = { input_ids: ids(3, 7), attention_mask: padding(3, 7) };

  it.each([
    ['its integer padding mask', { valid: 'attention_mask' }],
    ['its own additive mask', { additive: '/Mul_output_0' }],
  ] as const)('DIF computes what BERT did, masked by %s', async (_, mask) => {
    let model = bert;
    for (const layer of layers) {
      model = spliceDifAttention(model, {
        config: plain,
        weights: bertWeights(bert, layer),
        ...inBert(layer),
        ...mask,
      });
    }
    const [before, after] = [await run(bert, feeds), await run(model, feeds)];
    expect(difference(before, after)).toBeLessThan(2e-5);
    // The logits differ between rows and columns, so that agreement means something.
    expect(new Set(Array.from(before.data, (value) => value.toFixed(3))).size).toBeGreaterThan(300);
  });

  it('DIF computes what SASRec did, between tensors [length, batch, width] and under a causal mask', async () => {
    let model = sasrec;
    for (const layer of layers) {
      model = spliceDifAttention(model, {
        config: { ...plain, causal: true },
        weights: sasrecWeights(sasrec, layer),
        replace: `/layer.${layer}/attention/out_proj/Add_output_0`,
        item: `/layer.${layer}/attention/Transpose_output_0`,
        layout: 'length-first',
      });
    }
    for (const [batch, length] of [
      [2, 9],
      [1, 1],
    ] as const) {
      const items = { items: ids(batch, length) };
      expect(difference(await run(sasrec, items), await run(model, items))).toBeLessThan(2e-5);
    }
  });

  it('drops the old attention and keeps inputs, outputs, opset and all other nodes', () => {
    const model = spliceDifAttention(bert, {
      config: plain,
      weights: bertWeights(bert, 0),
      ...inBert(0),
      valid: 'attention_mask',
    });
    const [before, after] = [describeOnnx(bert), describeOnnx(model)];
    expect(after.inputs).toEqual(before.inputs);
    expect(after.outputs).toEqual(before.outputs);
    expect(after.opsets).toEqual(before.opsets);
    const old = after.nodes.filter(({ name }) => !name.startsWith('dif/'));
    const kept = before.nodes.filter(({ name }) => !/^\/layer\.0\/attention\/(?!norm|Add_1$)/.test(name));
    expect(old).toEqual(kept);
    const initializers = after.initializers.map(({ name }) => name);
    expect(initializers.filter((name) => /layer\.0\.attention\.(query|key|value|output)/.test(name))).toEqual([]);
    expect(initializers).toContain('layer.1.attention.query.bias');
    expect(initializers).toContain('dif/query.weight');
  });

  it('the result is a valid model by the judgement of ONNX itself', (context) => {
    const python = '/usr/bin/python3';
    try {
      execFileSync(python, ['-c', 'import onnx'], { stdio: 'pipe' });
    } catch {
      context.skip(`${python} has no package "onnx" (Debian: apt-get install python3-onnx)`);
    }
    const config: DifAttentionConfig = { ...plain, fusion: 'gate', sides: [{ name: 'genre', width: 4 }], position: 4 };
    const model = spliceDifAttention(bert, { config, ...inBert(0), valid: 'attention_mask' });
    const check = 'import onnx, sys; onnx.checker.check_model(sys.stdin.buffer.read(), full_check=True)';
    execFileSync(python, ['-c', check], { input: model, stdio: 'pipe' });
    const broken = model.slice(0, model.length - 40);
    expect(() => execFileSync(python, ['-c', check], { input: broken, stdio: 'pipe' })).toThrow();
  });

  it('DIF with a side whose query is zero computes the same, with another it does not', async () => {
    const config = { ...plain, sides: [{ name: 'genre', width: 4 }] };
    const side = (scale: number): Values =>
      Object.fromEntries(
        ['query', 'key'].flatMap((name) => [
          [`${name}.side0.weight`, scaled(random(name, [4, 4], 1), name === 'query' ? scale : 1)],
          [`${name}.side0.bias`, scaled(random(name, [4], 2), name === 'query' ? scale : 1)],
        ]),
      );
    const outputs = [0, 1].map((scale) =>
      spliceDifAttention(bert, {
        config,
        weights: { ...bertWeights(bert, 0), ...side(scale) },
        ...inBert(0),
        valid: 'attention_mask',
        sides: { genre: { table: scaled(random('genre', [24, 4], 3), 1), ids: 'input_ids' } },
      }),
    );
    const before = await run(bert, feeds);
    const [same, other] = await Promise.all(outputs.map((model) => run(model, feeds)));
    if (same === undefined || other === undefined) throw new Error('no output');
    expect(difference(before, same)).toBeLessThan(2e-5);
    expect(difference(before, other)).toBeGreaterThan(0.01);
  });
});

describe('the sources of a spliced attention', () => {
  // Somebody's model: y = tanh(x / 2) + x / 2, of which tanh is to become attention. It also holds positions and genres.
  const item = mul(input('x', ['batch', 'length', 8]), 0.5);
  const genres = gather(input('genres', [24, 4]), input('ids', ['batch', 'length'], 'int32'));
  const host = (opset: number): Uint8Array =>
    toOnnx(
      createGraph({
        y: add(tanh(item), item),
        unchanged: mul(genres, 3),
        moved: mul(input('places', [1, 'length', 5]), 1.5),
      }),
      { target: 'export', opset, initializers: { genres: table } },
    );
  const table = scaled(random('genres', [24, 4], 9), 1);
  const named = (type: string): string =>
    describeOnnx(host(17)).nodes.find((node) => node.type === type)?.outputs[0] ?? '';
  const [batch, length] = [2, 5];
  const x = scaled(random('x', [batch, length, 8], 1), 1);
  const places = scaled(random('places', [1, length, 5], 2), 1);
  const valid: HostTensor = { ...padding(batch, length), dtype: 'bool' };
  const genre: HostTensor = {
    dtype: 'float32',
    shape: [batch, length, 4],
    data: Float32Array.from(
      Array.from(ids(batch, length).data).flatMap((id) => [...table.data.subarray(id * 4, id * 4 + 4)]),
    ),
  };

  const forms = (fusion: DifAttentionConfig['fusion']): [string, Partial<SpliceDifAttentionOptions>, Values][] => [
    ['new inputs', {}, { 'side.genre': genre, position: places }],
    ['new inputs with names', { sides: { genre: { input: 'g' } }, position: { input: 'p' } }, { g: genre, p: places }],
    ['tensors of the model', { sides: { genre: named('Gather') }, position: 'places' }, {}],
    [
      'tables in the model',
      {
        sides: { genre: { table, ids: 'ids' } },
        position: { table: Float32Array.of(...places.data, 0, 0, 0, 0, 0) },
      },
      {},
    ],
    [
      'a table by new ids',
      { sides: { genre: { table, ids: { input: 'g' } } }, position: { input: `p-${fusion}` } },
      { [`p-${fusion}`]: places },
    ],
  ];

  const config = { width: 8, heads: 2, maxLength: 6, sides: [{ name: 'genre', width: 4 }] };
  const into = { config, replace: named('Tanh'), item: named('Mul') };

  it('refuse ids that are no row of their table, below zero as well', async () => {
    const model = spliceDifAttention(host(17), { ...into, sides: { genre: { table, ids: { input: 'g' } } } });
    const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
    const floats = ({ data, shape }: HostTensor) => new Tensor('float32', Float32Array.from(data), shape);
    const rows = (first: number) =>
      new Tensor('int32', Int32Array.from(ids(batch, length).data).fill(first, 0, 1), [batch, length]);
    const given = { x: floats(x), places: floats(places), ids: rows(1) };
    await expect(session.run({ ...given, g: rows(23) })).resolves.toBeDefined();
    for (const wrong of [-1, -24, 24])
      await expect(session.run({ ...given, g: rows(wrong) })).rejects.toThrow(/out of data bounds/);
  });

  it.each<[object, RegExp]>([
    [{ vaild: 'ids' }, /no option "vaild"; its options are .*valid/],
    [{ sides: { genre: { table } } }, /needs the option "sides\.genre\.ids"/],
    [{ sides: { genre: { table, id: 'ids' } } }, /sides\.genre has no option "id"/],
    [{ sides: { genre: { inputs: 'g' } } }, /sides\.genre has no option "inputs"/],
    [{ valid: { input: 3 } }, /valid\.input is a text, got 3|valid is a text/],
    [{ layout: 'last' }, /layout is one of batch-first, length-first, got "last"/],
    [{ replace: undefined }, /needs the option "replace"/],
  ])('wrong options are named: %j', (wrong, message) => {
    // As callers without types write them.
    expect(() => spliceDifAttention(host(17), { ...into, ...wrong } as SpliceDifAttentionOptions)).toThrow(message);
    expect(() => spliceDifAttention(host(17), { ...into, ...wrong } as SpliceDifAttentionOptions)).toThrow(
      AttentionError,
    );
  });

  it.each(['sum', 'concat', 'gate'] as const)(
    'may be %s of inputs, tensors and tables: the result is one',
    async (fusion) => {
      const config = { width: 8, heads: 2, maxLength: 6, sides: [{ name: 'genre', width: 4 }], position: 5, fusion };
      const alone = await run(difAttentionToOnnx(config), {
        item: scaled(x, 0.5),
        'side.genre': genre,
        position: places,
        valid,
      });
      for (const [i, [, sources, own]] of forms(fusion).entries()) {
        const opset = [9, 11, 13, 17, 21][i] ?? 17;
        const model = spliceDifAttention(host(opset), {
          config,
          replace: named('Tanh'),
          item: named('Mul'),
          valid: { input: 'valid' },
          ...sources,
        });
        expect(describeOnnx(model).opsets).toEqual({ '': opset });
        const session = await InferenceSession.create(model);
        const feeds: Record<string, Tensor> = {
          x: new Tensor('float32', Float32Array.from(x.data), x.shape),
          ids: new Tensor('int32', Int32Array.from(ids(batch, length).data), [batch, length]),
          places: new Tensor('float32', Float32Array.from(places.data), places.shape),
          valid: new Tensor('bool', Uint8Array.from(valid.data), [batch, length]),
        };
        for (const [name, { shape, data }] of Object.entries(own))
          feeds[name] = new Tensor('float32', Float32Array.from(data), shape);
        if (session.inputNames.includes('g') && !('g' in own))
          feeds['g'] = new Tensor('int32', Int32Array.from(ids(batch, length).data), [batch, length]);
        expect(session.inputNames.toSorted()).toEqual(Object.keys(feeds).toSorted());
        const { y } = await session.run(feeds);
        await session.release();
        const expected = alone.data.map((value, at) => value + 0.5 * (x.data[at] ?? NaN));
        expect(difference({ dims: alone.dims, data: expected }, floatsOf(y))).toBeLessThan(1e-5);
      }
    },
  );
});
