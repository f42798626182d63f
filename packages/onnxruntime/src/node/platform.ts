// ONNX Runtime in Node: onnxruntime-node, an optional peer, loaded when the first backend is made.
import { setting, text, type Text } from '@difsr/errors';
import { availableParallelism } from 'node:os';
import { MissingPackageError } from '@difsr/errors';
import { importOptional, type OptionalPackages } from '@difsr/errors/packages';
import { BackendError } from '@difsr/graph';
import { devices, type Device, type Settings } from '../devices.js';
import { tensorMaker } from '../host.js';
import type { Platform, Runtime } from '../runtime.js';
import { nodeTracer } from './tracer.js';

const CPU = setting('device', 'cpu');

const cures: { readonly [D in Device]: Text } = {
  cpu: 'reinstall onnxruntime-node; its CPU library is part of the npm package',
  cuda: text`CUDA needs Linux x64, an NVIDIA driver, CUDA 12 and cuDNN 9 on the library path, and the CUDA files that npm packages do not hold: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node (it downloads them from nuget.org). Or use ${CPU}`,
  webgpu: text`WebGPU needs a GPU with a Vulkan driver (Linux: libvulkan1 and the vendor's driver), Metal (macOS) or Direct3D 12 (Windows). Or use ${CPU}`,
};

/** How to make a device work. */
export function deviceCure(device: Device): Text {
  return cures[device];
}

const providers: { readonly [D in Device]: readonly string[] } = {
  cpu: ['cpu'],
  cuda: ['cuda', 'cpu'],
  webgpu: ['webgpu', 'cpu'],
};

/** Node. */
export const nodePlatform: Platform = {
  devices,
  threads: availableParallelism(),
  cure: deviceCure,
  tracer: nodeTracer,
  load: loadNodeRuntime,
};

/**
 * On Linux x64 the install script of onnxruntime-node downloads CUDA's files, and npm leaves the package out where that fails: plain
 * `npm install` would fail again.
 */
const INSTALL = process.platform === 'linux' && process.arch === 'x64' ? 'ONNXRUNTIME_NODE_INSTALL=skip ' : '';

const RUNTIME: OptionalPackages = {
  packages: ['onnxruntime-node'],
  use: 'the backend onnxruntime',
  from: import.meta.url,
  install: (names) => `${INSTALL}npm install ${names}`,
};

/** Whether onnxruntime-node is installed, without loading it. @throws MissingPackageError */
export async function needRuntime(): Promise<void> {
  await importOptional(async () => Promise.resolve(import.meta.resolve('onnxruntime-node')), RUNTIME);
}

async function loadNodeRuntime(): Promise<Runtime> {
  const ort = await importOptional(() => import('onnxruntime-node'), RUNTIME).catch((error: unknown) => {
    if (error instanceof MissingPackageError) throw error;
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new BackendError(
      { what: `the npm package onnxruntime-node cannot be loaded here: ${reason}`, cure: cures.cpu },
      { cause: error },
    );
  });
  return {
    writesInPlace: true,
    tensor: tensorMaker(ort.Tensor),
    createSession: (bytes: Uint8Array, settings: Settings) => {
      // Must precede the first session: it silences notes on standard error that are no concern of the user.
      ort.env.logLevel = settings.logLevel;
      return ort.InferenceSession.create(bytes, {
        executionProviders: [...providers[settings.device]],
        intraOpNumThreads: settings.threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // Plans made per shape cost memory where shapes change and save no time.
        enableMemPattern: false,
      });
    },
  };
}
