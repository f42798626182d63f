// `import '@difsr/tfjs/register-kernels'` adds to tfjs's wasm device the kernels without which models of tf.layers do not
// train there: the gradient of embeddings and of convolutions, and einsum. Those that tfjs has by then are left alone.
import { getKernel, registerKernel } from '@tensorflow/tfjs-core';
import { convFilterGradient } from './wasm-kernels/conv-filter.js';
import { einsum } from './wasm-kernels/einsum.js';
import { unsortedSegmentSum } from './wasm-kernels/segment-sum.js';

for (const kernel of [unsortedSegmentSum, einsum, convFilterGradient]) {
  // The typings leave out that an absent kernel is undefined.
  const known: unknown = getKernel(kernel.kernelName, kernel.backendName);
  if (known === undefined) registerKernel(kernel);
}
