// The kernel on typed arrays: every backend gives the definition's numbers, fused or not, tabulated or not.
import { readFileSync } from 'node:fs';
import { probeDevices } from '@difsr/onnxruntime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttentionError, createDifAttention, parseConfig, sumLayout, type DifAttentionConfig } from '../index.js';
import type { AttentionInputs } from './arrays.js';

/** Repeatable numbers in [-1, 1). */
function noise(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453) % 1);
}

const shape = {
  width: 8,
  heads: 2,
  maxLength: 6,
  sides: [
    { name: 'genre', width: 4 },
    { name: 'brand', width: 5 },
  ],
  position: 8,
} as const;

function inputsOf(
  config: DifAttentionConfig,
  batch: number,
  length: number,
  options: { valid?: boolean } = {},
): AttentionInputs {
  return {
    batch,
    length,
    item: noise(batch * length * config.width, 1),
    sides: Object.fromEntries(
      (config.sides ?? []).map(({ name, width }, i) => [name, noise(batch * length * width, 2 + i)]),
    ),
    ...(config.position === undefined ? {} : { position: noise(length * config.position, 9) }),
    ...(options.valid
      ? { valid: Uint8Array.from({ length: batch * length }, (_, i) => ((i % length) + (i % 3) < length - 1 ? 1 : 0)) }
      : {}),
  };
}

async function forward(
  config: DifAttentionConfig,
  inputs: AttentionInputs,
  weights: Record<string, Float32Array>,
): Promise<Float32Array> {
  const attention = await createDifAttention(config, { weights });
  try {
    return await attention.forward(inputs);
  } finally {
    await attention.dispose();
  }
}

function close(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs((got[i] ?? Number.NaN) - (expected[i] ?? Number.NaN))).toBeLessThanOrEqual(
      tolerance * (1 + Math.abs(expected[i] ?? 0)),
    );
}

/** Larger weights than initial ones, biases among them: scores that differ. */
async function weightsOf(config: DifAttentionConfig): Promise<Record<string, Float32Array>> {
  const attention = await createDifAttention({ ...config, backend: 'reference' });
  const weights = await attention.readWeights();
  await attention.dispose();
  return Object.fromEntries(
    Object.entries(weights).map(([name, { length }], i) => [name, noise(length, i).map((x) => 0.7 * x)]),
  );
}

const fusions = ['sum', 'concat', 'gate'] as const;
const backends = [
  { backend: 'onnxruntime', device: 'cpu', threads: 1 },
  { backend: 'tfjs', device: 'wasm' },
  { backend: 'tfjs', device: 'cpu' },
] as const;

describe.each(fusions)('%s', (fusion) => {
  it.each([true, false])('the fused kernel is the definition (causal: %s)', async (causal) => {
    const config = { ...shape, fusion, causal, backend: 'reference' } as const;
    const weights = await weightsOf(config);
    for (const valid of [false, true]) {
      for (const length of [1, 4, 6]) {
        const inputs = inputsOf(config, 3, length, { valid });
        const expected = await forward({ ...config, kernel: 'unfused' }, inputs, weights);
        close(await forward({ ...config, kernel: 'fused' }, inputs, weights), expected, 1e-6);
      }
    }
  });

  it('the published form too, at its one length', async () => {
    const config = { ...shape, fusion, form: 'reference', backend: 'reference' } as const;
    const weights = await weightsOf(config);
    const inputs = inputsOf(config, 2, 6, { valid: true });
    const expected = await forward({ ...config, kernel: 'unfused' }, inputs, weights);
    close(await forward({ ...config, kernel: 'fused' }, inputs, weights), expected, 1e-6);
  });

  it('tables give what their rows give', async () => {
    const config = { ...shape, fusion, backend: 'reference' } as const;
    const weights = await weightsOf(config);
    const attention = await createDifAttention(config, { weights });
    const tables = { sides: { genre: noise(7 * 4, 3), brand: noise(7 * 5, 4) }, position: noise(10 * 8, 5) };
    const serving = await attention.tabulate(tables);
    for (const length of [2, 6]) {
      const items = Int32Array.from({ length: 3 * length }, (_, i) => (i * 5) % 7);
      const rows = (table: Float32Array, width: number): Float32Array =>
        Float32Array.from([...items].flatMap((id) => [...table.subarray(id * width, (id + 1) * width)]));
      const item = noise(3 * length * 8, 6);
      const valid = Uint8Array.from(items, (id) => (id === 0 ? 0 : 1));
      for (const mask of [{}, { valid }]) {
        const expected = await attention.forward({
          batch: 3,
          length,
          item,
          sides: { genre: rows(tables.sides.genre, 4), brand: rows(tables.sides.brand, 5) },
          position: tables.position.subarray(0, length * 8),
          ...mask,
        });
        close(await serving.forward({ batch: 3, length, item, items, ...mask }), expected, 1e-6);
      }
    }
    await attention.dispose();
  });

  it.each(backends)('$backend on $device agrees with the reference within 1e-4, gradients included', async (where) => {
    const config = { ...shape, fusion };
    const weights = await weightsOf(config);
    const inputs = inputsOf(config, 3, 5, { valid: true });
    const cotangent = noise(3 * 5 * 8, 20);
    const exact = await createDifAttention({ ...config, backend: 'reference' }, { weights });
    const attention = await createDifAttention({ ...config, ...where }, { weights });
    const expected = await exact.gradient(inputs, cotangent);
    close(await attention.forward(inputs), expected.output, 1e-4);
    const { output, gradients } = await attention.gradient(inputs, cotangent);
    close(output, expected.output, 1e-4);
    close(gradients.item, expected.gradients.item, 1e-4);
    close(gradients.position ?? [], expected.gradients.position ?? [0], 1e-4);
    for (const [name, values] of Object.entries(expected.gradients.sides))
      close(gradients.sides[name] ?? [], values, 1e-4);
    for (const [name, values] of Object.entries(expected.gradients.weights))
      close(gradients.weights[name] ?? [], values, 1e-4);
    await Promise.all([exact.dispose(), attention.dispose()]);
  });
});

it.each([...backends, { backend: 'reference' } as const])(
  '$backend takes any byte of "valid" but 0 as an item: forward, gradient and tables',
  async (where) => {
    const attention = await createDifAttention({ ...shape, ...where });
    const inputs = inputsOf(shape, 2, 3);
    const tables = await attention.tabulate({
      sides: { genre: noise(16, 5), brand: noise(20, 6) },
      position: noise(48, 7),
    });
    const answers = async (valid: Uint8Array): Promise<readonly Float32Array[]> => {
      const { output, gradients } = await attention.gradient({ ...inputs, valid });
      const ids = { batch: 2, length: 3, item: inputs.item, items: Int32Array.of(1, 2, 0, 3, 0, 0), valid };
      return [
        await attention.forward({ ...inputs, valid }),
        output,
        gradients.item,
        gradients.sides['brand'] ?? new Float32Array(),
        await tables.forward(ids),
      ];
    };
    const expected = await answers(Uint8Array.of(1, 1, 0, 1, 0, 0));
    expect(await answers(Uint8Array.of(2, 255, 0, 128, 0, 0))).toEqual(expected);
    await attention.dispose();
  },
);

it('any shape: fused is the definition', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        heads: fc.integer({ min: 1, max: 3 }),
        head: fc.integer({ min: 1, max: 4 }),
        sides: fc.array(fc.integer({ min: 3, max: 9 }), { maxLength: 3 }),
        position: fc.option(fc.integer({ min: 3, max: 8 }), { nil: undefined }),
        fusion: fc.constantFrom(...fusions),
        causal: fc.boolean(),
        maxLength: fc.integer({ min: 1, max: 7 }),
        batch: fc.integer({ min: 1, max: 3 }),
        valid: fc.boolean(),
      }),
      async ({ heads, head, sides, position, batch, valid, ...rest }) => {
        const config = {
          ...rest,
          heads,
          width: heads * head,
          position,
          sides: sides.map((width, i) => ({ name: `s${i}`, width })),
          backend: 'reference',
        } as const;
        const weights = await weightsOf(config);
        const inputs = inputsOf(config, batch, config.maxLength, { valid });
        const expected = await forward({ ...config, kernel: 'unfused' }, inputs, weights);
        close(await forward({ ...config, kernel: 'fused' }, inputs, weights), expected, 1e-5);
      },
    ),
    { numRuns: 60 },
  );
});

it('both layouts of sum are the definition', async () => {
  const config = { ...shape, backend: 'reference' } as const;
  const weights = await weightsOf(config);
  const inputs = inputsOf(config, 50, 6, { valid: true });
  const expected = await forward({ ...config, kernel: 'unfused' }, inputs, weights);
  close(await forward(config, inputs, weights), expected, 1e-6);
  expect(sumLayout({ batch: 1, length: 6, heads: 2, width: 8, sides: [4, 5] })).toBe('concatenated');
  expect(sumLayout({ batch: 50, length: 6, heads: 2, width: 8, sides: [4, 5] })).toBe('concatenated');
  expect(sumLayout({ batch: 128, length: 50, heads: 2, width: 64, sides: [64] })).toBe('added');
  expect(sumLayout({ batch: 128, length: 200, heads: 2, width: 64, sides: [64] })).toBe('concatenated');
  const wide = {
    width: 32,
    heads: 1,
    maxLength: 6,
    sides: [{ name: 'genre', width: 8 }],
    backend: 'reference',
  } as const;
  const wideWeights = await weightsOf(wide);
  const many = inputsOf(wide, 50, 6);
  expect(sumLayout({ batch: 50, length: 6, heads: 1, width: 32, sides: [8] })).toBe('added');
  close(await forward(wide, many, wideWeights), await forward({ ...wide, kernel: 'unfused' }, many, wideWeights), 1e-6);
});

it('positions alone can be tabulated', async () => {
  const config = { width: 8, heads: 2, maxLength: 6, position: 8, backend: 'reference' } as const;
  const attention = await createDifAttention(config, { weights: await weightsOf(config) });
  const position = noise(6 * 8, 5);
  const serving = await attention.tabulate({ position });
  const item = noise(2 * 4 * 8, 6);
  const expected = await attention.forward({ batch: 2, length: 4, item, position: position.subarray(0, 32) });
  close(await serving.forward({ batch: 2, length: 4, item, items: new Int32Array(8) }), expected, 1e-6);
  await attention.dispose();
});

describe('the kernel', () => {
  it('reads and writes weights, and every program follows', async () => {
    const attention = await createDifAttention({ ...shape, backend: 'reference' });
    const inputs = inputsOf(shape, 2, 4);
    const before = await attention.forward(inputs);
    await attention.writeWeights({ 'query.weight': noise(64, 5), 'output.bias': new Float32Array(8).fill(2) });
    const after = await attention.forward(inputs);
    expect(after).not.toEqual(before);
    const again = await createDifAttention(
      { ...shape, backend: 'reference' },
      { weights: await attention.readWeights() },
    );
    expect(await again.forward(inputs)).toEqual(after);
    await Promise.all([attention.dispose(), again.dispose()]);
  });

  it('draws the same initial weights from the same seed', async () => {
    const weights = async (seed: number): Promise<unknown> => {
      const attention = await createDifAttention({ ...shape, seed, backend: 'reference' });
      return attention.readWeights();
    };
    expect(await weights(3)).toEqual(await weights(3));
    expect(await weights(3)).not.toEqual(await weights(4));
  });

  const wrong: [string, (good: AttentionInputs) => object, RegExp][] = [
    ['a length over the maximum', (good) => ({ ...good, length: 7 }), /length: 7 is more than maxLength 6/],
    [
      'an array of the wrong size',
      (good) => ({ ...good, item: new Float32Array(3) }),
      /item: 3 numbers, \[2, 4, 8\] takes 64/,
    ],
    ['an array of another type', (good) => ({ ...good, item: [1, 2] }), /item: must be a Float32Array, got Array/],
    ['a side source that is missing', (good) => ({ ...good, sides: {} }), /sides.genre is missing/],
    [
      'a side source that is unknown',
      (good) => ({ ...good, sides: { ...good.sides, shop: new Float32Array(1) } }),
      /sides.shop: there is no such side source; there are genre, brand/,
    ],
    ['positions that are missing', (good) => ({ ...good, position: undefined }), /position is missing/],
    [
      'a misspelt input',
      (good) => ({ ...good, vaild: new Uint8Array(8) }),
      /no option "vaild"; its options are .*valid/,
    ],
    ['an input of tables alone', (good) => ({ ...good, items: new Int32Array(8) }), /no option "items"/],
    ['sides that are a list', (good) => ({ ...good, sides: [new Float32Array(1)] }), /sides is an object, got a list/],
    ['an item that is missing', ({ item: _, ...rest }) => rest, /needs the option "item"/],
    ['a mask of another type', (good) => ({ ...good, valid: [1, 0] }), /valid: must be a Uint8Array/],
    ['an empty batch', (good) => ({ ...good, batch: 0 }), /batch: must be a whole number from 1, got 0/],
  ];
  it.each(wrong)('names %s', async (_, spoil, message) => {
    const attention = await createDifAttention({ ...shape, backend: 'reference' });
    const inputs = spoil(inputsOf(shape, 2, 4)) as AttentionInputs; // wrong on purpose, as a caller without types may be
    await expect(attention.forward(inputs)).rejects.toThrow(AttentionError);
    await expect(attention.forward(inputs)).rejects.toThrow(message);
    await attention.dispose();
  });

  it('names options and inputs of tables that it does not know, and weights that are none', async () => {
    const config = { ...shape, backend: 'reference' } as const;
    // Wrong on purpose, as callers without types may be.
    const make = (options: object) => createDifAttention(config, options);
    await expect(make({ weigths: {} })).rejects.toThrow(/createDifAttention has no option "weigths"; .*weights/);
    await expect(make({ weights: { 'query.weight': [1, 2] } })).rejects.toThrow(/query\.weight: no Float32Array/);
    const attention = await createDifAttention(config);
    const tables = { sides: { genre: noise(7 * 4, 3), brand: noise(7 * 5, 4) }, position: noise(6 * 8, 5) };
    await expect(attention.tabulate({ ...tables, side: {} } as object)).rejects.toThrow(
      /tabulate has no option "side"/,
    );
    const serving = await attention.tabulate(tables);
    const inputs = { batch: 1, length: 2, item: new Float32Array(16), items: Int32Array.of(3, 4) };
    await expect(serving.forward({ ...inputs, vaild: Uint8Array.of(1, 0) } as typeof inputs)).rejects.toThrow(
      /"vaild"/,
    );
    await attention.dispose();
  });

  it('takes a configuration that names its schema for editors', () => {
    const $schema = 'node_modules/@difsr/attention/config.schema.json';
    expect(parseConfig({ $schema, width: 8, heads: 2, maxLength: 5 }).width).toBe(8);
  });

  it('names weights and ids that do not fit', async () => {
    await expect(
      createDifAttention({ ...shape, backend: 'reference' }, { weights: { 'query.weigth': new Float32Array(64) } }),
    ).rejects.toThrow(
      /query.weight: missing, \[8, 8\] is needed(.|\n)*query.weigth: there is no such weight; there are query.weight/,
    );
    const attention = await createDifAttention({ ...shape, backend: 'reference' });
    const tables = { sides: { genre: noise(7 * 4, 3), brand: noise(7 * 5, 4) }, position: noise(6 * 8, 5) };
    const serving = await attention.tabulate(tables);
    await expect(
      serving.forward({ batch: 1, length: 2, item: new Float32Array(16), items: Int32Array.of(3, 7) }),
    ).rejects.toThrow(/items\[1\]: 7 is no row of the tables \(0..6\)/);
    await expect(attention.tabulate({ ...tables, position: noise(5 * 8, 5) })).rejects.toThrow(
      /position: 5 rows for sequences of up to 6/,
    );
    await attention.dispose();
  });

  it('names what is wrong with a configuration, all of it at once', async () => {
    const config = { width: 64, heads: 2.5, fusion: 'max', side: [] };
    await expect(createDifAttention(config as never)).rejects.toThrow(
      /heads: must be a whole number, got 2.5\n.*maxLength: must be a whole number, it is missing\n.*fusion: must be "sum" or "concat" or "gate", got "max"\n.*unknown "side"/s,
    );
    await expect(createDifAttention({ width: 10, heads: 4, maxLength: 5 })).rejects.toThrow(
      /heads: 4 heads do not divide width 10: use 1, 2, 5, 10/,
    );
    await expect(createDifAttention({ width: 8, heads: 2, maxLength: 5, device: 'tpu' })).rejects.toThrow(
      /onnxruntime has no device "tpu"; it has .*cpu/,
    );
  });

  it('says at once that a device does not work, with the cure', async ({ skip }) => {
    const [cuda] = await probeDevices(['cuda']);
    skip(cuda?.works === true, 'CUDA works here');
    const config = { width: 8, heads: 2, maxLength: 5, backend: 'onnxruntime', device: 'cuda' } as const;
    await expect(createDifAttention(config)).rejects.toThrow(
      /device "cuda" cannot be used[^]*cure: .*Or use device: 'cpu'/,
    );
  });

  it('has a published schema that is up to date', async () => {
    const path = '../../scripts/config-schema.mjs';
    const { schemaText } = (await import(/* @vite-ignore */ path)) as { schemaText: () => string };
    const published = readFileSync(new URL('../../config.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(published)).toEqual(JSON.parse(schemaText()));
  });
});
