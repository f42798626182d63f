// Lowering of leaves, of ops that move elements without computing, and of reductions.
import { at, GraphError, type Dim } from '@difsr/graph';
import { onnxDataType } from '../file/encode.js';
import type { Emitter } from './emitter.js';
import type { Lowering } from './lowering.js';

type Leaf = 'input' | 'constant' | 'iota' | 'size';
type Movement = 'reshape' | 'transpose' | 'broadcast' | 'slice' | 'pad' | 'concat';
type Reduction = 'reduceSum' | 'reduceMax';

/** `a - b - less` as int64 `[1]`. */
function difference(emitter: Emitter, a: Dim, b: Dim, less: number): string {
  if (typeof a === 'number' && typeof b === 'number') return emitter.int64([a - b - less]);
  const gap = emitter.op('Sub', [emitter.dim(a), emitter.dim(b)]);
  return less === 0 ? gap : emitter.op('Sub', [gap, emitter.int64([less])]);
}

export const shapes: { readonly [N in Leaf | Movement | Reduction]: Lowering<N> } = {
  input: (_, { attributes: { name } }) => [name],
  constant: (emitter, { attributes: { dtype, shape, data } }) => [emitter.constant(dtype, shape, data)],
  iota: (emitter, { attributes: { size } }) => {
    if (typeof size === 'number')
      return [
        emitter.constant(
          'int32',
          [size],
          Array.from({ length: size }, (_, i) => i),
        ),
      ];
    const end = emitter.op('Cast', [emitter.dimScalar(size)], { to: onnxDataType('int32') });
    return [emitter.op('Range', [emitter.scalar(0, 'int32'), end, emitter.scalar(1, 'int32')])];
  },
  size: (emitter, { attributes: { dim } }) => [
    typeof dim === 'number'
      ? emitter.scalar(dim)
      : emitter.op('Cast', [emitter.dimScalar(dim)], { to: onnxDataType('float') }),
  ],
  reshape: (emitter, { inputs: [from], attributes: { shape } }, [x]) => [emitter.reshape(x, from.shape, shape)],
  transpose: (emitter, { attributes: { permutation } }, [x]) => [emitter.op('Transpose', [x], { perm: permutation })],
  // Expand keeps an axis where it is asked for 1: only sizes that grow must be known.
  broadcast: (emitter, { inputs: [from], attributes: { shape } }, [x]) => {
    const lead = shape.length - from.shape.length;
    const grown = shape.map((dim, axis) => (axis >= lead && from.shape[axis - lead] === dim ? 1 : dim));
    return [emitter.op('Expand', [x, emitter.shape(grown)])];
  },
  slice: (emitter, { attributes: { axis, start, end } }, [x]) => [
    emitter.op('Slice', [x, emitter.int64([start]), emitter.dim(end), emitter.int64([axis])]),
  ],
  pad: (emitter, { inputs: [from], attributes: { axis, start, size } }, [x]) => {
    const rank = from.shape.length;
    const zeros = (count: number): string[] =>
      count > 0 ? [emitter.int64(Array.from({ length: count }, () => 0))] : [];
    const own = at(from.shape, axis);
    if (typeof own === 'number' && typeof size === 'number') {
      const pads = Array.from({ length: 2 * rank }, (_, i) =>
        i === axis ? start : i === rank + axis ? size - own - start : 0,
      );
      return [emitter.op('Pad', [x, emitter.int64(pads)])];
    }
    const after = difference(emitter, size, own, start);
    const parts = [...zeros(axis), emitter.int64([start]), ...zeros(rank - 1), after, ...zeros(rank - 1 - axis)];
    return [emitter.op('Pad', [x, emitter.op('Concat', parts, { axis: 0 })])];
  },
  concat: (emitter, { attributes: { axis } }, inputs) => {
    if (inputs.length === 0) throw new GraphError('concat of nothing');
    return [emitter.op('Concat', inputs, { axis })];
  },
  reduceSum: (emitter, { attributes: { axes, keepDims } }, [x]) => [
    emitter.op('ReduceSum', [x, emitter.int64(axes)], { keepdims: keepDims ? 1 : 0 }),
  ],
  // Axes became an input in opset 18.
  reduceMax: (emitter, { attributes: { axes, keepDims } }, [x]) => {
    const keepdims = keepDims ? 1 : 0;
    return [
      emitter.target === 'runtime'
        ? emitter.op('ReduceMax', [x, emitter.int64(axes)], { keepdims })
        : emitter.op('ReduceMax', [x], { axes, keepdims }),
    ];
  },
};
