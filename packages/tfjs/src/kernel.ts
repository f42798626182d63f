// tfjs kernels called by name, without the checks and the tidying of tfjs's own operations: the graph has checked shapes
// and dtypes already, and the executor knows when a tensor dies.
import { engine, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';
import { sizeOf, type DType } from '@difsr/graph';

/** Typed arrays of tensors. */
export type Values = Float32Array | Int32Array | Uint8Array;

type Named = Readonly<Record<string, Tensor>>;

/** The output of a kernel that has one. */
export function run(kernel: string, inputs: Named, attributes?: NamedAttrMap): Tensor {
  return engine().runKernel<Tensor>(kernel, { ...inputs }, attributes);
}

/** The outputs of a kernel that has several. */
export function runMany(kernel: string, inputs: Named, attributes?: NamedAttrMap): Tensor[] {
  return engine().runKernel<Tensor[]>(kernel, { ...inputs }, attributes);
}

/** The same elements in another shape; shares the memory, and is disposed on its own. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return engine().runKernel<Tensor>('Reshape', { x }, { shape: [...shape] });
}

/** The tensor once more: the same memory, disposed on its own. (The kernel Identity copies on wasm.) */
export function alias(x: Tensor): Tensor {
  return reshape(x, x.shape);
}

/** Whether two known shapes are equal. */
export function equalShapes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** A tensor of given values; the array must not be written to afterwards. */
export function tensorOf(values: Values, shape: readonly number[], dtype: DType): Tensor {
  return engine().makeTensor(values, [...shape], dtype);
}

/** A float32 scalar. */
export function scalar(value: number): Tensor {
  return tensorOf(Float32Array.of(value), [], 'float32');
}

/** A float32 tensor of zeros. */
export function zeros(shape: readonly number[]): Tensor {
  return tensorOf(new Float32Array(sizeOf(shape)), shape, 'float32');
}

/** The name under which the active device is registered in tfjs: `cpu`, `wasm`, `webgl`, `webgpu`, `tensorflow`. */
export function deviceName(): string {
  return engine().backendName;
}
