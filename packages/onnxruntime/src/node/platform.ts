// ONNX Runtime in Node: onnxruntime-node, an optional peer, loaded when the first backend is made.
import { availableParallelism } from 'node:os';
import { BackendError } from '@difsr/graph';
import { devices, type Device, type Settings } from '../devices.js';
import { tensorMaker } from '../host.js';
import type { Platform, Runtime } from '../runtime.js';
import { nodeTracer } from './tracer.js';

const cures: { readonly [D in Device]: string } = {
  cpu: 'Cure: reinstall onnxruntime-node; its CPU library is part of the npm package.',
  cuda:
    'Cure: CUDA needs Linux x64, an NVIDIA driver, CUDA 12 and cuDNN 9 on the library path, and the CUDA files that ' +
    'npm packages do not hold: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node (it downloads them from nuget.org). Or use the device cpu.',
  webgpu:
    "Cure: WebGPU needs a GPU with a Vulkan driver (Linux: libvulkan1 and the vendor's driver), Metal (macOS) or Direct3D 12 (Windows). Or use the device cpu.",
};

/** A sentence on how to make a device work. */
export function deviceCure(device: Device): string {
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

async function loadNodeRuntime(): Promise<Runtime> {
  const ort = await import('onnxruntime-node').catch((error: unknown) => {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new BackendError(
      `the backend onnxruntime needs the npm package onnxruntime-node, which cannot be loaded: ${reason}. ` +
        'Cure: npm install onnxruntime-node',
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
