// An exported attention computes, in ONNX Runtime, what the float64 interpreter says of the definition; at every
// operator set, for every batch and length; and ONNX's own checker accepts it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGraph, evaluate, GraphError, input, type HostTensor } from '@difsr/graph';
import { initialValues, Scope } from '@difsr/nn';
import { describeOnnx } from '@difsr/onnx';
import { openModelFile } from '@difsr/onnxruntime';
import { describe, expect, it } from 'vitest';
import { declareDif, difAttention } from '../family.js';
import { AttentionError } from '../error.js';
import { parseConfig, type DifAttentionConfig } from '../kernel/config.js';
import { createDifAttention } from '../kernel/kernel.js';
import { attentionMask } from '../scores.js';
import { random } from '../values.test.support.js';
import { difAttentionToOnnx } from './to-onnx.js';

const base: DifAttentionConfig = {
  width: 8,
  heads: 2,
  maxLength: 6,
  sides: [
    { name: 'genre', width: 4 },
    { name: 'brand', width: 3 },
  ],
  position: 5,
};

type Values = Record<string, HostTensor>;

/** The definition, written out here once more, in float64. */
function expected(config: DifAttentionConfig, weights: Values, feeds: Values): Float64Array {
  const { width, heads, maxLength, sides, position, fusion, form, causal } = parseConfig(config);
  const scope = new Scope({ training: false });
  const shape = { width, heads, fusion, maxLength, sides: sides.map((side) => side.width), deviation: 1 };
  const declared = declareDif(scope, position === undefined ? shape : { ...shape, position });
  const length = feeds['item']?.shape[1] ?? 0;
  const valid = input('valid', ['batch', length], 'bool');
  const { output } = difAttention(
    input('item', ['batch', length, width]),
    {
      sides: sides.map((side) => input(`side.${side.name}`, ['batch', length, side.width])),
      ...(position === undefined ? {} : { position: input('position', [1, length, position]) }),
    },
    declared,
    { heads, form, mask: attentionMask(length, { valid, causal }) },
  );
  const { y } = evaluate(createGraph({ y: output }), { ...weights, ...feeds });
  if (!(y?.data instanceof Float64Array)) throw new Error('no result');
  return y.data;
}

function float32({ shape, data }: HostTensor): HostTensor {
  return { dtype: 'float32', shape, data: Float32Array.from(data) };
}

function weightsOf(config: DifAttentionConfig, seed: number): Values {
  const { width, heads, maxLength, sides, position, fusion } = parseConfig(config);
  const scope = new Scope({ training: false });
  const shape = { width, heads, fusion, maxLength, sides: sides.map((side) => side.width), deviation: 1 };
  declareDif(scope, position === undefined ? shape : { ...shape, position });
  return Object.fromEntries(
    scope.parameters.map(({ spec }) => [spec.name, float32(random(spec.name, spec.shape, seed))]),
  );
}

function feedsOf(config: DifAttentionConfig, batch: number, length: number, seed: number): Values {
  const { width, sides, position } = parseConfig(config);
  const valid = Uint8Array.from({ length: batch * length }, (_, i) => (i % length < length - (i % 3) ? 1 : 0));
  for (let row = 0; row < batch; row++) valid[row * length] = 1;
  return {
    item: float32(random('item', [batch, length, width], seed)),
    ...Object.fromEntries(
      sides.map((side) => [`side.${side.name}`, float32(random(side.name, [batch, length, side.width], seed))]),
    ),
    ...(position === undefined ? {} : { position: float32(random('position', [1, length, position], seed)) }),
    valid: { dtype: 'bool', shape: [batch, length], data: valid },
  };
}

function worst(got: HostTensor | undefined, want: Float64Array): number {
  if (got?.data.length !== want.length) return Infinity;
  return want.reduce((most, value, i) => Math.max(most, Math.abs(value - (got.data[i] ?? NaN))), 0);
}

const variants = [
  { fusion: 'sum', causal: true },
  { fusion: 'sum', causal: false },
  { fusion: 'concat', causal: true },
  { fusion: 'gate', causal: false },
  { fusion: 'gate', form: 'reference', causal: true },
  { fusion: 'sum', kernel: 'unfused', causal: true },
  { fusion: 'concat', kernel: 'unfused', causal: false },
] as const satisfies readonly Partial<DifAttentionConfig>[];

describe('difAttentionToOnnx', () => {
  it.each(variants)('computes the definition: $fusion, form $form, causal $causal, kernel $kernel', async (variant) => {
    const config = { ...base, ...variant };
    const weights = weightsOf(config, 1);
    const model = await openModelFile(difAttentionToOnnx(config, { weights }));
    const lengths = 'form' in variant ? [6] : [6, 3, 1];
    for (const length of lengths) {
      const feeds = feedsOf(config, 2, length, length);
      const { output } = await model.run(feeds);
      expect(output?.shape).toEqual([2, length, 8]);
      expect(worst(output, expected(config, weights, feeds))).toBeLessThan(1e-4);
    }
    await model.dispose();
  });

  it.each([9, 10, 11, 12, 13, 15, 18, 21, 26])('computes the same at opset %d', async (opset) => {
    for (const fusion of ['sum', 'concat', 'gate'] as const) {
      const config = { ...base, fusion };
      const weights = weightsOf(config, 2);
      const bytes = difAttentionToOnnx(config, { weights, opset });
      expect(describeOnnx(bytes).opsets).toEqual({ '': opset });
      const model = await openModelFile(bytes);
      const feeds = feedsOf(config, 3, 4, 7);
      const { output } = await model.run(feeds);
      expect(worst(output, expected(config, weights, feeds))).toBeLessThan(1e-4);
      await model.dispose();
    }
  });

  it('names inputs by the sources, leaves batch and length free, and reads each source', () => {
    const { inputs, outputs, nodes } = describeOnnx(difAttentionToOnnx(base));
    expect(inputs.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'item', type: 'float', shape: ['batch', 'length', 8] },
      { name: 'position', type: 'float', shape: [1, 'length', 5] },
      { name: 'side.brand', type: 'float', shape: ['batch', 'length', 3] },
      { name: 'side.genre', type: 'float', shape: ['batch', 'length', 4] },
      { name: 'valid', type: 'bool', shape: ['batch', 'length'] },
    ]);
    expect(outputs).toEqual([{ name: 'output', type: 'float', shape: ['batch', 'length', 8] }]);
    const read = new Set(nodes.flatMap((node) => node.inputs));
    expect(inputs.filter(({ name }) => !read.has(name))).toEqual([]);
  });

  it('draws the weights that createDifAttention draws from the same seed', async () => {
    const feeds = feedsOf(base, 2, 4, 3);
    const attention = await createDifAttention({ ...base, backend: 'reference' });
    const floats = (name: string): Float32Array => Float32Array.from(feeds[name]?.data ?? []);
    const other = await attention.forward({
      batch: 2,
      length: 4,
      item: floats('item'),
      sides: { genre: floats('side.genre'), brand: floats('side.brand') },
      position: floats('position'),
      valid: Uint8Array.from(feeds['valid']?.data ?? []),
    });
    await attention.dispose();
    const model = await openModelFile(difAttentionToOnnx(base));
    const { output } = await model.run(feeds);
    await model.dispose();
    expect(worst(output, Float64Array.from(other))).toBeLessThan(1e-5);
  });

  it('draws the same weights from the same seed, others from another', () => {
    expect(difAttentionToOnnx(base)).toEqual(difAttentionToOnnx({ ...base, seed: 1 }));
    expect(difAttentionToOnnx(base)).not.toEqual(difAttentionToOnnx({ ...base, seed: 2 }));
  });

  it('takes bare arrays as weights', async () => {
    const scope = new Scope({ training: false });
    declareDif(scope, { width: 8, heads: 2, maxLength: 6, sides: [4, 3], position: 5, fusion: 'sum', deviation: 0.02 });
    const initial = initialValues(
      scope.parameters.map(({ spec }) => spec),
      1,
    );
    const bare = Object.fromEntries(Object.entries(initial).map(([name, { data }]) => [name, Float32Array.from(data)]));
    expect(difAttentionToOnnx(base, { weights: bare })).toEqual(difAttentionToOnnx(base));
  });

  it('says which weights are missing, unknown or of another shape', () => {
    const weights: Record<string, HostTensor | Float32Array> = {
      ...weightsOf(base, 1),
      'key.side2.weight': new Float32Array(3),
    };
    delete weights['value.bias'];
    weights['query.weight'] = { dtype: 'float32', shape: [4, 8], data: new Float32Array(32) };
    weights['key.bias'] = new Float32Array(9);
    const attempt = (): unknown => difAttentionToOnnx(base, { weights });
    expect(attempt).toThrow(AttentionError);
    expect(attempt).toThrow(/query\.weight: float32 \[4, 8\], float32 \[8, 8\] is needed/);
    expect(attempt).toThrow(/key\.bias: 9 numbers, float32 \[8\] is needed/);
    expect(attempt).toThrow(/value\.bias: missing/);
    expect(attempt).toThrow(/key\.side2\.weight: there is no such weight/);
  });

  it('refuses options that it does not know', () => {
    const wrong = { weight: {} } as object; // as callers without types write
    expect(() => difAttentionToOnnx(base, wrong)).toThrow(/difAttentionToOnnx has no option "weight"; .*weights/);
    expect(() => difAttentionToOnnx(base, wrong)).toThrow(AttentionError);
  });

  it('refuses operator sets that it cannot write, and configurations that are not valid', () => {
    expect(() => difAttentionToOnnx(base, { opset: 8 })).toThrow(GraphError);
    expect(() => difAttentionToOnnx(base, { opset: 8 })).toThrow(/9 to 26/);
    expect(() => difAttentionToOnnx(base, { opset: 99 })).toThrow(/9 to 26/);
    expect(() => difAttentionToOnnx({ ...base, heads: 3 })).toThrow(AttentionError);
  });
});

const python = '/usr/bin/python3';
const checker =
  'import onnx, sys\nfor path in sys.argv[1:]: onnx.checker.check_model(onnx.load(path), full_check=True)';

it('is valid by the judgement of ONNX itself, at every opset that the checker knows', (context) => {
  try {
    execFileSync(python, ['-c', 'import onnx'], { stdio: 'pipe' });
  } catch {
    context.skip(`${python} has no package "onnx" (Debian: apt-get install python3-onnx)`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'difsr-dif-'));
  try {
    const files = variants.flatMap((variant) =>
      [9, 10, 11, 13, 15, 17].map((opset) => {
        const file = join(folder, `${Object.values(variant).join('-')}-${opset}.onnx`);
        writeFileSync(file, difAttentionToOnnx({ ...base, ...variant }, { opset }));
        return file;
      }),
    );
    execFileSync(python, ['-c', checker, ...files], { stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
