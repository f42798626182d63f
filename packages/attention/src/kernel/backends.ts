// The backend that a configuration names, imported when it is needed: nobody pays for those that are not.
import { isMissingPackage, MissingPackageError } from '@difsr/errors';
import { add, createGraph, input, type Backend } from '@difsr/graph';
import { AttentionError } from '../error.js';
import type { CompleteDifAttentionConfig } from './config.js';

type BackendName = CompleteDifAttentionConfig['backend'];

/** Imports within `try` tell bundlers that a package may be absent: without it, esbuild and webpack fail where only one is installed. */
function absent(error: unknown): never {
  throw error;
}

async function onnxruntime() {
  try {
    return await import('@difsr/onnxruntime');
  } catch (error) {
    return absent(error);
  }
}

async function tfjs() {
  try {
    return await import('@difsr/tfjs');
  } catch (error) {
    return absent(error);
  }
}

const loaders: { readonly [N in BackendName]: (config: CompleteDifAttentionConfig) => Promise<Backend> } = {
  reference: async () => (await import('./reference.js')).createReferenceBackend(),
  onnxruntime: async ({ device, threads, precision }) => {
    const { createOnnxRuntimeBackend, devices } = await onnxruntime();
    const backend = await createOnnxRuntimeBackend({
      ...(device === undefined ? {} : { device: known('onnxruntime', device, devices) }),
      ...(threads === undefined ? {} : { threads }),
      ...(precision === 'float32' ? {} : { precision }),
    });
    return device === undefined || device === 'cpu' ? backend : tried(backend);
  },
  tfjs: async ({ device }) => {
    const { createTfjsBackend, devices } = await tfjs();
    return createTfjsBackend(device === undefined ? {} : { device: known('tfjs', device, devices) });
  },
};

/** ONNX Runtime opens a device with its first program: one that does not work is told here, not at somebody's first call. */
async function tried(backend: Backend): Promise<Backend> {
  const x = input('x', [1]);
  try {
    const program = await backend.compile(createGraph({ y: add(x, x) }), { label: 'trial of the device' });
    await program.run({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } });
    await program.dispose();
    return backend;
  } catch (error) {
    await backend.dispose();
    throw error;
  }
}

function known<T extends string>(backend: BackendName, device: string, devices: readonly T[]): T {
  const found = devices.find((each) => each === device);
  if (found === undefined)
    throw new AttentionError(`device: ${backend} has no device "${device}"; it has ${devices.join(', ')}`);
  return found;
}

const installs: { readonly [N in Exclude<BackendName, 'reference'>]: string } = {
  onnxruntime: 'npm install @difsr/onnxruntime onnxruntime-node (in the browser: onnxruntime-web)',
  tfjs: 'npm install @difsr/tfjs @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm',
};

/** Opens the configured backend. @throws MissingPackageError where its package is missing, with the install that cures it. */
export async function openBackend(config: CompleteDifAttentionConfig): Promise<Backend> {
  const { backend } = config;
  if (backend === 'reference' && config.device !== undefined && config.device !== 'cpu')
    throw new AttentionError(`device: the backend "reference" runs on the cpu alone, not on "${config.device}"`);
  try {
    return await loaders[backend](config);
  } catch (error) {
    if (backend !== 'reference' && isMissingPackage(error, `@difsr/${backend}`))
      throw new MissingPackageError(`@difsr/${backend}`, installs[backend], `the backend "${backend}"`, error);
    throw error;
  }
}
