// The devices of this backend, its options, and what to do when a device is missing.
import { availableParallelism } from 'node:os';
import { BackendError } from '@difsr/graph';

/** What sessions run on. */
export type Device = 'cpu' | 'cuda' | 'webgpu';

/** All devices. */
export const devices: readonly Device[] = ['cuda', 'webgpu', 'cpu'];

/** Options of the backend; all have defaults. */
export interface OnnxRuntimeOptions {
  /** Default `cpu`. */
  readonly device?: Device;
  /** Threads within an operator; default: as many as the machine runs at once. Results differ in the last bits between thread counts. */
  readonly threads?: number;
  /** What ONNX Runtime itself writes to standard error; default `fatal`. */
  readonly logLevel?: 'verbose' | 'info' | 'warning' | 'error' | 'fatal';
}

/** Options with their defaults. @throws BackendError for an unknown device or a thread count that is none. */
export function completeOptions(options: OnnxRuntimeOptions): Required<OnnxRuntimeOptions> {
  const { device = 'cpu', threads = availableParallelism(), logLevel = 'fatal' } = options;
  if (!devices.includes(device))
    throw new BackendError(`there is no device "${String(device)}" in onnxruntime; devices are ${devices.join(', ')}`);
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024)
    throw new BackendError(`threads is a whole number in 1..1024, got ${threads}: leave it out to use every core`);
  return { device, threads, logLevel };
}

const cures: { readonly [D in Device]: string } = {
  cpu: 'Cure: reinstall onnxruntime-node; its CPU library is part of the npm package.',
  cuda:
    'Cure: CUDA needs Linux x64, an NVIDIA driver, CUDA 12 and cuDNN 9 on the library path, and the CUDA files that ' +
    'npm packages do not hold: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node (it downloads them from nuget.org). Or use --device cpu.',
  webgpu:
    "Cure: WebGPU needs a GPU with a Vulkan driver (Linux: libvulkan1 and the vendor's driver), Metal (macOS) or Direct3D 12 (Windows). Or use --device cpu.",
};

/** A sentence on how to make a device work. */
export function deviceCure(device: Device): string {
  return cures[device];
}
