// Tensors on disk: safetensors files, written atomically, read strictly.
import { call, text } from '@difsr/errors';
import { readFile } from 'node:fs/promises';
import { type HostTensor } from '@difsr/graph';
import { decodeTensors } from '@difsr/models';
import { safetensorsPieces, type SafetensorsTensor } from '@difsr/nn';
import { writeFileAtomic } from '@difsr/files';
import { RunError } from '../run-error.js';

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

/** Writes tensors as safetensors, whole or not at all. */
export async function writeTensors(
  file: string,
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const converted = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toSafetensor(tensor)]));
  await writeFileAtomic(file, safetensorsPieces(converted, { format: 'difsr', ...metadata }));
}

/** Reads a file of a run. @throws RunError where that cannot be done. */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new RunError({
      where: file,
      what: `cannot be read (${error instanceof Error ? error.message : String(error)})`,
      cure: text`name a run folder that ${call('train')} made`,
    });
  }
}

/**
 * Reads a safetensors file.
 *
 * @throws RunError where it is missing, truncated or not such a file.
 */
export async function readTensors(file: string): Promise<TensorFile> {
  return decodeTensors(await readBytes(file), file);
}
