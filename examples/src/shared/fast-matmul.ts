// tfjs-backend-wasm multiplies matrices several times slower where an operand is to be transposed, and every gradient of a
// product has such an operand. This kernel transposes first; it changes speed alone, of any model.
import * as tf from '@tensorflow/tfjs-core';

/** Replaces the product kernel of the wasm device; before the first use. */
export function installFastMatMul(): void {
  const plain = tf.getKernel('BatchMatMul', 'wasm');
  const transpose = tf.getKernel('Transpose', 'wasm');
  if (plain === undefined || transpose === undefined) return;
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    ...plain,
    kernelFunc: ({ inputs, attrs = {}, backend }) => {
      const { a, b } = inputs;
      const [transposeA, transposeB] = [attrs['transposeA'] === true, attrs['transposeB'] === true];
      // Batches of small products are as fast either way.
      if (a === undefined || b === undefined || a.shape.length > 2 || b.shape.length > 2 || !(transposeA || transposeB))
        return plain.kernelFunc({ inputs, attrs, backend });
      const flip = (x: tf.TensorInfo): tf.TensorInfo => {
        const [out] = [transpose.kernelFunc({ inputs: { x }, attrs: { perm: [1, 0] }, backend })].flat();
        if (out === undefined) throw new Error('Transpose gave nothing');
        return out;
      };
      const own = { a: transposeA ? flip(a) : a, b: transposeB ? flip(b) : b };
      const out = plain.kernelFunc({ inputs: own, attrs: { transposeA: false, transposeB: false }, backend });
      if (transposeA) tf.backend().disposeData(own.a.dataId);
      if (transposeB) tf.backend().disposeData(own.b.dataId);
      return out;
    },
  });
}
