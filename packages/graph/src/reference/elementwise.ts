// Elementwise rules with NumPy's broadcasting, and the rules that only move elements.
import { bindDim } from '../shapes.js';
import { formatShape, GraphError, type Dim } from '../types.js';
import { offsetsOf, broadcastStrides, stridesOf, walkRows } from './strides.js';
import { asFloats, bools, floats, valueOf, type FloatValue, type Value } from './values.js';

/** f(x) for every element. */
export function mapFloats(value: Value, f: (x: number) => number): FloatValue {
  const x = asFloats(value).data;
  const out = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) out[i] = f(x[i]!);
  return floats(value.shape, out);
}

/** f(a, b) for every element of the broadcast shape; the result's dtype is `dtype`. */
export function combine(
  a: Value,
  b: Value,
  shape: readonly number[],
  dtype: Value['dtype'],
  f: (a: number, b: number) => number,
): Value {
  const [wa, wb] = [walkRows(a.shape, shape), walkRows(b.shape, shape)];
  const width = shape.at(-1) ?? 1;
  const [x, y] = [a.data, b.data];
  return valueOf(dtype, shape, (out) => {
    let o = 0;
    for (let row = 0; row < wa.rows.length; row++) {
      let [i, j] = [wa.rows[row]!, wb.rows[row]!];
      for (let column = 0; column < width; column++, i += wa.step, j += wb.step) out[o++] = f(x[i]!, y[j]!);
    }
  });
}

/** `a` where the condition holds, else `b`. */
export function choose(condition: Value, a: Value, b: Value, shape: readonly number[]): Value {
  const place = (value: Value): Int32Array => offsetsOf(shape, broadcastStrides(value.shape, shape));
  const [ofCondition, ofA, ofB] = [place(condition), place(a), place(b)];
  return valueOf(a.dtype, shape, (out) => {
    for (let i = 0; i < out.length; i++)
      out[i] = condition.data[ofCondition[i]!] === 1 ? a.data[ofA[i]!]! : b.data[ofB[i]!]!;
  });
}

/** The value in another dtype: fractions are cut off, truth is "not zero". */
export function convert(value: Value, to: Value['dtype']): Value {
  if (value.dtype === to) return value;
  if (to === 'bool') {
    const truth = new Uint8Array(value.data.length);
    for (let i = 0; i < truth.length; i++) truth[i] = value.data[i] === 0 ? 0 : 1;
    return bools(value.shape, truth);
  }
  // An Int32Array cuts fractions off on assignment.
  return valueOf(to, value.shape, (out) => out.set(value.data));
}

/** The elements of `value` at the given offsets. */
export function pick(value: Value, shape: readonly number[], offsets: Int32Array): Value {
  return valueOf(value.dtype, shape, (out) => {
    for (let i = 0; i < out.length; i++) out[i] = value.data[offsets[i]!]!;
  });
}

export function transposeValue(value: Value, permutation: readonly number[], shape: readonly number[]): Value {
  const strides = stridesOf(value.shape);
  return pick(
    value,
    shape,
    offsetsOf(
      shape,
      permutation.map((axis) => strides[axis]!),
    ),
  );
}

export function broadcastValue(value: Value, shape: readonly number[]): Value {
  return pick(value, shape, offsetsOf(shape, broadcastStrides(value.shape, shape)));
}

/** A tensor seen as [outer, size, inner] around an axis. */
function around(shape: readonly number[], axis: number): { outer: number; size: number; inner: number } {
  const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
  return { outer: product(shape.slice(0, axis)), size: shape[axis]!, inner: product(shape.slice(axis + 1)) };
}

/** Elements start..end-1 of an axis; the end may be a symbol, whose size must not pass the axis. */
export function sliceValue(
  value: Value,
  axis: number,
  start: number,
  end: Dim,
  shape: readonly number[],
  sizes: ReadonlyMap<string, number>,
): Value {
  const stop = bindDim(end, sizes);
  const { outer, size, inner } = around(value.shape, axis);
  if (stop > size)
    throw new GraphError(
      `slice: end ${end}${typeof end === 'string' ? ` = ${stop}` : ''} is past axis ${axis} of ${formatShape(value.shape)}`,
    );
  const block = (stop - start) * inner;
  return valueOf(value.dtype, shape, (out) => {
    for (let o = 0; o < outer; o++)
      out.set(value.data.subarray((o * size + start) * inner, (o * size + stop) * inner), o * block);
  });
}

/** The value at start.. along an axis of a larger size, zeros elsewhere. */
export function padValue(value: Value, axis: number, start: number, shape: readonly number[]): Value {
  const { outer, size, inner } = around(value.shape, axis);
  const whole = shape[axis]!;
  if (start + size > whole)
    throw new GraphError(`pad: ${start} + ${size} is past axis ${axis} of ${formatShape(shape)}`);
  return valueOf(value.dtype, shape, (out) => {
    for (let o = 0; o < outer; o++)
      out.set(value.data.subarray(o * size * inner, (o + 1) * size * inner), (o * whole + start) * inner);
  });
}

/** Values one after the other along an axis. */
export function concatValues(values: readonly Value[], axis: number, shape: readonly number[]): Value {
  const whole = around(shape, axis);
  return valueOf(values[0]!.dtype, shape, (out) => {
    let start = 0;
    for (const value of values) {
      const block = around(value.shape, axis).size * whole.inner;
      for (let o = 0; o < whole.outer; o++)
        out.set(value.data.subarray(o * block, (o + 1) * block), o * whole.size * whole.inner + start);
      start += block;
    }
  });
}

/** Folds axes with f, starting at `initial`. */
export function reduceFloats(
  value: Value,
  axes: readonly number[],
  shape: readonly number[],
  initial: number,
  f: (total: number, x: number) => number,
): FloatValue {
  const x = asFloats(value).data;
  const kept = value.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const { rows, step } = walkRows(kept, value.shape);
  const width = value.shape.at(-1) ?? 1;
  const out = floats(shape);
  out.data.fill(initial);
  let i = 0;
  for (const row of rows) {
    let o = row;
    for (let column = 0; column < width; column++, o += step) out.data[o] = f(out.data[o]!, x[i++]!);
  }
  return out;
}
