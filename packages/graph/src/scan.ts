// Recurrence: an op with a body. `scan` traces the body and finds what it uses of the outside; the gradient is the scan
// from the last step to the first of the body's own gradient.
import {
  add,
  apply,
  broadcast,
  cast,
  constant,
  equal,
  gather,
  input,
  iota,
  reshape,
  select,
  size,
  sub,
  transpose,
} from './build.js';
import { createGraph, reachable } from './graph.js';
import type { GradientContext } from './gradient-rule.js';
import { optimize } from './passes.js';
import { substitute } from './rewrite.js';
import { scanInputs } from './scan-types.js';
import { normalizeAxis } from './shapes.js';
import { at } from './types.js';
import type { Tensor } from './signatures.js';

/** How a {@link scan} walks. */
export interface ScanOptions {
  /** The axis of time, of the sequences and of the results. Default 0. */
  readonly axis?: number;
  /** From the last element to the first; a value stands at its element's place all the same. Default false. */
  readonly reverse?: boolean;
}

/** One step: from the states and this step's elements to the next states. Tensors of the outside may be used as they are. */
export type ScanBody = (states: readonly Tensor[], elements: readonly Tensor[]) => readonly Tensor[];

/**
 * Carries states along an axis of sequences: `states(t) = body(states(t - 1), elements(t))`.
 *
 * What the body computes from the outside alone is computed once, before the first step. A state that does not depend on
 * its predecessor is simply a result of every step.
 *
 * @param start the states before the first step, of any shapes.
 * @param sequences one or more, all as long as each other along `axis`; a step gets their elements, without that axis.
 * @returns for every state its values after each step, with the axis of time.
 * @throws GraphError where a state changes its type in a step, or sequences differ in length.
 * @example
 * ```ts
 * // A simple recurrent network: inputs [batch, length, d], weights [d, d], zeros [batch, d].
 * const [hidden] = scan([zeros], [inputs], ([h], [x]) => [tanh(add(x, matmul(h, weights)))], { axis: 1 });
 * ```
 */
export function scan(
  start: readonly Tensor[],
  sequences: readonly Tensor[],
  body: ScanBody,
  { axis = 0, reverse = false }: ScanOptions = {},
): readonly Tensor[] {
  const inFront = sequences.map((sequence) => moveAxis(sequence, normalizeAxis(axis, sequence.shape.length), 0));
  const results = walk(start, inFront, body, reverse, start.map(() => true)); // prettier-ignore
  return results.map((result) => moveAxis(result, 0, normalizeAxis(axis, result.shape.length)));
}

/** The same along axis 0. Of a state that is not collected the last value alone is given. */
function walk(
  start: readonly Tensor[],
  sequences: readonly Tensor[],
  body: ScanBody,
  reverse: boolean,
  collect: readonly boolean[],
): readonly Tensor[] {
  const states = start.map(({ shape, dtype }, i) => input(`state.${i}`, shape, dtype));
  const elements = sequences.map(({ shape, dtype }, i) => input(`element.${i}`, shape.slice(1), dtype));
  const next = body(states, elements);
  const own = [...states, ...elements];
  const outer = outside(next, own);
  const given = new Map(outer.map((tensor, i) => [tensor, input(`outer.${i}`, tensor.shape, tensor.dtype)]));
  const closed = substitute(next, given);
  const outputs = Object.fromEntries(closed.map((tensor, i) => [`state.${i}`, tensor]));
  return apply('scan', [...start, ...sequences, ...outer], {
    body: optimize(createGraph(outputs, [...own, ...given.values()])),
    states: start.length,
    sequences: sequences.length,
    reverse,
    collect,
  });
}

/** What a body takes from the outside: tensors that depend on none of its own inputs, but constants, which it may hold itself. */
function outside(results: readonly Tensor[], own: readonly Tensor[]): Tensor[] {
  const nodes = reachable(results);
  const inside = new Set(own.map(({ node }) => node.id));
  for (const { id, inputs } of nodes) if (inputs.some((tensor) => tensor && inside.has(tensor.node.id))) inside.add(id);
  const read = nodes.flatMap((node): (Tensor | undefined)[] => (inside.has(node.id) ? [...node.inputs] : []));
  const found = [...read, ...results].filter((tensor) => tensor !== undefined);
  return [...new Set(found.filter(({ node }) => !inside.has(node.id) && node.op !== 'constant'))];
}

function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== from);
  return transpose(x, others.toSpliced(to, 0, from));
}

/**
 * The gradient: a scan from the last step to the first. It carries the cotangents of the states and, for what comes from
 * the outside, sums; the cotangents of the elements are collected. A step is computed again from the states before it,
 * so nothing but states is kept.
 */
export function scanGradient(context: GradientContext<'scan'>): readonly (Tensor | undefined)[] {
  const { inputs, attributes, outputs, cotangents, differentiate } = context;
  const { body, states, sequences, reverse, collect } = attributes;
  const start = inputs.slice(0, states);
  const elements = inputs.slice(states, states + sequences);
  const outer = inputs.slice(states + sequences);
  const all = collect.every(Boolean)
    ? outputs
    : apply('scan', inputs, { ...attributes, collect: collect.map(() => true) });
  const before = start.map((first, i) => valuesBefore(first, at(all, i), reverse));
  const bodyInputs = scanInputs(attributes).map((name) => required(body.inputs.get(name)));
  const floats = (tensors: readonly Tensor[]): number[] =>
    tensors.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []));
  const [ofStates, ofElements, ofOuter] = [floats(start), floats(elements), floats(outer)];
  // The cotangent of all values arrives step by step, that of a last value where the walk back begins.
  const arriving = ofStates.filter((i) => collect[i] === true && cotangents[i] !== undefined);
  const begin = ofStates.map((i) => (collect[i] === true ? undefined : cotangents[i]) ?? zeros(at(start, i).shape));

  const step = (carried: readonly Tensor[], own: readonly Tensor[]): Tensor[] => {
    const totals = ofStates.map((i, place) => {
      const here = arriving.indexOf(i);
      return here < 0 ? at(carried, place) : add(at(carried, place), at(own, states + sequences + here));
    });
    const gradients = differentiate(
      ofStates.map((i, place) => [required(body.outputs.get(`state.${i}`)), at(totals, place)] as const),
      bodyInputs,
    ).map((gradient, i) => gradient ?? zeros(at(bodyInputs, i).shape));
    // So far in terms of the forward body's inputs.
    const values = [...own.slice(0, states + sequences), ...outer];
    const found = substitute(gradients, new Map(bodyInputs.map((tensor, i) => [tensor, at(values, i)])));
    return [
      ...ofStates.map((i) => at(found, i)),
      ...ofOuter.map((i, place) => add(at(carried, ofStates.length + place), at(found, states + sequences + i))),
      ...ofElements.map((i) => at(found, states + i)),
    ];
  };
  const results = walk(
    [
      ...begin,
      ...ofOuter.map((i) => zeros(at(outer, i).shape)),
      ...ofElements.map((i) => zeros(at(elements, i).shape.slice(1))),
    ],
    [...before, ...elements, ...arriving.map((i) => required(cotangents[i]))],
    step,
    !reverse,
    [...ofStates.map(() => false), ...ofOuter.map(() => false), ...ofElements.map(() => true)],
  );
  const placed = (of: readonly number[], count: number, from: number): (Tensor | undefined)[] =>
    Array.from({ length: count }, (_, i) => (of.includes(i) ? results[from + of.indexOf(i)] : undefined));
  return [
    ...placed(ofStates, states, 0),
    ...placed(ofElements, sequences, ofStates.length + ofOuter.length),
    ...placed(ofOuter, outer.length, ofStates.length),
  ];
}

const zeros = (shape: Tensor['shape']): Tensor => broadcast(constant(0), shape);

/** A value that the shape rule has seen. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a scan that its shape rule would refuse');
  return value;
}

/** The state before each step: all values one step later, with the first one at the end where the walk begins. */
function valuesBefore(first: Tensor, all: Tensor, reverse: boolean): Tensor {
  const time = at(all.shape, 0);
  const place = iota(time);
  const begins = equal(place, reverse ? sub(cast(size(time), 'int32'), 1) : 0);
  const previous = select(begins, place, reverse ? add(place, 1) : sub(place, 1));
  const column = reshape(begins, [time, ...first.shape.map(() => 1)]);
  return select(column, first, gather(all, previous));
}
