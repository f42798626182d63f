// Initial values of parameters, reproducible from (seed, parameter name) alone: adding or
// reordering parameters leaves the others' values as they were.
import { normal, sizeOf, streamId, type HostTensor } from '@difsr/graph';
import type { ParameterSpec } from './scope.js';

/** How a parameter starts. */
export type Initializer =
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' };

/** Whether two initializers give the same values. */
export function sameInitializer(a: Initializer, b: Initializer): boolean {
  return a.kind === b.kind && (a.kind !== 'normal' || b.kind !== 'normal' || a.deviation === b.deviation);
}

/** Values of one parameter. */
export function initialValue(spec: ParameterSpec, seed: number): HostTensor {
  const count = sizeOf(spec.shape);
  const { initializer } = spec;
  const data = new Float32Array(count);
  if (initializer.kind === 'ones') data.fill(1);
  if (initializer.kind === 'normal') {
    const values = normal({ seed, step: 0, stream: streamId(spec.name) }, count);
    for (let i = 0; i < count; i++) data[i] = (values[i] ?? 0) * initializer.deviation;
  }
  return { dtype: 'float32', shape: spec.shape, data };
}

/** Values of all parameters, by name. */
export function initialValues(specs: readonly ParameterSpec[], seed: number): Record<string, HostTensor> {
  return Object.fromEntries(specs.map((spec) => [spec.name, initialValue(spec, seed)]));
}
