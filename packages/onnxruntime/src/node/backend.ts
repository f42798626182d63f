// The in-thread backend of Node.
import type { Backend } from '@difsr/graph';
import { OrtBackend } from '../backend.js';
import { completeOptions, type OnnxRuntimeOptions } from '../devices.js';
import { nodePlatform } from './platform.js';

/**
 * A backend whose sessions run in the calling thread (each run blocks it; `createWorkerBackend` does not).
 *
 * @throws BackendError for options that are out of range, MissingPackageError where onnxruntime-node is not installed; a device that
 * cannot be used shows at the first `compile`. Messages name the cure.
 * @example
 * ```ts
 * const backend = await createOnnxRuntimeBackend({ device: 'cpu', threads: 2 });
 * const program = await backend.compile(createGraph({ y: mul(input('x', ['n']), 2) }));
 * const { y } = await program.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
 * await backend.dispose();
 * ```
 */
export async function createOnnxRuntimeBackend(options: OnnxRuntimeOptions = {}): Promise<Backend> {
  return OrtBackend.open(completeOptions(options, nodePlatform), nodePlatform);
}
