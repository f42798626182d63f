// Variables: host buffers that live between runs. What programs update has two buffers; a run writes the spare one,
// which becomes the current one only when the run has succeeded.
import {
  BackendError,
  formatShape,
  formatType,
  GraphError,
  sizeOf,
  type DType,
  type HostTensor,
  type Variables,
} from '@difsr/graph';
import type { Tensor as OrtTensor } from 'onnxruntime-node';
import { disposed, type VariableTypes } from './description.js';
import { allocate, checkedArray, ortTensor, type OrtArray } from './host.js';
import type { Turns } from './turns.js';

interface Buffer {
  readonly array: OrtArray;
  readonly tensor: OrtTensor;
}

interface Slot {
  readonly dtype: DType;
  readonly shape: readonly number[];
  current: Buffer;
  spare: Buffer | undefined;
}

/** Variables of the in-thread backend. */
export class OrtVariables implements Variables {
  readonly #slots = new Map<string, Slot>();
  readonly #turns: Turns;
  #disposed = false;

  constructor(values: Readonly<Record<string, HostTensor>>, turns: Turns) {
    this.#turns = turns;
    for (const [name, value] of Object.entries(values)) {
      const current = buffer(value.dtype, value.shape);
      copyInto(current.array, checkedArray(name, value));
      this.#slots.set(name, { dtype: value.dtype, shape: [...value.shape], current, spare: undefined });
    }
  }

  get types(): VariableTypes {
    this.#alive();
    return this.#slots;
  }

  /** Makes the second buffers of variables that a program updates. */
  prepareUpdates(names: Iterable<string>): void {
    for (const name of names) {
      const slot = this.#slot(name);
      slot.spare ??= buffer(slot.dtype, slot.shape);
    }
  }

  /** The value that a run reads. */
  current(name: string): OrtTensor {
    return this.#slot(name).current.tensor;
  }

  /** The buffer that a run writes. */
  spare(name: string): OrtTensor {
    const { spare } = this.#slot(name);
    if (spare === undefined)
      throw new BackendError(`variable "${name}" has no second buffer: it is updated by no program`);
    return spare.tensor;
  }

  /** Takes over what a successful run wrote. */
  swap(names: Iterable<string>): void {
    for (const name of names) {
      const slot = this.#slot(name);
      if (slot.spare !== undefined) [slot.current, slot.spare] = [slot.spare, slot.current];
    }
  }

  read(names?: readonly string[]): Promise<Record<string, HostTensor>> {
    return this.#turns.take(() => {
      const wanted = names ?? [...this.types.keys()];
      return Object.fromEntries(
        wanted.map((name) => {
          const { dtype, shape, current } = this.#slot(name);
          return [name, { dtype, shape: [...shape], data: current.array.slice() }];
        }),
      );
    });
  }

  write(values: Readonly<Record<string, HostTensor>>): Promise<void> {
    return this.#turns.take(() => {
      const checked = Object.entries(values).map(([name, value]) => {
        const slot = this.#slot(name);
        if (value.dtype !== slot.dtype || formatShape(value.shape) !== formatShape(slot.shape)) {
          throw new GraphError(`variable "${name}" is ${formatType(slot)}, got ${formatType(value)}`);
        }
        return [slot, checkedArray(name, value)] as const;
      });
      // All are checked before any is changed.
      for (const [slot, array] of checked) copyInto(slot.current.array, array);
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#slots.clear();
    await Promise.resolve();
  }

  #alive(): void {
    if (this.#disposed) throw disposed('the set of variables');
  }

  #slot(name: string): Slot {
    this.#alive();
    const slot = this.#slots.get(name);
    if (slot === undefined)
      throw new GraphError(
        `there is no variable "${name}"; variables are ${[...this.#slots.keys()].join(', ') || 'none'}`,
      );
    return slot;
  }
}

function buffer(dtype: DType, shape: readonly number[]): Buffer {
  const array = allocate(dtype, sizeOf(shape));
  return { array, tensor: ortTensor(dtype, array, shape) };
}

function copyInto(target: OrtArray, source: OrtArray): void {
  target.set(source);
}
