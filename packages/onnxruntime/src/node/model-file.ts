// ONNX files in Node.
import { completeOptions, type OnnxRuntimeOptions } from '../devices.js';
import { openModel, type ModelFile } from '../model-file.js';
import { nodePlatform } from './platform.js';

/**
 * Loads the bytes of an ONNX model into ONNX Runtime.
 *
 * @throws BackendError where ONNX Runtime refuses the model or an output is of a type that host tensors do not have.
 * @example
 * ```ts
 * const model = await openModelFile(readFileSync('model.onnx'));
 * const { scores } = await model.run({ items: { dtype: 'int32', shape: [1, 2], data: Int32Array.of(3, 5) } });
 * ```
 */
export async function openModelFile(bytes: Uint8Array, options: OnnxRuntimeOptions = {}): Promise<ModelFile> {
  return openModel(bytes, completeOptions(options, nodePlatform), nodePlatform);
}
