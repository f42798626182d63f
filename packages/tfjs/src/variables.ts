// Variables on the device: tensors that are replaced, never written to. A run that fails replaces none.
import type { HostTensor, Variables } from '@difsr/graph';
import { Slots, type Turns, type VariableType, type VariableTypes } from '@difsr/graph/backend-parts';
import { keep, type Tensor } from '@tensorflow/tfjs-core';
import { onDevice } from './devices.js';
import { feedTensor, hostTensor } from './feeds.js';

interface Slot extends VariableType {
  tensor: Tensor;
}

/** Variables of the tfjs backend. */
export class TfjsVariables implements Variables {
  readonly #slots: Slots<Slot>;
  readonly #device: string;
  readonly #turns: Turns;

  /** Makes all or, where one does not fit, none. */
  constructor(values: Readonly<Record<string, HostTensor>>, device: string, turns: Turns) {
    this.#device = device;
    this.#turns = turns;
    this.#slots = new Slots(
      [...tensorsOf(values, device)].map(([name, tensor]): [string, Slot] => {
        const { dtype, shape } = values[name]!; // the tensors were made from these
        return [name, { dtype, shape: [...shape], tensor }];
      }),
    );
  }

  /** Shapes and dtypes by name. */
  get types(): VariableTypes {
    return this.#slots.all;
  }

  /** The present value, which stays the variables'. */
  current(name: string): Tensor {
    return this.#slots.slot(name).tensor;
  }

  /** Takes over tensors as new values, all or none; they become the variables'. @throws GraphError where one does not fit. */
  replace(next: ReadonlyMap<string, Tensor>): void {
    const taken = [...next].map(([name, tensor]) => [this.#slots.fitting(name, tensor), tensor] as const);
    for (const [slot, tensor] of taken) {
      slot.tensor.dispose();
      slot.tensor = keep(tensor);
    }
  }

  read(names?: readonly string[]): Promise<Record<string, HostTensor>> {
    return this.#turns.take(async () => {
      const slots = (names ?? [...this.types.keys()]).map((name) => [name, this.#slots.slot(name)] as const);
      const values = await Promise.all(
        slots.map(async ([name, { tensor }]) => [name, await hostTensor(tensor)] as const),
      );
      return Object.fromEntries(values);
    });
  }

  write(values: Readonly<Record<string, HostTensor>>): Promise<void> {
    return this.#turns.take(() => {
      for (const [name, value] of Object.entries(values)) this.#slots.fitting(name, value);
      this.replace(tensorsOf(values, this.#device));
    });
  }

  dispose(): Promise<void> {
    return this.#turns.takeAlways(() => {
      for (const { tensor } of this.#slots.close()) tensor.dispose();
    });
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
