// What a backend is: it compiles graphs and runs them on named buffers. Every backend implements
// this interface and passes the one conformance suite; a worker wrapper implements it as well.
import { checkOptions, DifsrError, option, type OptionRules } from '@difsr/errors';
import { fillMask, type RandomKey } from './random.js';
import { type DType, formatShape, formatType, GraphError } from './types.js';
import type { Graph, Tensor } from './signatures.js';

/**
 * Typed arrays in which host tensors travel: float32 as Float32Array (Float64Array on the reference backend), bool as bytes.
 * Given to a backend, any byte but 0 is true (a mask of 255 from an image, a count); what comes back is 0 and 1.
 */
export type HostData = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A tensor with its values, row-major. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: HostData;
}

/**
 * A dropout mask described instead of sent: the backend fills a bool tensor with {@link maskOf},
 * so the same key gives the same bits on every backend and nothing large crosses a thread.
 */
export interface MaskFeed {
  readonly mask: RandomKey;
  readonly rate: number;
  readonly shape: readonly number[];
  /** Of a part of a step: which entries of the whole mask's first axis it has, in its order. Without, all of them. */
  readonly rows?: Int32Array;
}

/**
 * The values of a described mask, 1 = keep: those of `fillMask`, or the rows of it that are asked for.
 *
 * @param out Takes them, as many as the shape has.
 * @throws GraphError where there are not as many rows as the shape has; RandomArgumentError for a key or a rate out of range.
 * @example
 * ```ts
 * const mask = { seed: 1, step: 0, stream: streamId('input') };
 * maskOf({ mask, rate: 0.5, shape: [1, 8], rows: Int32Array.of(2) }); // bytes 16 to 23 of the whole mask
 * ```
 */
export function maskOf(feed: MaskFeed, out: Uint8Array = new Uint8Array(sizeOf(feed.shape))): Uint8Array {
  const { mask, rate, shape, rows } = feed;
  if (rows === undefined) return fillMask(mask, rate, out);
  const [count = 1, ...inner] = shape;
  if (rows.length !== count) throw new GraphError(`a mask of ${count} rows names ${rows.length} of them`);
  const width = sizeOf(inner);
  rows.forEach((row, at) => fillMask(mask, rate, out.subarray(at * width, (at + 1) * width), row * width));
  return out;
}

/** Values of a graph's inputs for one run, by name. */
export type Feeds = Readonly<Record<string, HostTensor | MaskFeed>>;

/**
 * Named tensors that live in the backend between runs: parameters, optimizer moments, feature tables.
 * Programs compiled with them read inputs of the same names from here.
 */
export interface Variables {
  /** Copies values out (all, if no names are given). The copies are the caller's. */
  read(names?: readonly string[]): Promise<Record<string, HostTensor>>;
  /** Overwrites values; shapes and dtypes must stay. The data is copied. */
  write(values: Readonly<Record<string, HostTensor>>): Promise<void>;
  /** Frees the buffers; later use is an error. */
  dispose(): Promise<void>;
}

/** How a graph becomes a program. */
export interface CompileOptions {
  /** Inputs found here by name are not fed but read from the variables. */
  readonly variables?: Variables;
  /** After each run, variable `key` takes the value of output `value`; such outputs are not returned. */
  readonly updates?: Readonly<Record<string, string>>;
  /** A name for messages and traces. */
  readonly label?: string;
}

const COMPILE_OPTIONS: OptionRules<CompileOptions> = {
  variables: option.given,
  updates: option.record(option.text),
  label: option.text,
};

/** For backends: @throws GraphError for options of `compile` that it does not have. */
export function checkCompileOptions(options: CompileOptions): void {
  checkOptions('compile', options, COMPILE_OPTIONS, GraphError);
}

/** A compiled graph. Runs of one program never overlap: a second call waits for the first. */
export interface Program {
  /**
   * Runs once. Feeds are read until the promise settles and stay the caller's; results are fresh copies.
   * When a run rejects, no variable has changed.
   */
  run(feeds: Feeds): Promise<Record<string, HostTensor>>;
  /** Frees what the program holds; its variables stay. */
  dispose(): Promise<void>;
}

/** What programs can compute in. */
export type Precision = 'float32' | 'float16';

/** How another thread makes a backend like one: plain data, that can be sent there. */
export interface BackendRecipe {
  /** Address of the module (`file:..`). */
  readonly module: string;
  /** Its function that makes the backend, or a promise of it. */
  readonly create: string;
  /** What that is given. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Executes graphs on a device. */
export interface Backend {
  /** `onnxruntime`, `tfjs`, `reference`. */
  readonly name: string;
  /** What it runs on: `cpu`, `cuda`, `webgpu`. */
  readonly device: string;
  /** What programs compute in; absent: float32 (float64 on the reference). Their inputs and outputs are float32 all the same. */
  readonly precision?: Precision;
  /** How another thread makes one that computes on one thread of the CPU; absent where none can, or where it would be of no use. */
  readonly recipe?: BackendRecipe;
  /** Copies values into buffers of the backend that programs can read and update. */
  createVariables(values: Readonly<Record<string, HostTensor>>): Promise<Variables>;
  /** Prepares a graph for running on this device. */
  compile(graph: Graph, options?: CompileOptions): Promise<Program>;
  /** Disposes programs and variables; calls in flight reject with a {@link BackendError}. */
  dispose(): Promise<void>;
}

/** A backend that cannot be used or died; the message says why and what cures it. */
export class BackendError extends DifsrError {
  override readonly name = 'BackendError';
}

/**
 * Binds a graph's symbols from the shapes of all inputs, and checks every input on the way.
 *
 * @throws GraphError where an input is missing, unknown or has another shape or dtype than declared, or where two inputs disagree about a symbol.
 */
export function bindInputs(
  inputs: ReadonlyMap<string, Tensor>,
  given: ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }>,
): Map<string, number> {
  const sizes = new Map<string, number>();
  const boundBy = new Map<string, string>();
  for (const [name, tensor] of inputs) {
    const value = given.get(name);
    if (value === undefined) throw new GraphError(`input "${name}" (${formatType(tensor)}) was not given`);
    if (value.dtype !== tensor.dtype || value.shape.length !== tensor.shape.length) {
      throw new GraphError(`input "${name}" is ${formatType(tensor)}, got ${value.dtype}${formatShape(value.shape)}`);
    }
    tensor.shape.forEach((dim, axis) => {
      const size = value.shape[axis] ?? 0;
      const expected = typeof dim === 'number' ? dim : sizes.get(dim);
      if (expected === undefined && typeof dim === 'string') {
        sizes.set(dim, size);
        boundBy.set(dim, name);
      } else if (expected !== size) {
        const source = typeof dim === 'string' ? ` (${dim} = ${expected} by input "${boundBy.get(dim)}")` : '';
        throw new GraphError(
          `input "${name}" is ${formatType(tensor)}, got shape ${formatShape(value.shape)}${source}`,
        );
      }
    });
  }
  for (const name of given.keys()) {
    if (!inputs.has(name))
      throw new GraphError(`the graph has no input "${name}"; it has ${[...inputs.keys()].join(', ') || 'none'}`);
  }
  return sizes;
}

/**
 * Truth values as the bytes 0 and 1 that all computing relies on: the same array where it holds nothing else, otherwise a
 * copy with 1 for every byte that is not 0. Backends pass every bool tensor of a caller through it, since runtimes differ
 * on other bytes (ONNX Runtime's And works bit by bit: 2 and 1 would be false).
 *
 * @example truthBytes(Uint8Array.of(255, 0, 2)); // 1, 0, 1
 */
export function truthBytes(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 1) return bytes.map((byte) => (byte === 0 ? 0 : 1));
  return bytes;
}

/** Number of elements of a known shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
