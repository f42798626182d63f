// Matrix products: one kernel of dot products over packed rows. Each element's sum is taken in
// the same order whatever the number of rows, so a result does not depend on how rows are cut into batches.
import { sizeOf } from '../backend.js';
import { at } from '../types.js';
import { broadcastStrides, offsetsOf } from './strides.js';
import { asFloats, floats, type FloatValue, type Value } from './values.js';

/** Rows of the right operand, and elements of a sum, that are reused while they are in the cache. */
const ROWS = 64;
const DEPTH = 256;

/** out [m, n] = a [m, k] b [n, k]^T, at offsets of larger buffers; `add` adds to what is there. */
export function dotRows(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  out: Float64Array,
  outAt: number,
  m: number,
  n: number,
  k: number,
  add = false,
): void {
  if (!add) out.fill(0, outAt, outAt + m * n);
  for (let depth = 0; depth < k; depth += DEPTH) {
    const end = Math.min(depth + DEPTH, k);
    for (let from = 0; from < n; from += ROWS) {
      const to = Math.min(from + ROWS, n);
      for (let i = 0; i < m; i++) {
        const target = outAt + i * n;
        let j = from;
        for (; j + 4 <= to; j += 4) fourDots(a, aAt + i * k, b, bAt + j * k, k, depth, end, out, target + j);
        for (; j < to; j++) {
          let sum = 0;
          for (let p = depth; p < end; p++) sum += a[aAt + i * k + p]! * b[bAt + j * k + p]!;
          out[target + j] = out[target + j]! + sum;
        }
      }
    }
  }
}

/** Adds the products of one row with four neighbouring rows, which lie k apart: four sums keep the processor busy. */
function fourDots(
  a: Float64Array,
  left: number,
  b: Float64Array,
  b0: number,
  k: number,
  start: number,
  end: number,
  out: Float64Array,
  target: number,
): void {
  const b1 = b0 + k;
  const b2 = b1 + k;
  const b3 = b2 + k;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let p = start; p < end; p++) {
    const x = a[left + p]!;
    s0 += x * b[b0 + p]!;
    s1 += x * b[b1 + p]!;
    s2 += x * b[b2 + p]!;
    s3 += x * b[b3 + p]!;
  }
  out[target] = out[target]! + s0;
  out[target + 1] = out[target + 1]! + s1;
  out[target + 2] = out[target + 2]! + s2;
  out[target + 3] = out[target + 3]! + s3;
}

/** Every [rows, columns] matrix of a tensor transposed. */
export function transposeLast(data: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(data.length);
  const size = rows * columns;
  for (let matrix = 0; matrix < data.length; matrix += size) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) out[matrix + j * rows + i] = data[matrix + i * columns + j]!;
    }
  }
  return out;
}

/** The product over the last two axes; leading axes broadcast. */
export function matmulValues(
  left: Value,
  right: Value,
  transA: boolean,
  transB: boolean,
  shape: readonly number[],
): FloatValue {
  const [a, b] = [asFloats(left), asFloats(right)];
  const [m, n] = [at(shape, -2), at(shape, -1)];
  const k = at(a.shape, transA ? -2 : -1);
  const rowsA = transA ? transposeLast(a.data, k, m) : a.data;
  const rowsB = transB ? b.data : transposeLast(b.data, k, n);
  const out = floats(shape);
  const batch = shape.slice(0, -2);
  const batchA = offsetsOf(batch, broadcastStrides(a.shape.slice(0, -2), batch));
  const batchB = offsetsOf(batch, broadcastStrides(b.shape.slice(0, -2), batch));
  for (let i = 0; i < batchA.length; i++)
    dotRows(rowsA, batchA[i]! * m * k, rowsB, batchB[i]! * n * k, out.data, i * m * n, m, n, k);
  return out;
}

/** [.., m] and [.., k] to [m, k]: outer products summed over all leading axes. */
export function contractValues(left: Value, right: Value, shape: readonly number[]): FloatValue {
  const [a, b] = [asFloats(left), asFloats(right)];
  const rows = sizeOf(a.shape.slice(0, -1));
  const [m, k] = [at(a.shape, -1), at(b.shape, -1)];
  const out = floats(shape);
  dotRows(transposeLast(a.data, rows, m), 0, transposeLast(b.data, rows, k), 0, out.data, 0, m, k, rows);
  return out;
}
