// Where an example gets its random shapes and values from: every draw is a function of the seed.
// Float values are exact in float32, so that a float32 backend and the float64 oracle see the same numbers.
import { sizeOf, type HostData, type HostTensor } from '../backend.js';
import { input } from '../build.js';
import { permutation, streamId, uniformAt, type RandomKey } from '../random.js';
import { bindShape } from '../shapes.js';
import type { DType, Shape } from '../types.js';
import type { Tensor } from '../signatures.js';

/** Makes `count` values from uniform draws. */
export type Fill = (count: number, key: RandomKey) => number[];

/** Uniform in [low, high). */
export const uniform =
  (low: number, high: number): Fill =>
  (count, key) =>
    Array.from({ length: count }, (_, i) => low + (high - low) * uniformAt(key, i));

/** All different, well apart, none near 0: no ties and no kinks. `shift` moves a second operand between the first one's values. */
export const distinct =
  (shift = 0): Fill =>
  (count, key) =>
    Array.from(permutation(key, count), (place) => ((place + 0.25 + shift) / count) * 4 - 2 + 0.013 / count);

/** Few different values, so that ties are the rule. */
export const quantized =
  (low: number, high: number): Fill =>
  (count, key) =>
    Array.from({ length: count }, (_, i) => low + Math.floor((high - low + 1) * uniformAt(key, i)));

/** The random shapes and inputs of one example. */
export class Scene {
  /** Values of the inputs declared so far. */
  readonly feeds: Record<string, HostTensor> = {};
  readonly #seed: number;
  readonly #sizes = new Map<string, number>();
  readonly #valued: boolean;
  #draws = 0;

  /** @param valued without values, only shapes are drawn and `feeds` stays empty: enough to look at the graph. */
  constructor(seed: number, valued = true) {
    this.#seed = seed;
    this.#valued = valued;
  }

  /** A whole number between `low` and `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * uniformAt(this.#key('size'), 0));
  }

  /** A symbol bound to a random size. */
  symbol(name: string, low = 1, high = 5): string {
    this.#sizes.set(name, this.int(low, high));
    return name;
  }

  /** The size of a dimension under the bindings made so far. */
  size(dim: number | string): number {
    return bindShape([dim], this.#sizes)[0]!;
  }

  /** A float32 input. */
  float(name: string, shape: Shape, fill: Fill = uniform(-2, 2)): Tensor {
    return this.#declare(name, shape, 'float32', (count, key) => Float32Array.from(fill(count, key)));
  }

  /** An int32 input with values in low..high, both included. */
  ints(name: string, shape: Shape, low: number, high: number): Tensor {
    return this.ids(name, shape, quantized(low, high));
  }

  /** An int32 input. */
  ids(name: string, shape: Shape, fill: Fill): Tensor {
    return this.#declare(name, shape, 'int32', (count, key) => Int32Array.from(fill(count, key)));
  }

  /** A bool input, true and false equally likely. */
  bools(name: string, shape: Shape): Tensor {
    return this.#declare(name, shape, 'bool', (count, key) => Uint8Array.from(quantized(0, 1)(count, key)));
  }

  /** Random orders of 0..size - 1. They shape the graph, so they are drawn even where values are not. */
  permutations(name: string, count: number, size: number): number[][] {
    return Array.from({ length: count }, (_, i) => [...permutation(this.#key(`${name}.${i}`), size)]);
  }

  /** An int32 input of given values. */
  table(name: string, { shape, data }: { readonly shape: readonly number[]; readonly data: Int32Array }): Tensor {
    return this.#declare(name, shape, 'int32', () => data);
  }

  #declare(name: string, shape: Shape, dtype: DType, values: (count: number, key: RandomKey) => HostData): Tensor {
    const known = bindShape(shape, this.#sizes);
    const key = this.#key(name);
    if (this.#valued) this.feeds[name] = { dtype, shape: known, data: values(sizeOf(known), key) };
    return input(name, shape, dtype);
  }

  #key(name: string): RandomKey {
    return { seed: this.#seed, step: this.#draws++, stream: streamId(name) };
  }
}

/** One way to use an op. `build` declares inputs in the scene and gives the outputs to compare. */
export interface Example {
  readonly name: string;
  readonly build: (scene: Scene) => Readonly<Record<string, Tensor>>;
  /** Large enough for a backend to use several threads; too slow for finite differences. */
  readonly large: boolean;
}

type Outputs = Readonly<Record<string, Tensor>>;

/** An example with small random shapes. */
export const small = (name: string, build: (scene: Scene) => Outputs): Example => ({ name, build, large: false });
/** An example of a size at which backends use several threads. */
export const large = (name: string, build: (scene: Scene) => Outputs): Example => ({
  name: `${name}, large`,
  build,
  large: true,
});

/** The examples of some ops. */
export type Examples<N extends string> = { readonly [K in N]: readonly Example[] };
