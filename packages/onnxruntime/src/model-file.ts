// Runs any ONNX file, such as an exported model: the way to check that a file computes what its backend computes.
import { BackendError, GraphError, type DType, type HostTensor } from '@difsr/graph';
import { hostArray } from '@difsr/graph/backend-parts';
import type { Settings } from './devices.js';
import { hostTensor } from './host.js';
import type { OrtTensor, Platform } from './runtime.js';
import { createSession } from './session.js';

/** An ONNX model, loaded. */
export interface ModelFile {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Runs the model on all its inputs; every output comes back. Blocks the calling thread. */
  run(feeds: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  /** Frees the session; later runs are errors. */
  dispose(): Promise<void>;
}

/** ONNX Runtime's element types of host tensors. */
const dtypes: Readonly<Record<string, DType>> = { float32: 'float32', int32: 'int32', bool: 'bool' };

/** Loads a model; `openModelFile` of each platform is this. */
export async function openModel(bytes: Uint8Array, settings: Settings, platform: Platform): Promise<ModelFile> {
  const runtime = await platform.load(settings);
  const session = await createSession(runtime, bytes, 'model file', settings, platform.cure);
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds) => {
      // ONNX Runtime ignores what it does not know.
      const unknown = Object.keys(feeds).find((name) => !session.inputNames.includes(name));
      if (unknown !== undefined)
        throw new GraphError(`the model has no input "${unknown}"; it has ${session.inputNames.join(', ') || 'none'}`);
      const given = Object.entries(feeds).map(([name, feed]): [string, OrtTensor] => [
        name,
        runtime.tensor(feed.dtype, hostArray(name, feed), feed.shape),
      ]);
      const results = await session.run(Object.fromEntries(given)).catch((error: unknown) => {
        throw new BackendError(`the model failed: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      });
      return Object.fromEntries(
        Object.entries(results).map(([name, result]) => [name, hostTensor(dtypeOf(name, result), result)]),
      );
    },
    dispose: () => session.release(),
  };
}

function dtypeOf(name: string, { type }: OrtTensor): DType {
  const dtype = dtypes[type];
  if (dtype === undefined)
    throw new BackendError(`output "${name}" is of type ${type}; ${Object.keys(dtypes).join(', ')} can be read`);
  return dtype;
}
