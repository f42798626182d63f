// Softmax, layer normalization, and the cross-entropy over a table in chunks of targets: the logits of all targets
// against all items never exist at once.
import { at, sizeOf } from '@difsr/graph';
import { concat, type Tensor } from '@tensorflow/tfjs-core';
import { alias, reshape, run, scalar, zeros } from '../kernel.js';
import { sliceAxis } from './elementwise.js';
import type { LowerContext } from './lowering.js';
import { matmul2d, transposeLast } from './products.js';
import { addRows, checkIds, gatherRows } from './rows.js';

type Scratch = (tensor: Tensor) => Tensor;

/** Elements of a chunk's logits: 8 MB, small enough for caches to help and large enough that calls cost nothing. */
const CHUNK_ELEMENTS = 2 ** 21;

/** Softmax over the last axis. */
export function softmax({ inputs: [x] }: LowerContext<'softmax'>): Tensor[] {
  return [softmaxLast(x)];
}

function softmaxLast(x: Tensor): Tensor {
  if (sizeOf(x.shape) === 0) return alias(x);
  return run('Softmax', { logits: x }, { dim: x.shape.length - 1 });
}

function sumLast(x: Tensor): Tensor {
  return run('Sum', { x }, { axis: [x.shape.length - 1], keepDims: true });
}

/** Normalized rows, their means and their inverse deviations. */
export function layerNorm({
  inputs: [x, scale, bias],
  attributes: { epsilon },
  scratch,
}: LowerContext<'layerNorm'>): Tensor[] {
  const times = (a: Tensor, factor: number): Tensor => run('Multiply', { a, b: scratch(scalar(factor)) });
  const width = at(x.shape, -1);
  const mean = times(scratch(sumLast(x)), 1 / width);
  const centered = scratch(run('Sub', { a: x, b: mean }));
  const squares = scratch(run('Multiply', { a: centered, b: centered }));
  const variance = scratch(times(scratch(sumLast(squares)), 1 / width));
  const deviation = run('Rsqrt', { x: scratch(run('Add', { a: variance, b: scratch(scalar(epsilon)) })) });
  const normalized = scratch(run('Multiply', { a: centered, b: deviation }));
  const scaled = scratch(run('Multiply', { a: normalized, b: scale }));
  return [run('Add', { a: scaled, b: bias }), mean, deviation];
}

interface Chunk {
  readonly start: number;
  readonly end: number;
  /** h of these rows. */
  readonly h: Tensor;
  /** Their targets, as classes of the table. */
  readonly targets: Tensor;
  /** [rows, classes] */
  readonly logits: Tensor;
}

/** Calls `visit` for each chunk of rows; what it hands to its own scratch dies with the chunk. */
function eachChunk(
  h: Tensor,
  classes: Tensor,
  targets: Tensor,
  scratch: Scratch,
  visit: (chunk: Chunk, scratch: Scratch) => void,
): void {
  const [rows, count] = [at(h.shape, 0), at(classes.shape, 0)];
  const size = Math.max(1, Math.min(rows, Math.floor(CHUNK_ELEMENTS / count)));
  const columns = scratch(transposeLast(classes)); // once for all chunks
  for (let start = 0; start < rows; start += size) {
    const end = Math.min(rows, start + size);
    const temporary: Tensor[] = [];
    const own: Scratch = (tensor) => {
      temporary.push(tensor);
      return tensor;
    };
    const part = own(sliceAxis(h, 0, start, end));
    const logits = own(matmul2d(part, columns, false, false, own));
    visit({ start, end, h: part, targets: own(sliceAxis(targets, 0, start, end)), logits }, own);
    for (const tensor of temporary) tensor.dispose();
  }
}

/** -log softmax(h table^T)[target] per row. */
export function tableCrossEntropy({
  inputs: [h, table, targets],
  attributes: { firstClass },
  scratch,
}: LowerContext<'tableCrossEntropy'>): Tensor[] {
  if (at(h.shape, 0) === 0) return [zeros([0])];
  checkIds('tableCrossEntropy', targets, firstClass, at(table.shape, 0));
  const classes = scratch(sliceAxis(table, 0, firstClass, at(table.shape, 0)));
  const losses: Tensor[] = [];
  eachChunk(h, classes, targets, scratch, (chunk, own) => {
    const { logits } = chunk;
    // log sum exp x = max x - log max softmax(x): one kernel and two maxima, and the largest probability is never tiny.
    const largest = own(run('Max', { x: logits }, { reductionIndices: [1], keepDims: true }));
    const likeliest = own(run('Max', { x: own(softmaxLast(logits)) }, { reductionIndices: [1], keepDims: true }));
    const logSum = own(run('Sub', { a: largest, b: own(run('Log', { x: likeliest })) }));
    // The target's logit once more, as the product of its two rows: cheaper than finding it among all.
    const targetRows = own(gatherRows('tableCrossEntropy', table, chunk.targets));
    const target = own(sumLast(own(run('Multiply', { a: chunk.h, b: targetRows }))));
    const loss = own(run('Sub', { a: logSum, b: target }));
    losses.push(scratch(reshape(loss, [chunk.end - chunk.start])));
  });
  return [losses.length === 1 ? alias(at(losses, 0)) : concat(losses, 0)];
}

/** With p = softmax(h E^T) - onehot(target), rows times weight: dh = p E, dE = p^T h. */
export function tableCrossEntropyGrad({
  inputs: [h, table, targets, weights],
  attributes: { firstClass },
  scratch,
}: LowerContext<'tableCrossEntropyGrad'>): Tensor[] {
  const [count, width] = [at(table.shape, 0), at(table.shape, 1)];
  if (at(h.shape, 0) === 0) return [zeros(h.shape), zeros(table.shape)];
  checkIds('tableCrossEntropyGrad', targets, firstClass, count);
  const classes = scratch(sliceAxis(table, 0, firstClass, count));
  const hiddens: Tensor[] = [];
  let columns: Tensor | undefined; // [width, classes]: summed over chunks
  eachChunk(h, classes, targets, scratch, ({ start, end, h: part, targets: ids, logits }, own) => {
    const weight = own(reshape(own(sliceAxis(weights, 0, start, end)), [end - start, 1]));
    const p = own(run('Multiply', { a: own(softmaxLast(logits)), b: weight }));
    const spread = own(matmul2d(p, classes, false, false, own));
    const targetRows = own(run('Multiply', { a: own(gatherRows('tableCrossEntropyGrad', table, ids)), b: weight }));
    hiddens.push(scratch(run('Sub', { a: spread, b: targetRows })));
    const gradient = matmul2d(part, p, true, false, own);
    columns = scratch(columns === undefined ? gradient : run('Add', { a: columns, b: own(gradient) }));
  });
  const dh = hiddens.length === 1 ? alias(at(hiddens, 0)) : concat(hiddens, 0);
  const dense = scratch(transposeLast(columns ?? scratch(zeros([width, count - firstClass]))));
  const whole =
    firstClass === 0
      ? dense
      : scratch(
          run(
            'PadV2',
            { x: dense },
            {
              paddings: [
                [firstClass, 0],
                [0, 0],
              ],
              constantValue: 0,
            },
          ),
        );
  const weight = scratch(reshape(weights, [at(h.shape, 0), 1]));
  const weighted = scratch(run('Multiply', { a: h, b: weight }));
  const atTargets = scratch(addRows('tableCrossEntropyGrad', targets, weighted, count, scratch));
  return [dh, run('Sub', { a: whole, b: atTargets })];
}
