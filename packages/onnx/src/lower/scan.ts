// Lowering of scan to ONNX's own Scan, whose body is lowered by the same table.
import { at, scanInputs, type NodeOf } from '@difsr/graph';
import type { OnnxValue } from '../file/model.js';
import { onnxDTypes, type Emitter } from './emitter.js';
import type { Lowering, Surroundings } from './lowering.js';

type Type = Omit<OnnxValue, 'name'>;

const stateOf = (i: number): string => `state.${i}`;

export const recurrence: { readonly scan: Lowering<'scan'> } = {
  // ONNX Runtime's Scan fails where there is no step at all.
  scan: (emitter, node, names, surroundings) => {
    const { states, collect } = node.attributes;
    const time = at(at(node.inputs, states).shape, 0);
    if (typeof time === 'number' && time > 0) return steps(emitter, node, names, surroundings);
    const types = node.outputs.map(({ dtype, shape }): Type => ({ dtype: onnxDTypes[dtype], shape }));
    const none = emitter.op('Equal', [emitter.dimScalar(time), emitter.int64Scalar(0)]);
    return emitter.either(none, types, {
      whenTrue: (inner) => collect.map((all, i) => (all ? empty(inner, at(names, i)) : at(names, i))),
      whenFalse: (inner) => steps(inner, node, names, surroundings),
    });
  },
};

/** No values of a state: `[0, ..state]`. */
function empty(emitter: Emitter, state: string): string {
  const axis = emitter.int64([0]);
  return emitter.op('Slice', [emitter.op('Unsqueeze', [state, axis]), axis, axis, axis]);
}

function steps(
  emitter: Emitter,
  { attributes }: NodeOf<'scan'>,
  names: readonly string[],
  { lowerBody }: Surroundings,
): readonly string[] {
  const { body, states, sequences, reverse, collect } = attributes;
  const all = collect.map((_, i) => i);
  const read = new Set<unknown>([
    ...body.nodes.flatMap(({ inputs }): readonly unknown[] => inputs),
    ...body.outputs.values(),
  ]);
  // A state that nobody reads in the next step, and of which all values are wanted, is a result of the steps alone.
  const carried = all.filter((i) => collect[i] !== true || read.has(body.inputs.get(stateOf(i))));
  const collected = all.filter((i) => collect[i] === true);
  const typeOf = (name: string): Type => {
    const tensor = body.inputs.get(name);
    if (tensor === undefined) throw new Error(`the body of a scan has no ${name}`);
    return { dtype: onnxDTypes[tensor.dtype], shape: tensor.shape };
  };
  const results = emitter.scan(
    carried.map((i) => ({ start: at(names, i), value: typeOf(stateOf(i)) })),
    Array.from({ length: sequences }, (_, i) => ({ start: at(names, states + i), value: typeOf(`element.${i}`) })),
    collected.map((i) => typeOf(stateOf(i))),
    reverse,
    (inner, own, elements) => {
      const inside = (i: number): string => {
        if (carried.includes(i)) return at(own, carried.indexOf(i));
        return i >= states && i < states + sequences ? at(elements, i - states) : at(names, i);
      };
      const next = lowerBody(inner, body, new Map(scanInputs(attributes).map((name, i) => [name, inside(i)])));
      return [...carried, ...collected].map((i) => next.get(stateOf(i)) ?? '');
    },
  );
  return all.map((i) => at(results, collect[i] === true ? carried.length + collected.indexOf(i) : carried.indexOf(i)));
}
