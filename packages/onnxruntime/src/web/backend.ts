// The functions of the Node entry, for browsers.
import { BackendError, type Backend } from '@difsr/graph';
import { OrtBackend } from '../backend.js';
import { completeOptions, type Device, type OnnxRuntimeOptions } from '../devices.js';
import { measure, problemOf, reportDevices, type DeviceReport, type ProbeAnswer } from '../measure.js';
import { openModel, type ModelFile } from '../model-file.js';
import { webCure, webPlatform } from './platform.js';

/**
 * A backend on onnxruntime-web. `cpu` is WebAssembly, whose runs block the calling thread (make the backend in a Web
 * Worker where that matters); `webgpu` needs a browser that has WebGPU.
 *
 * @throws BackendError for options that are out of range, MissingPackageError where onnxruntime-web is not installed; a device that cannot
 * be used shows at the first `compile`. Messages name the cure.
 * @example
 * ```ts
 * const backend = await createOnnxRuntimeBackend({ device: 'webgpu', wasmPaths: '/ort/' });
 * const program = await backend.compile(createGraph({ y: mul(input('x', ['n']), 2) }));
 * const { y } = await program.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
 * await backend.dispose();
 * ```
 */
export async function createOnnxRuntimeBackend(options: OnnxRuntimeOptions = {}): Promise<Backend> {
  return OrtBackend.open(completeOptions(options, webPlatform), webPlatform);
}

/** Exists in Node alone. @throws BackendError always, with what to do instead. */
export async function createWorkerBackend(options: OnnxRuntimeOptions = {}): Promise<Backend> {
  completeOptions(options, webPlatform);
  return Promise.reject(
    new BackendError({
      what: 'createWorkerBackend starts a worker thread of Node, which browsers do not have',
      cure: 'call createOnnxRuntimeBackend, inside a Web Worker of your own if the page must stay free',
    }),
  );
}

/**
 * Loads the bytes of an ONNX model into ONNX Runtime.
 *
 * @throws BackendError where ONNX Runtime refuses the model or an output is of a type that host tensors do not have.
 */
export async function openModelFile(bytes: Uint8Array, options: OnnxRuntimeOptions = {}): Promise<ModelFile> {
  return openModel(bytes, completeOptions(options, webPlatform), webPlatform);
}

/**
 * Runs a small graph and a large product on devices of the browser. The first report is the fastest device that
 * works; those that do not work stand at the end.
 *
 * @param some devices to try; all of them by default
 */
export async function probeDevices(some: readonly Device[] = webPlatform.devices): Promise<DeviceReport[]> {
  return reportDevices(probe, webCure, some);
}

async function probe(device: Device): Promise<ProbeAnswer> {
  try {
    const backend = await createOnnxRuntimeBackend({ device });
    return await measure(backend).finally(() => backend.dispose());
  } catch (error) {
    return problemOf(error);
  }
}
