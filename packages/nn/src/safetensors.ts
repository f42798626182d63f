// The safetensors file format, bytes in and bytes out: no file system, so that it serves Node.js and browsers alike.
// Writing is deterministic; reading trusts nothing that a file says about itself. Little-endian machines only, as is
// everything that onnxruntime and tfjs run on.
import { DifsrError } from '@difsr/errors';

/** Storage of each dtype that is read and written. BOOL holds one byte, 0 or 1, per element. */
export interface SafetensorsArrays {
  F64: Float64Array;
  I64: BigInt64Array;
  F32: Float32Array;
  I32: Int32Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
}

/** Names of the element types that can be read and written, as in the file. */
export type SafetensorsDtype = keyof SafetensorsArrays;

/** One tensor: `data` holds the elements in row-major order, as many as the product of `shape` (`[]` is one element). */
export type SafetensorsTensor = {
  [D in SafetensorsDtype]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: SafetensorsArrays[D];
  };
}[SafetensorsDtype];

/** What a file holds. */
export interface SafetensorsFile {
  readonly tensors: Record<string, SafetensorsTensor>;
  readonly metadata: Record<string, string>;
}

/** Bytes that are not a sound safetensors file, or tensors that cannot be written as one. Names what is wrong and the cure. */
export class SafetensorsError extends DifsrError {
  override readonly name = 'SafetensorsError';
}

interface Layout<D extends SafetensorsDtype> {
  readonly size: number;
  readonly holds: (data: unknown) => boolean;
  readonly read: (buffer: ArrayBuffer, shape: readonly number[]) => Extract<SafetensorsTensor, { dtype: D }>;
}

const LAYOUTS: { readonly [D in SafetensorsDtype]: Layout<D> } = {
  F64: {
    size: 8,
    holds: (data) => data instanceof Float64Array,
    read: (buffer, shape) => ({ dtype: 'F64', shape, data: new Float64Array(buffer) }),
  },
  I64: {
    size: 8,
    holds: (data) => data instanceof BigInt64Array,
    read: (buffer, shape) => ({ dtype: 'I64', shape, data: new BigInt64Array(buffer) }),
  },
  F32: {
    size: 4,
    holds: (data) => data instanceof Float32Array,
    read: (buffer, shape) => ({ dtype: 'F32', shape, data: new Float32Array(buffer) }),
  },
  I32: {
    size: 4,
    holds: (data) => data instanceof Int32Array,
    read: (buffer, shape) => ({ dtype: 'I32', shape, data: new Int32Array(buffer) }),
  },
  U8: {
    size: 1,
    holds: (data) => data instanceof Uint8Array,
    read: (buffer, shape) => ({ dtype: 'U8', shape, data: new Uint8Array(buffer) }),
  },
  BOOL: {
    size: 1,
    holds: (data) => data instanceof Uint8Array && data.every((byte) => byte <= 1),
    read: (buffer, shape) => ({ dtype: 'BOOL', shape, data: new Uint8Array(buffer) }),
  },
};

const DTYPES = Object.keys(LAYOUTS).join(', ');
const PREFIX_BYTES = 8;
/** The limit of the format's own implementation: a longer header is an attack or a foreign file. */
const HEADER_LIMIT = 100_000_000;
const METADATA = '__metadata__';
const RESTORE = 'copy or download the file again, or fall back to an earlier checkpoint';

/**
 * A safetensors file as pieces, to be written one after the other: the header, then each tensor's own bytes, not copied.
 * What {@link encodeSafetensors} says of order and errors holds here as well.
 */
export function safetensorsPieces(
  tensors: Readonly<Record<string, SafetensorsTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const entries = Object.entries(tensors).sort(
    ([a, { dtype: p }], [b, { dtype: q }]) => LAYOUTS[q].size - LAYOUTS[p].size || compare(a, b),
  );
  // The header is put together as text: object keys would move names such as "0" to the front.
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) {
    const pairs = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
    fields.push(`"${METADATA}":{${pairs.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`);
  }
  let end = 0;
  for (const [name, tensor] of entries) {
    checkTensor(name, tensor);
    const begin = end;
    end += tensor.data.byteLength;
    const entry = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(PREFIX_BYTES + headerBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(json, PREFIX_BYTES);
  return [header, ...entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

/**
 * Writes tensors as one safetensors file. Equal contents give equal bytes: wider dtypes come first (so every tensor is
 * aligned), then names in order; metadata keys are sorted; spaces pad the header to a multiple of 8 bytes.
 * @param metadata strings that travel with the tensors.
 * @throws SafetensorsError when data does not fit its dtype or shape, or a tensor has the reserved name `__metadata__`.
 * @example encodeSafetensors({ bias: { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) } }, { epoch: '3' });
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafetensorsTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const pieces = safetensorsPieces(tensors, metadata);
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const piece of pieces) {
    out.set(piece, position);
    position += piece.length;
  }
  return out;
}

/**
 * Reads a safetensors file. Every tensor gets a buffer of its own: `bytes` needs no alignment and may be reused.
 * @throws SafetensorsError for a file that is truncated, too long, foreign, or whose tensors overlap, leave gaps, have an
 * unknown dtype or a size that does not fit their shape.
 * @example const { tensors } = decodeSafetensors(await readFile('model.safetensors'));
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const header = parseHeader(bytes);
  const data = bytes.subarray(PREFIX_BYTES + header.length);
  const metadata = readMetadata(header.fields[METADATA]);
  const entries = Object.entries(header.fields)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => readEntry(name, value, data.length));
  checkCoverage(entries, data.length);
  const tensors = entries.map((entry): [string, SafetensorsTensor] => [entry.name, readTensor(entry, data)]);
  return { tensors: Object.fromEntries(tensors), metadata };
}

interface Entry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(bytes: Uint8Array): { length: number; fields: Record<string, unknown> } {
  if (bytes.length < PREFIX_BYTES) {
    throw new SafetensorsError({
      what: `The file holds ${bytes.length} bytes, fewer than the 8 that a safetensors file starts with`,
      cure: RESTORE,
    });
  }
  const stated = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  const brace = bytes[PREFIX_BYTES];
  // The format demands that the header opens with a brace: what does not is another kind of file, not a damaged one.
  if (stated > BigInt(HEADER_LIMIT) || stated < 2n || (brace !== undefined && brace !== 0x7b)) {
    throw new SafetensorsError({
      what: `This is not a safetensors file${guessFormat(bytes)}`,
      cure: 'give a file that ends in .safetensors, or convert this one',
    });
  }
  const length = Number(stated);
  if (length > bytes.length - PREFIX_BYTES) {
    throw new SafetensorsError({
      what: `The file is truncated: its header has ${length} bytes, ${bytes.length - PREFIX_BYTES} are there`,
      cure: RESTORE,
    });
  }
  let fields: unknown;
  try {
    fields = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length)),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SafetensorsError({ what: `The file's header is not JSON (${reason})`, cure: RESTORE }, { cause: error });
  }
  if (!isRecord(fields)) throw new SafetensorsError({ what: `The file's header is not a JSON object`, cure: RESTORE });
  return { length, fields };
}

/** Names well-known formats by their first bytes; the empty string for the rest. */
function guessFormat(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  if (start.startsWith('PK')) return ' but a zip archive, perhaps a PyTorch checkpoint (.pt, .pth) or an .npz';
  if (start.startsWith('\u0080')) return ' but a Python pickle, perhaps an old PyTorch checkpoint';
  if (start.startsWith('\u0089HDF')) return ' but an HDF5 file';
  if (start.startsWith('\u0093NUMPY')) return ' but a NumPy array (.npy)';
  if (start.startsWith('GGUF')) return ' but a GGUF file';
  if (/^\s*[{[]/.test(start)) return ' but looks like JSON text';
  return '';
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw new SafetensorsError({ what: `${METADATA} is not an object of strings`, cure: RESTORE });
  const pairs = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text === 'string') return [key, text];
    throw new SafetensorsError({
      what: `${METADATA}.${key} is ${JSON.stringify(text)}, not a string`,
      cure: 'write metadata as strings',
    });
  });
  return Object.fromEntries(pairs);
}

function readEntry(name: string, value: unknown, available: number): Entry {
  const wrong = (what: string, cure: string = RESTORE): SafetensorsError =>
    new SafetensorsError({ what: `Tensor "${name}": ${what}`, cure });
  if (!isRecord(value)) throw wrong('its header entry is not an object');
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    throw wrong(
      `dtype ${JSON.stringify(dtype)} is not one of ${DTYPES}`,
      'convert the tensor to one of them, e.g. F32',
    );
  }
  if (!isCounts(shape)) throw wrong(`shape ${JSON.stringify(shape)} is not a list of whole numbers`);
  if (!isCounts(offsets)) throw wrong(`data_offsets ${JSON.stringify(offsets)} are not two whole numbers`);
  const [begin, end, ...rest] = offsets;
  if (begin === undefined || end === undefined || rest.length > 0 || begin > end) {
    throw wrong(`data_offsets ${JSON.stringify(offsets)} are not a begin and an end`);
  }
  if (end > available) {
    throw wrong(`it ends at byte ${end} of the data, but the file holds only ${available}: it is truncated`);
  }
  const expected = elements(shape) * LAYOUTS[dtype].size;
  if (expected !== end - begin) {
    throw wrong(
      `${dtype} of shape [${shape.join(', ')}] takes ${expected} bytes, its data_offsets span ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** The format allows neither overlaps nor bytes that belong to no tensor. */
function checkCoverage(entries: readonly Entry[], available: number): void {
  let position = 0;
  let previous = 'the header';
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) {
      const what = begin < position ? 'overlaps with' : `leaves a gap of ${begin - position} bytes after`;
      throw new SafetensorsError({ what: `Tensor "${name}" ${what} ${previous}`, cure: RESTORE });
    }
    position = end;
    previous = `tensor "${name}"`;
  }
  if (position !== available) {
    throw new SafetensorsError({
      what: `${available - position} bytes after ${previous} belong to no tensor`,
      cure: RESTORE,
    });
  }
}

function readTensor({ name, dtype, shape, begin, end }: Entry, data: Uint8Array): SafetensorsTensor {
  // A copy by hand: `slice` of a Node.js Buffer would share memory. The size was checked against the file's.
  const copy = new Uint8Array(end - begin);
  copy.set(data.subarray(begin, end));
  const tensor = LAYOUTS[dtype].read(copy.buffer, shape);
  if (!LAYOUTS[dtype].holds(tensor.data)) {
    throw new SafetensorsError({
      what: `Tensor "${name}": BOOL data holds bytes other than 0 and 1`,
      cure: 'store it as U8',
    });
  }
  return tensor;
}

function checkTensor(name: string, tensor: SafetensorsTensor): void {
  const { dtype, shape, data } = tensor;
  if (name === METADATA) {
    throw new SafetensorsError({
      what: `No tensor can be called "${METADATA}"`,
      cure: 'choose another name, or pass metadata',
    });
  }
  if (!LAYOUTS[dtype].holds(data)) {
    throw new SafetensorsError({
      what: `Tensor "${name}": its data cannot be stored as ${dtype}`,
      cure: 'pass the typed array of that dtype (BOOL: bytes 0 and 1)',
    });
  }
  if (!isCounts(shape) || elements(shape) !== data.length) {
    throw new SafetensorsError({
      what: `Tensor "${name}": shape [${shape.join(', ')}] does not fit ${data.length} elements`,
      cure: 'correct the shape',
    });
  }
}

/** Product of the dimensions. Beyond 2^53 it is inexact but still larger than any file, which is all that matters. */
function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === 'string' && Object.hasOwn(LAYOUTS, value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
