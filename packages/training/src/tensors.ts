// Tensors on disk: safetensors files, written atomically, read strictly.
import { readFile } from 'node:fs/promises';
import { type HostTensor } from '@difsr/graph';
import { decodeSafetensors, SafetensorsError, safetensorsPieces, type SafetensorsTensor } from '@difsr/nn';
import { writeFileAtomic } from './files.js';
import { RunError } from './run-error.js';

/** Tensors of a file, and its metadata. */
export interface TensorFile {
  readonly tensors: Record<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

function toSafetensor({ dtype, shape, data }: HostTensor): SafetensorsTensor {
  if (dtype === 'int32' && data instanceof Int32Array) return { dtype: 'I32', shape: [...shape], data };
  if (data instanceof Float32Array) return { dtype: 'F32', shape: [...shape], data };
  // The reference backend computes in float64: its state is saved as such, or a resumed run would differ.
  if (data instanceof Float64Array) return { dtype: 'F64', shape: [...shape], data };
  throw new RunError(`cannot save a ${dtype} tensor`);
}

function fromSafetensor(file: string, name: string, tensor: SafetensorsTensor): HostTensor {
  switch (tensor.dtype) {
    case 'F32':
    case 'F64':
      return { dtype: 'float32', shape: tensor.shape, data: tensor.data };
    case 'I32':
      return { dtype: 'int32', shape: tensor.shape, data: tensor.data };
    default:
      throw new RunError(
        `${file}: tensor "${name}" has dtype ${tensor.dtype}, expected F32, F64 or I32: the file is not one of this project`,
      );
  }
}

/** Writes tensors as safetensors, whole or not at all. */
export async function writeTensors(
  file: string,
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const converted = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toSafetensor(tensor)]));
  await writeFileAtomic(file, safetensorsPieces(converted, { format: 'difsr', ...metadata }));
}

/**
 * Reads a safetensors file.
 *
 * @throws RunError where it is missing, truncated or not such a file.
 */
export async function readTensors(file: string): Promise<TensorFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new RunError(
      `${file}: cannot be read (${error instanceof Error ? error.message : String(error)}). Cure: name a run folder that "difsr train" made`,
    );
  }
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    return {
      tensors: Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [name, fromSafetensor(file, name, tensor)]),
      ),
      metadata: metadata ?? {},
    };
  } catch (error) {
    if (error instanceof SafetensorsError) throw new RunError(`${file}: ${error.message}`);
    throw error;
  }
}
