// The devices of this backend and its options.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import { BackendError, type Precision } from '@difsr/graph';
import type { ComposableOperator, LowerOptions } from '@difsr/onnx/lower';

/** What sessions run on. */
export type Device = 'cpu' | 'cuda' | 'webgpu';

/** All devices. In a browser there is no `cuda`, and `cpu` means WebAssembly. */
export const devices: readonly Device[] = ['cuda', 'webgpu', 'cpu'];

/** What a machine or a page has for this backend. */
export interface Available {
  /** Devices that exist on it. */
  readonly devices: readonly Device[];
  /** Threads within an operator, where the caller names none. */
  readonly threads: number;
}

/** What programs can compute in. */
export const precisions: readonly Precision[] = ['float32', 'float16'];

/** Options of the backend; all have defaults. */
export interface OnnxRuntimeOptions {
  /** Default `cpu`. */
  readonly device?: Device;
  /**
   * Threads within an operator; default: as many as the machine runs at once (in a browser: 1 unless the page is
   * cross-origin isolated). Results differ in the last bits between thread counts.
   */
  readonly threads?: number;
  /**
   * What programs compute in, default `float32`. With `float16`, matrix products and what is computed around them use float16,
   * while normalization, softmax, losses, rankings, long sums and optimizer updates stay float32, as do all tensors that go
   * in and come out. The device `cpu` has no float16: it computes in float32 and rounds where float16 would, which is slower
   * than float32 and shows what float16 does to one's results before a GPU is at hand.
   */
  readonly precision?: Precision;
  /** What ONNX Runtime itself writes to standard error or the console; default `fatal`. */
  readonly logLevel?: 'verbose' | 'info' | 'warning' | 'error' | 'fatal';
  /**
   * In a browser: the folder (ending in `/`) from which onnxruntime-web takes its `.wasm` and `.mjs` files; default: beside the
   * script that loads it, where a bundler puts them. Without meaning in Node.
   */
  readonly wasmPaths?: string;
}

/** Device, threads and precision have errors of their own, with what there is here. */
const OPTIONS: OptionRules<OnnxRuntimeOptions> = {
  device: option.given,
  threads: option.given,
  precision: option.given,
  logLevel: option.oneOf('verbose', 'info', 'warning', 'error', 'fatal'),
  wasmPaths: option.text,
};

/** Options with their defaults; plain data. */
export interface Settings extends Required<Omit<OnnxRuntimeOptions, 'wasmPaths'>> {
  readonly wasmPaths: string | undefined;
}

/** What the WebGPU provider of 1.30 has no kernels for, in Node and in browsers. TopK is another, with nothing to put in its place. */
const webgpuLacks: ReadonlySet<ComposableOperator> = new Set(['FusedMatMul', 'LogSoftmax', 'Or']);

/** How programs are lowered with these settings. */
export function loweringFor({ device, precision }: Settings): Required<Pick<LowerOptions, 'arithmetic' | 'lacks'>> {
  return {
    arithmetic: precision === 'float16' && device === 'cpu' ? 'float16 rounding' : precision,
    lacks: device === 'webgpu' ? webgpuLacks : new Set(),
  };
}

/** Options with their defaults. @throws BackendError for an unknown device or a thread count that is none. */
export function completeOptions(options: OnnxRuntimeOptions, platform: Available): Settings {
  checkOptions('the backend onnxruntime', options, OPTIONS, BackendError);
  const { device = 'cpu', threads = platform.threads, precision = 'float32', logLevel = 'fatal', wasmPaths } = options;
  if (!platform.devices.includes(device))
    throw new BackendError(
      `there is no device "${String(device)}" in onnxruntime here; devices are ${platform.devices.join(', ')}`,
    );
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024)
    throw new BackendError(`threads is a whole number in 1..1024, got ${threads}: leave it out to use every core`);
  if (!precisions.includes(precision))
    throw new BackendError(`there is no precision "${String(precision)}"; precisions are ${precisions.join(', ')}`);
  return { device, threads, precision, logLevel, wasmPaths };
}
