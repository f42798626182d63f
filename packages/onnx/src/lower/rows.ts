// Lowering of gathers and of their transposes. Sums at repeated ids go through ScatterElements, which is exact on any
// number of threads; ScatterND with reduction "add" loses updates on two and must never be used.
import { at, sizeOf, type NodeOf, type Shape } from '@difsr/graph';
import type { Emitter } from './emitter.js';
import type { Lowering, Surroundings } from './lowering.js';

/** Zeros of a shape that may hold symbols. */
export function zeros(emitter: Emitter, shape: string): string {
  return emitter.op('ConstantOfShape', [shape]); // its default value is a float zero
}

/** Adds the rows of a `scatterAdd` to `base`, a value of the scatter's shape. */
export function scatterOnto(
  emitter: Emitter,
  node: NodeOf<'scatterAdd'>,
  base: string,
  { valueOf }: Surroundings,
): string {
  const { shape, rowAxes } = node.attributes;
  const [ids, updates] = node.inputs;
  const rest = shape.slice(rowAxes);
  const flatIds = emitter.flatten(valueOf(ids), ids.shape, undefined);
  if (rest.length === 0) {
    const flat = emitter.flatten(base, shape, undefined);
    const sum = scatter(emitter, flat, flatIds, emitter.flatten(valueOf(updates), updates.shape, undefined), 0);
    return rowAxes === 1 ? sum : emitter.op('Reshape', [sum, emitter.shape(shape)]);
  }
  const flat = rowAxes === 1 && rest.length === 1 ? base : emitter.flatten(base, shape, rest);
  const rows =
    ids.shape.length === 1 && rest.length === 1
      ? valueOf(updates)
      : emitter.flatten(valueOf(updates), updates.shape, rest);
  const sum = scatterRows(emitter, flat, flatIds, rows, rest);
  return rowAxes === 1 && rest.length === 1 ? sum : emitter.op('Reshape', [sum, emitter.shape(shape)]);
}

/** `base [n, w]` with `rows [t, w]` added at `ids [t]`; `width` is w, perhaps in several dimensions. */
export function scatterRows(emitter: Emitter, base: string, ids: string, rows: string, width: Shape): string {
  const shape = width.every((dim) => typeof dim === 'number')
    ? emitter.int64([1, sizeOf(width)])
    : emitter.op('Concat', [emitter.int64([1]), emitter.count(width)], { axis: 0 });
  return scatter(
    emitter,
    base,
    emitter.op('Expand', [emitter.op('Unsqueeze', [ids, emitter.int64([1])]), shape]),
    rows,
    0,
  );
}

function scatter(emitter: Emitter, base: string, ids: string, updates: string, axis: number): string {
  return emitter.op('ScatterElements', [base, ids, updates], { axis, reduction: 'add' });
}

export const rows: {
  readonly [N in 'gather' | 'scatterAdd' | 'gatherLast' | 'scatterAddLast' | 'sumRows']: Lowering<N>;
} = {
  gather: (emitter, { inputs: [table], attributes: { rowAxes } }, [x, ids]) => {
    const rest = table.shape.slice(rowAxes);
    const list =
      rowAxes === 1
        ? x
        : rest.length <= 1
          ? emitter.flatten(x, table.shape, rest.length === 0 ? undefined : rest)
          : flattenRows(emitter, x, rest);
    return [emitter.op('Gather', [list, ids], { axis: 0 })];
  },
  scatterAdd: (emitter, node, _, surroundings) => [
    scatterOnto(emitter, node, zeros(emitter, emitter.shape(node.attributes.shape)), surroundings),
  ],
  gatherLast: (emitter, _, [x, ids]) => [emitter.op('GatherElements', [x, ids], { axis: -1 })],
  scatterAddLast: (emitter, { inputs: [ids], attributes: { size } }, [index, updates]) => {
    const shape = [...ids.shape.slice(0, -1), size];
    return [scatter(emitter, zeros(emitter, emitter.shape(shape)), index, updates, ids.shape.length - 1)];
  },
  // Row 0, which lists nothing, is made zero once: a mask over all that is gathered would cost more than the gathering.
  sumRows: (emitter, { inputs: [x], attributes: { tables: own } }, [source, ...names]) => {
    if (x === undefined || source === undefined) throw new Error('sumRows of nothing');
    const [one, axis] = [emitter.int64([1]), emitter.int64([0])];
    const nothing = zeros(emitter, emitter.shape([1, at(x.shape, 1)]));
    const rest = emitter.op('Slice', [source, one, emitter.dim(at(x.shape, 0)), axis]);
    let known = emitter.op('Concat', [nothing, rest], { axis: 0 });
    let made = known;
    names.slice(0, own).forEach((table, i) => {
      if (i > 0) known = emitter.op('Concat', [known, made], { axis: 0 });
      made = emitter.op('ReduceSum', [emitter.op('Gather', [known, table], { axis: 0 }), one], { keepdims: 0 });
    });
    return [made];
  },
};

/** `[.., rest]` to `[-1, rest]` where rest has several axes. */
function flattenRows(emitter: Emitter, x: string, rest: Shape): string {
  if (rest.every((dim) => typeof dim === 'number')) return emitter.op('Reshape', [x, emitter.int64([-1, ...rest])]);
  return emitter.op('Reshape', [
    x,
    emitter.op('Concat', [emitter.int64([-1]), ...rest.map((dim) => emitter.dim(dim))], { axis: 0 }),
  ]);
}
