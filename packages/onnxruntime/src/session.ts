// Makes ONNX Runtime sessions, and errors with a cure where one cannot be made.
import { type Fault, faultAt, setting, text } from '@difsr/errors';
import { BackendError } from '@difsr/graph';
import type { Device, Settings } from './devices.js';
import type { OrtSession, Platform, Runtime } from './runtime.js';

/** A session of a model on the device that the settings name. @throws BackendError with the cure. */
export async function createSession(
  runtime: Runtime,
  bytes: Uint8Array,
  label: string,
  settings: Settings,
  cure: Platform['cure'],
): Promise<OrtSession> {
  try {
    return await runtime.createSession(bytes, settings);
  } catch (error) {
    throw sessionError(error, label, settings.device, cure);
  }
}

function sessionError(error: unknown, label: string, device: Device, cure: Platform['cure']): BackendError {
  const reason = error instanceof Error ? error.message : String(error);
  const missing = missingFloat16(reason);
  if (missing !== undefined) return new BackendError(faultAt(`device "${device}"`, missing), { cause: error });
  if (device === 'cpu')
    return new BackendError(`program "${label}" was refused by ONNX Runtime: ${reason}`, { cause: error });
  return new BackendError(
    { what: `device "${device}" cannot be used: ${shortened(reason)}`, cure: cure(device) },
    { cause: error },
  );
}

/** What to say where ONNX Runtime fails because a GPU or its driver has no float16; undefined where it fails for another reason. */
export function missingFloat16(reason: string): Fault | undefined {
  return /requires f16|shader-f16/.test(reason)
    ? {
        what: 'this GPU or its driver has no float16 (WebGPU calls it shader-f16)',
        cure: text`use ${setting('precision', 'float32')}`,
      }
    : undefined;
}

/** ONNX Runtime's reason without the place in its sources that stands before it. */
function shortened(reason: string): string {
  return reason
    .replace(/^.*was false\.\s*/s, '')
    .replace(/^\w+:\s/, '')
    .replace(/[.\s]+$/, '');
}
