// What a tfjs program in Node needs before its first tensor: a device, and tfjs's gradients. Importing tfjs-layers registers
// the gradients (`@tensorflow/tfjs` would do the same); register-kernels adds to wasm what the gradient of an embedding needs.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@difsr/tfjs/register-kernels';
import { installFastMatMul } from './fast-matmul.js';

/** Makes a device ready: `wasm` for speed (one thread, SIMD), `cpu` where it must run anywhere. */
export async function setUp(device: 'wasm' | 'cpu' = 'wasm'): Promise<void> {
  await tf.setBackend(device);
  await tf.ready();
  if (device === 'wasm') installFastMatMul();
}
