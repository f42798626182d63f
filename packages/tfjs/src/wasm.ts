// Batches of matrix products on tfjs's wasm device. Its kernel hands a single product to XNNPACK and computes a batch by
// plain loops, some fifteen times slower; here every matrix of a batch becomes a product of its own, on views of the
// same memory. This reaches into the device, so it checks that everything is where 4.22 has it, and gives way if not.
import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { at, sizeOf } from '@difsr/graph';
import { broadcastPlaces } from './broadcast.js';
import { allocate } from './host.js';

type Product = (
  a: number,
  aShape: number,
  aRank: number,
  b: number,
  bShape: number,
  bRank: number,
  transposeA: number,
  transposeB: number,
  out: number,
) => void;

/** The parts of tfjs's wasm device that are used here. */
interface WasmDevice {
  readonly wasm: {
    readonly HEAP32: Int32Array;
    readonly tfjs: {
      registerTensor(id: number, size: number, offset: number): void;
      disposeData(id: number): void;
    };
    cwrap(name: string, result: null, types: readonly string[]): Product;
    stackSave(): number;
    stackAlloc(bytes: number): number;
    stackRestore(place: number): void;
  };
  getMemoryOffset(dataId: object): number;
}

function isWasmDevice(backend: object): backend is WasmDevice {
  if (!('wasm' in backend && 'getMemoryOffset' in backend && typeof backend.wasm === 'object')) return false;
  const { wasm } = backend;
  if (wasm === null || !('tfjs' in wasm && 'HEAP32' in wasm)) return false;
  const functions = ['cwrap', 'stackSave', 'stackAlloc', 'stackRestore'];
  const { tfjs } = wasm;
  return (
    functions.every((name) => typeof Reflect.get(wasm, name) === 'function') &&
    typeof tfjs === 'object' &&
    tfjs !== null &&
    'registerTensor' in tfjs &&
    'disposeData' in tfjs
  );
}

/** tfjs numbers its tensors from 1 on; these numbers name the views of one product. */
const VIEW_A = 0x7f00_0000;
const VIEW_B = 0x7f00_0001;
const VIEW_OUT = 0x7f00_0002;

const products = new WeakMap<object, Product>();

/**
 * The products of [.., m, k] and [.., k, n] matrices, leading axes broadcast to those of `shape`.
 *
 * @returns undefined where the active device is another one, or holds its parts elsewhere.
 */
export function batchProductOnWasm(a: Tensor, b: Tensor, shape: readonly number[]): Tensor | undefined {
  const { backend } = engine();
  if (!isWasmDevice(backend)) return undefined;
  const lead = shape.slice(0, -2);
  const [m, k, n] = [at(a.shape, -2), at(a.shape, -1), at(b.shape, -1)];
  const out = allocate(shape, 'float32');
  if (sizeOf(shape) === 0) return out;
  const { wasm } = backend;
  const product =
    products.get(wasm) ??
    wasm.cwrap(
      'BatchMatMul',
      null,
      Array.from({ length: 9 }, () => 'number'),
    );
  products.set(wasm, product);
  const base = (x: Tensor): number => backend.getMemoryOffset(x.dataId);
  const [fromA, fromB, to] = [base(a), base(b), base(out)];
  const placesA = broadcastPlaces(a.shape.slice(0, -2), lead);
  const placesB = broadcastPlaces(b.shape.slice(0, -2), lead);
  const stack = wasm.stackSave();
  try {
    const shapeA = wasm.stackAlloc(12);
    const shapeB = wasm.stackAlloc(12);
    wasm.HEAP32.set([1, m, k], shapeA >> 2);
    wasm.HEAP32.set([1, k, n], shapeB >> 2);
    for (let i = 0; i < placesA.length; i++) {
      // Both lists have one place per matrix of the output.
      wasm.tfjs.registerTensor(VIEW_A, m * k, fromA + 4 * m * k * placesA[i]!);
      wasm.tfjs.registerTensor(VIEW_B, k * n, fromB + 4 * k * n * placesB[i]!);
      wasm.tfjs.registerTensor(VIEW_OUT, m * n, to + 4 * m * n * i);
      product(VIEW_A, shapeA, 3, VIEW_B, shapeB, 3, 0, 0, VIEW_OUT);
      // Forgets the views and the packed right side; their memory stays, it belongs to the tensors.
      for (const view of [VIEW_A, VIEW_B, VIEW_OUT]) wasm.tfjs.disposeData(view);
    }
  } finally {
    wasm.stackRestore(stack);
  }
  return out;
}
