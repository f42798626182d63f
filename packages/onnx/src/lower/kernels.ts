// Lowering of ops that ONNX has whole, and of ranking.
import { at } from '@difsr/graph';
import { onnxDataType } from '../file/encode.js';
import type { Emitter } from './emitter.js';
import type { Lowering } from './lowering.js';
import { zeros } from './rows.js';

export const kernels: { readonly [N in 'softmax' | 'layerNorm' | 'topK' | 'rank']: Lowering<N> } = {
  softmax: (emitter, _, [x]) => [emitter.op('Softmax', [x], { axis: -1 })],
  layerNorm: (emitter, { attributes: { epsilon } }, inputs) =>
    emitter.ops('LayerNormalization', inputs, 3, { axis: -1, epsilon: { float: epsilon } }),
  // ONNX promises the lower index first among equals.
  topK: (emitter, { inputs: [from], attributes: { k } }, [x]) => {
    const int32 = { to: onnxDataType('int32') };
    const best = (inner: Emitter): readonly [string, string] => {
      const [values, ids] = inner.ops('TopK', [x, inner.int64([k])], 2, { axis: -1, largest: 1, sorted: 1 });
      return [values ?? '', inner.op('Cast', [ids ?? ''], int32)];
    };
    const lead = from.shape.slice(0, -1);
    if (lead.every((dim) => typeof dim === 'number' && dim > 0)) return best(emitter);
    // ONNX Runtime's TopK of no rows ends the process with a division by zero.
    const none = emitter.op('Equal', [emitter.count(lead), emitter.int64([0])]);
    const shape = [...lead, k];
    return emitter.either(
      none,
      [
        { dtype: 'float', shape },
        { dtype: 'int32', shape },
      ],
      {
        whenTrue: (inner) => {
          const nothing = zeros(inner, inner.shape(shape));
          return [nothing, inner.op('Cast', [nothing], int32)];
        },
        whenFalse: best,
      },
    );
  },
  // A column comes before the target unless its score is <= the target's (NaN is not), or if it is equal and its id
  // lower. Excluded columns are struck from the float 0/1 matrix, repeated ids once; so is the target itself, which
  // would come before itself where it is NaN.
  rank: (emitter, node, [scores, targets, excluded]) => {
    const { firstItem } = node.attributes;
    const columnDim = at(node.inputs[0].shape, 1);
    const column = emitter.op('Unsqueeze', [targets, emitter.int64([1])]);
    const own = emitter.op('GatherElements', [scores, column], { axis: 1 });
    const end =
      typeof columnDim === 'number'
        ? emitter.scalar(columnDim, 'int32')
        : emitter.op('Cast', [emitter.dimScalar(columnDim)], { to: onnxDataType('int32') });
    const ids = emitter.op('Range', [emitter.scalar(0, 'int32'), end, emitter.scalar(1, 'int32')]);
    const higher = emitter.op('Not', [emitter.op('LessOrEqual', [scores, own])]);
    const tied = emitter.op('And', [emitter.op('Equal', [scores, own]), emitter.op('Less', [ids, column])]);
    const float = { to: onnxDataType('float') };
    let before = emitter.op('Cast', [emitter.or(higher, tied)], float);
    let count: string;
    if (excluded === undefined) {
      const itself = emitter.op('GatherElements', [before, column], { axis: 1 });
      count = emitter.op('Sub', [
        emitter.op('ReduceSum', [before, emitter.int64([1])], { keepdims: 0 }),
        emitter.op('Squeeze', [itself, emitter.int64([1])]),
      ]);
    } else {
      const struck = emitter.op('Concat', [excluded, column], { axis: 1 });
      const none = emitter.op('ConstantOfShape', [emitter.op('Shape', [struck])]);
      before = emitter.op('ScatterElements', [before, struck, none], { axis: 1 });
      count = emitter.op('ReduceSum', [before, emitter.int64([1])], { keepdims: 0 });
    }
    if (firstItem === 1) {
      const skipped = emitter.op('Slice', [before, emitter.int64([0]), emitter.int64([1]), emitter.int64([1])]);
      count = emitter.op('Sub', [count, emitter.op('Squeeze', [skipped, emitter.int64([1])])]);
    }
    return [emitter.op('Cast', [count], { to: onnxDataType('int32') })];
  },
};
