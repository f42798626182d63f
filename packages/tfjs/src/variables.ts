// Variables on the device: tensors that are replaced, never written to. A run that fails replaces none.
import { formatShape, formatType, GraphError, type DType, type HostTensor, type Variables } from '@difsr/graph';
import { keep, type Tensor } from '@tensorflow/tfjs-core';
import { onDevice } from './devices.js';
import { equalShapes } from './kernel.js';
import { feedTensor, hostTensor } from './feeds.js';
import { disposed, type Turns } from './turns.js';

interface Slot {
  readonly dtype: DType;
  readonly shape: readonly number[];
  tensor: Tensor;
}

/** Variables of the tfjs backend. */
export class TfjsVariables implements Variables {
  readonly #slots = new Map<string, Slot>();
  readonly #device: string;
  readonly #turns: Turns;
  #disposed = false;

  /** Makes all or, where one does not fit, none. */
  constructor(values: Readonly<Record<string, HostTensor>>, device: string, turns: Turns) {
    this.#device = device;
    this.#turns = turns;
    for (const [name, tensor] of tensorsOf(values, device)) {
      const { dtype, shape } = values[name]!; // the tensors were made from these
      this.#slots.set(name, { dtype, shape: [...shape], tensor });
    }
  }

  /** Shapes and dtypes by name. */
  get types(): ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }> {
    this.#alive();
    return this.#slots;
  }

  /** The present value, which stays the variables'. */
  current(name: string): Tensor {
    return this.#slot(name).tensor;
  }

  /** Takes over tensors as new values, all or none; they become the variables'. @throws GraphError where one does not fit. */
  replace(next: ReadonlyMap<string, Tensor>): void {
    for (const [name, { dtype, shape }] of next) {
      const slot = this.#slot(name);
      if (dtype !== slot.dtype || !equalShapes(shape, slot.shape))
        throw new GraphError(
          `variable "${name}" is ${formatType(slot)} and keeps that type, got ${dtype}${formatShape(shape)}`,
        );
    }
    for (const [name, tensor] of next) {
      const slot = this.#slot(name);
      slot.tensor.dispose();
      slot.tensor = keep(tensor);
    }
  }

  read(names?: readonly string[]): Promise<Record<string, HostTensor>> {
    return this.#turns.take(async () => {
      const slots = (names ?? [...this.types.keys()]).map((name) => [name, this.#slot(name)] as const);
      const values = await Promise.all(
        slots.map(async ([name, { tensor }]) => [name, await hostTensor(tensor)] as const),
      );
      return Object.fromEntries(values);
    });
  }

  write(values: Readonly<Record<string, HostTensor>>): Promise<void> {
    return this.#turns.take(() => {
      for (const name of Object.keys(values)) this.#slot(name);
      const next = tensorsOf(values, this.#device);
      try {
        this.replace(next);
      } catch (error) {
        for (const tensor of next.values()) tensor.dispose();
        throw error;
      }
    });
  }

  dispose(): Promise<void> {
    return this.#turns.takeAlways(() => {
      this.#disposed = true;
      for (const { tensor } of this.#slots.values()) tensor.dispose();
      this.#slots.clear();
    });
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

function tensorsOf(values: Readonly<Record<string, HostTensor>>, device: string): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  try {
    onDevice(device, () => {
      for (const [name, value] of Object.entries(values)) tensors.set(name, keep(feedTensor(name, value)));
    });
  } catch (error) {
    for (const tensor of tensors.values()) tensor.dispose();
    throw error;
  }
  return tensors;
}
