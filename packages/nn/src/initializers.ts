// Initial values of parameters, reproducible from (seed, parameter name) alone: adding or
// reordering parameters leaves the others' values as they were.
import { normal, sizeOf, streamId, uniformAt, type HostTensor, type RandomKey } from '@difsr/graph';

/** How a parameter starts. The fans of Glorot's are the last two sizes of its shape. */
export type Initializer =
  | { readonly kind: 'normal'; readonly deviation: number }
  /** Uniform in [-bound, bound). */
  | { readonly kind: 'uniform'; readonly bound: number }
  /** Glorot & Bengio, AISTATS 2010: deviation sqrt(2 / (fan in + fan out)), times `gain` (default 1). */
  | { readonly kind: 'glorot-normal' | 'glorot-uniform'; readonly gain?: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' };

/** What the initial values of a parameter are a function of, beside the seed. */
export interface InitialSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

/** Whether two initializers give the same values. */
export function sameInitializer(a: Initializer, b: Initializer): boolean {
  const parts = (of: Initializer): string =>
    JSON.stringify(Object.entries(of).toSorted(([x], [y]) => (x < y ? -1 : 1)));
  return parts(a) === parts(b);
}

/** Values of one parameter. */
export function initialValue(spec: InitialSpec, seed: number): HostTensor {
  const count = sizeOf(spec.shape);
  const { initializer } = spec;
  const data = new Float32Array(count);
  const key: RandomKey = { seed, step: 0, stream: streamId(spec.name) };
  switch (initializer.kind) {
    case 'zeros':
      break;
    case 'ones':
      data.fill(1);
      break;
    case 'constant':
      data.fill(initializer.value);
      break;
    case 'normal':
      fillNormal(data, key, initializer.deviation);
      break;
    case 'glorot-normal':
      fillNormal(data, key, (initializer.gain ?? 1) * Math.sqrt(2 / fans(spec.shape)));
      break;
    case 'uniform':
      fillUniform(data, key, initializer.bound);
      break;
    case 'glorot-uniform':
      fillUniform(data, key, (initializer.gain ?? 1) * Math.sqrt(6 / fans(spec.shape)));
      break;
  }
  return { dtype: 'float32', shape: spec.shape, data };
}

function fillNormal(data: Float32Array, key: RandomKey, deviation: number): void {
  const values = normal(key, data.length);
  for (let i = 0; i < data.length; i++) data[i] = (values[i] ?? 0) * deviation;
}

function fillUniform(data: Float32Array, key: RandomKey, bound: number): void {
  for (let i = 0; i < data.length; i++) data[i] = (2 * uniformAt(key, i) - 1) * bound;
}

/** Fan in plus fan out; leading axes are a receptive field. */
function fans(shape: readonly number[]): number {
  const [a = 1, b = 1] = shape.length < 2 ? [shape[0], shape[0]] : shape.slice(-2);
  return (a + b) * sizeOf(shape.slice(0, -2));
}

/** Values of all parameters, by name. */
export function initialValues(specs: readonly InitialSpec[], seed: number): Record<string, HostTensor> {
  return Object.fromEntries(specs.map((spec) => [spec.name, initialValue(spec, seed)]));
}
