// Variables: host buffers that live between runs. What programs update has two buffers; a run writes the spare one,
// which becomes the current one only when the run has succeeded. Where the runtime cannot write in place, the result of
// a successful run becomes the current buffer instead.
import { BackendError, sizeOf, type DType, type HostTensor, type Variables } from '@difsr/graph';
import {
  hostArray,
  Slots,
  zeroArray,
  type HostArray,
  type Turns,
  type VariableType,
  type VariableTypes,
} from '@difsr/graph/backend-parts';
import { ortArray } from './host.js';
import type { OrtTensor, OrtTensors, Runtime } from './runtime.js';

interface Buffer {
  readonly array: HostArray;
  readonly tensor: OrtTensor;
}

interface Slot extends VariableType {
  current: Buffer;
  spare: Buffer | undefined;
}

/** Variables of the in-thread backend. */
export class OrtVariables implements Variables {
  readonly #slots: Slots<Slot>;
  readonly #turns: Turns;
  readonly #runtime: Runtime;

  constructor(values: Readonly<Record<string, HostTensor>>, turns: Turns, runtime: Runtime) {
    this.#turns = turns;
    this.#runtime = runtime;
    this.#slots = new Slots(
      Object.entries(values).map(([name, value]): [string, Slot] => {
        const { dtype, shape } = value;
        const current = buffer(runtime, dtype, shape);
        copyInto(current.array, hostArray(name, value));
        return [name, { dtype, shape: [...shape], current, spare: undefined }];
      }),
    );
  }

  get types(): VariableTypes {
    return this.#slots.all;
  }

  /** Makes the second buffers of variables that a program updates. */
  prepareUpdates(names: Iterable<string>): void {
    for (const name of names) {
      const slot = this.#slots.slot(name);
      if (this.#runtime.writesInPlace) slot.spare ??= buffer(this.#runtime, slot.dtype, slot.shape);
    }
  }

  /** The value that a run reads. */
  current(name: string): OrtTensor {
    return this.#slots.slot(name).current.tensor;
  }

  /** The buffer that a run writes; null where the runtime returns results only. */
  spare(name: string): OrtTensor | null {
    const { spare } = this.#slots.slot(name);
    if (spare === undefined && this.#runtime.writesInPlace)
      throw new BackendError(`variable "${name}" has no second buffer: it is updated by no program`);
    return spare?.tensor ?? null;
  }

  /** Takes over what a successful run wrote, or returned: pairs of a variable and the name of its result. */
  takeOver(updates: readonly (readonly [variable: string, result: string])[], results: OrtTensors): void {
    const taken = updates.map(([name, output]) => {
      const slot = this.#slots.slot(name);
      return [slot, slot.spare ?? returnedBuffer(slot.dtype, output, results[output])] as const;
    });
    for (const [slot, next] of taken) {
      slot.spare = slot.spare === undefined ? undefined : slot.current;
      slot.current = next;
    }
  }

  read(names?: readonly string[]): Promise<Record<string, HostTensor>> {
    return this.#turns.take(() => {
      const wanted = names ?? [...this.types.keys()];
      return Object.fromEntries(
        wanted.map((name) => {
          const { dtype, shape, current } = this.#slots.slot(name);
          return [name, { dtype, shape: [...shape], data: current.array.slice() }];
        }),
      );
    });
  }

  write(values: Readonly<Record<string, HostTensor>>): Promise<void> {
    return this.#turns.take(() => {
      const checked = Object.entries(values).map(([name, value]) => {
        return [this.#slots.fitting(name, value), hostArray(name, value)] as const;
      });
      // All are checked before any is changed.
      for (const [slot, array] of checked) copyInto(slot.current.array, array);
    });
  }

  async dispose(): Promise<void> {
    this.#slots.close();
    await Promise.resolve();
  }
}

function buffer(runtime: Runtime, dtype: DType, shape: readonly number[]): Buffer {
  const array = zeroArray(dtype, sizeOf(shape));
  return { array, tensor: runtime.tensor(dtype, array, shape) };
}

function returnedBuffer(dtype: DType, output: string, result: OrtTensor | undefined): Buffer {
  if (result === undefined) throw new BackendError(`a run did not return output "${output}"`);
  return { array: ortArray(dtype, result), tensor: result };
}

function copyInto(target: HostArray, source: HostArray): void {
  target.set(source);
}
