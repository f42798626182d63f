// Makes ONNX Runtime sessions: devices to execution providers, and errors with a cure.
import { BackendError } from '@difsr/graph';
import { env, InferenceSession } from 'onnxruntime-node';
import { deviceCure, type Device, type OnnxRuntimeOptions } from './devices.js';

/** A session of a model on the device that the options name. */
export async function createSession(
  bytes: Uint8Array,
  label: string,
  options: Required<OnnxRuntimeOptions>,
): Promise<InferenceSession> {
  // Must precede the first session: it silences notes on standard error that are no concern of the user.
  env.logLevel = options.logLevel;
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: [...providers[options.device]],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      // Plans made per shape cost memory where shapes change and save no time.
      enableMemPattern: false,
    });
  } catch (error) {
    throw sessionError(error, label, options.device);
  }
}

const providers: { readonly [D in Device]: readonly string[] } = {
  cpu: ['cpu'],
  cuda: ['cuda', 'cpu'],
  webgpu: ['webgpu', 'cpu'],
};

function sessionError(error: unknown, label: string, device: Device): BackendError {
  const reason = error instanceof Error ? error.message : String(error);
  if (device === 'cpu')
    return new BackendError(`program "${label}" was refused by ONNX Runtime: ${reason}`, { cause: error });
  return new BackendError(`device "${device}" cannot be used: ${shortened(reason)}. ${deviceCure(device)}`, {
    cause: error,
  });
}

/** ONNX Runtime's reason without the place in its sources that stands before it. */
function shortened(reason: string): string {
  return reason
    .replace(/^.*was false\.\s*/s, '')
    .replace(/^\w+:\s/, '')
    .replace(/[.\s]+$/, '');
}
