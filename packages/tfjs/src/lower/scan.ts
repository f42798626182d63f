// Scan as a loop here: the body once per element, on tensors of the device.
import { at, scanInputs, sizeOf } from '@difsr/graph';
import { concat, type Tensor } from '@tensorflow/tfjs-core';
import { alias, reshape, tensorOf } from '../kernel.js';
import { sliceAxis } from './elementwise.js';
import type { LowerContext } from './lowering.js';

/** All values or the last one of each state. */
export function scan({ inputs, attributes, runBody }: LowerContext<'scan'>): Tensor[] {
  const { body, states, sequences, reverse, collect } = attributes;
  const names = scanInputs(attributes);
  const start = inputs.slice(0, states);
  const outer = inputs.slice(states + sequences);
  const time = at(at(inputs, states).shape, 0);
  /** Of the steps so far, in the order of time. */
  const kept: Tensor[][] = start.map(() => []);
  let current: readonly Tensor[] = start;
  for (let i = 0; i < time; i++) {
    const place = reverse ? time - 1 - i : i;
    const elements = inputs.slice(states, states + sequences).map((sequence) => elementOf(sequence, place));
    const given = [...current, ...elements, ...outer];
    const next = runBody(body, new Map(names.map((name, n) => [name, at(given, n)])));
    for (const element of elements) element.dispose();
    // A value that is collected lives on until all are joined; the start is the caller's.
    if (i > 0) current.forEach((value, n) => collect[n] === true || value.dispose());
    current = start.map((_, n) => {
      const value = next[`state.${n}`];
      if (value === undefined) throw new Error(`the body gave no state ${n}`);
      return value;
    });
    current.forEach((value, n) => {
      if (collect[n] === true) kept[n]?.[reverse ? 'unshift' : 'push'](value);
    });
  }
  return start.map((value, n) =>
    collect[n] === true ? joined(at(kept, n), value) : time === 0 ? alias(value) : at(current, n),
  );
}

function elementOf(sequence: Tensor, place: number): Tensor {
  const row = sliceAxis(sequence, 0, place, place + 1);
  const element = reshape(row, sequence.shape.slice(1));
  row.dispose();
  return element;
}

/** `[time, ..]` of the values, which are disposed; `like` is of their type. */
function joined(values: readonly Tensor[], like: Tensor): Tensor {
  const rows = values.map((value) => reshape(value, [1, ...value.shape]));
  const all =
    values.length * sizeOf(like.shape) === 0
      ? empty([values.length, ...like.shape], like.dtype)
      : rows.length === 1
        ? alias(at(rows, 0))
        : concat(rows, 0);
  for (const value of [...values, ...rows]) value.dispose();
  return all;
}

/** tfjs's own concat of nothing gives no typed array. */
function empty(shape: readonly number[], dtype: Tensor['dtype']): Tensor {
  if (dtype === 'int32') return tensorOf(new Int32Array(), shape, dtype);
  return dtype === 'bool' ? tensorOf(new Uint8Array(), shape, dtype) : tensorOf(new Float32Array(), shape, 'float32');
}
