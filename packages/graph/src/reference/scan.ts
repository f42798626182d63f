// The interpreter's rule for scan: the body once per element, results put down at their element's place.
import { sizeOf } from '../backend.js';
import { scanInputs } from '../scan-types.js';
import type { ScanAttributes } from '../signatures.js';
import { at } from '../types.js';
import { valueOf, type Value } from './values.js';

/** All values or the last one of each state. */
export function scanValues(
  inputs: readonly Value[],
  attributes: ScanAttributes,
  step: (values: ReadonlyMap<string, Value>) => ReadonlyMap<string, Value>,
): Value[] {
  const { states, sequences, reverse, collect } = attributes;
  const names = scanInputs(attributes);
  const time = at(at(inputs, states).shape, 0);
  let current = inputs.slice(0, states);
  const collected = current.map(({ dtype, shape }) => valueOf(dtype, [time, ...shape], () => undefined));
  for (let i = 0; i < time; i++) {
    const place = reverse ? time - 1 - i : i;
    const given = inputs.map((value, n) => {
      if (n < states) return at(current, n);
      return n < states + sequences ? elementOf(value, place) : value;
    });
    const next = step(new Map(names.map((name, n) => [name, at(given, n)])));
    current = current.map((_, n) => {
      const value = next.get(`state.${n}`);
      if (value === undefined) throw new Error(`the body gave no state ${n}`);
      return value;
    });
    collected.forEach((all, n) => {
      const value = at(current, n);
      all.data.set(value.data, place * sizeOf(value.shape));
    });
  }
  return collect.map((all, n) => at(all ? collected : current, n));
}

function elementOf({ dtype, shape, data }: Value, place: number): Value {
  const width = sizeOf(shape.slice(1));
  return valueOf(dtype, shape.slice(1), (out) => out.set(data.subarray(place * width, (place + 1) * width)));
}
