// DIF attention as an .onnx file: written once, run by ONNX Runtime here, or in Python, C++, Java, on a phone.
//
//   node dist/onnx/export.js attention.onnx
import { writeFileSync } from 'node:fs';
import { difAttentionToOnnx } from '@difsr/attention/onnxruntime';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** What the attention is: two side sources beside items of width 32. Weights are drawn from the seed, as none are given. */
export const config = {
  width: 32,
  heads: 4,
  maxLength: 50,
  sides: [
    { name: 'genre', width: 8 },
    { name: 'rating', width: 4 },
  ],
  fusion: 'gate',
  seed: 7,
} as const;

/** Runs the file's bytes on three sequences of five items, and gives the output's shape and numbers. */
export async function attend(
  bytes: Uint8Array,
): Promise<{ readonly shape: readonly number[]; readonly data: Float32Array }> {
  const [batch, length] = [3, 5];
  const session = await InferenceSession.create(bytes);
  const vectors = (width: number): Tensor =>
    new Tensor(
      'float32',
      Float32Array.from({ length: batch * length * width }, (_, i) => Math.sin(i)),
      [batch, length, width],
    );
  const { output } = await session.run({
    item: vectors(config.width),
    'side.genre': vectors(8),
    'side.rating': vectors(4),
    valid: new Tensor('bool', new Uint8Array(batch * length).fill(1), [batch, length]), // nothing is padding
  });
  await session.release();
  if (!(output?.data instanceof Float32Array)) throw new Error('the model gave no floats');
  return { shape: output.dims, data: output.data };
}

const [, script, file] = process.argv;
if (script?.endsWith('onnx/export.js') && file !== undefined) {
  const bytes = difAttentionToOnnx(config);
  writeFileSync(file, bytes);
  const { shape } = await attend(bytes);
  console.log(`${file}: ${bytes.length} bytes, output [${shape.join(', ')}]`);
}
