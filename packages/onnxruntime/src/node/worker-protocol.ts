// What crosses between the caller's thread and the worker. Both sides import this and nothing else of each other.
import { type Fault } from '@difsr/errors';
import { BackendError, GraphError, type Feeds, type HostData, type HostTensor } from '@difsr/graph';
import type { ProgramDescription } from '../description.js';
import type { Settings } from '../devices.js';

/** Named host tensors. */
export type HostTensors = Readonly<Record<string, HostTensor>>;

/** What the caller asks for. Variables and programs have numbers that the caller's side hands out. */
export type Call =
  | { readonly kind: 'open' }
  | { readonly kind: 'createVariables'; readonly variables: number; readonly values: HostTensors }
  | { readonly kind: 'readVariables'; readonly variables: number; readonly names: readonly string[] | undefined }
  | { readonly kind: 'writeVariables'; readonly variables: number; readonly values: HostTensors }
  | { readonly kind: 'disposeVariables'; readonly variables: number }
  | {
      readonly kind: 'load';
      readonly program: number;
      readonly description: ProgramDescription;
      readonly variables: number | undefined;
    }
  | { readonly kind: 'run'; readonly program: number; readonly feeds: Feeds }
  | { readonly kind: 'disposeProgram'; readonly program: number }
  | { readonly kind: 'dispose' };

/** A call with the number that its answer carries. */
export interface Request {
  readonly id: number;
  readonly call: Call;
}

/** The answer to a call: tensors (none for calls that return nothing) or an error. */
export type Reply =
  | { readonly id: number; readonly tensors: HostTensors }
  | {
      readonly id: number;
      readonly error: { readonly name: string; readonly message: string; readonly faults?: readonly Fault[] };
    };

/** What the worker is started with. */
export interface WorkerSetup {
  readonly settings: Settings;
}

/** An error of the other side as one of this side, of the same class where it is one of ours. */
export function revive({ name, message, faults }: Extract<Reply, { readonly error: unknown }>['error']): Error {
  return name === 'GraphError' ? new GraphError(faults ?? message) : new BackendError(faults ?? message);
}

/** Arrays that share a larger buffer are copied out of it: cloning a view would send the whole buffer. */
export function compact<T extends Feeds[string]>(tensor: T): T {
  if (!('data' in tensor)) return tensor;
  const { data }: { readonly data: HostData } = tensor;
  return data.byteLength === data.buffer.byteLength ? tensor : { ...tensor, data: data.slice() };
}

/** The buffers behind tensors, for handing them over instead of copying. */
export function buffersOf(tensors: HostTensors): ArrayBuffer[] {
  const buffers = Object.values(tensors).map(({ data }) => data.buffer);
  return [...new Set(buffers.filter((buffer) => buffer instanceof ArrayBuffer))];
}
