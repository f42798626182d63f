// What this package needs of ONNX Runtime, and what differs between Node and a browser. Written as interfaces of our own,
// so that neither of the two npm packages that hold ONNX Runtime is needed to load this one, or to type-check it.
import type { Text } from '@difsr/errors';
import type { DType } from '@difsr/graph';
import type { HostArray } from '@difsr/graph/backend-parts';
import type { Available, Device, Settings } from './devices.js';
import type { Tracer } from './trace.js';

/** A tensor of ONNX Runtime. */
export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** Named tensors of ONNX Runtime. */
export type OrtTensors = Readonly<Record<string, OrtTensor>>;

/** A loaded model. */
export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Runs the model for the outputs that `fetches` names; a tensor there is written in place where the runtime can. */
  run(feeds: OrtTensors, fetches?: Readonly<Record<string, OrtTensor | null>>): Promise<OrtTensors>;
  release(): Promise<void>;
}

/** ONNX Runtime, loaded. */
export interface Runtime {
  /** Whether a run writes into the tensors given as fetches (onnxruntime-web leaves them untouched). */
  readonly writesInPlace: boolean;
  /** A tensor over an array, without copying. */
  tensor(dtype: DType, array: HostArray, shape: readonly number[]): OrtTensor;
  createSession(bytes: Uint8Array, settings: Settings): Promise<OrtSession>;
}

/** Node or a browser. */
export interface Platform extends Available {
  /** A sentence on how to make a device work. */
  cure(device: Device): Text;
  readonly tracer: Tracer;
  /** Loads ONNX Runtime. @throws BackendError where its npm package is missing; the message names the command that installs it. */
  load(settings: Settings): Promise<Runtime>;
}
