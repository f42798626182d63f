// Lowering of cross-entropy over a table of classes, the largest cost of a training step. Targets are taken in chunks
// by an ONNX Loop: as fast as one large softmax, at a fifth of its memory ([targets, classes] is never made). The loss
// and both gradients of the same logits come out of one loop.
import { at, type Dim, type NodeOf, type Shape } from '@difsr/graph';
import type { OnnxValue } from '../file/model.js';
import type { Emitter } from './emitter.js';
import type { Lowering } from './lowering.js';
import { product, transposed } from './products.js';
import { scatterRows, zeros } from './rows.js';

/** Targets per iteration, about: chunks are of one size. Measured: 128 to 512 are equally fast, memory grows with it. */
const CHUNK = 256;

interface Operands {
  readonly h: string;
  readonly table: string;
  readonly targets: string;
  /** Present where gradients are wanted. */
  readonly weights?: string;
}

interface Results {
  readonly loss?: string;
  readonly gradH?: string;
  readonly gradTable?: string;
}

/** What the loop body needs, as values of the outside. */
interface Block {
  /** Classes that take part, `[n, d]`. */
  readonly classes: string;
  /** Their transpose, made once, where products cannot read them transposed. */
  readonly columns: string | undefined;
  /** Class of each target, counted from the first class. */
  readonly targets: string;
  readonly h: string;
  readonly weights: string | undefined;
  readonly wantsLoss: boolean;
}

const float = (...shape: (Dim | undefined)[]): Omit<OnnxValue, 'name'> => ({ dtype: 'float', shape });

/**
 * How many chunks there are, and of what size: as many as are nearest to the size that is wanted, none without rows. A few rows more than
 * a chunk do not make another one, whose products would cost nearly as much as those of a full one.
 */
function chunks(emitter: Emitter, rows: string): { readonly trips: string; readonly size: string } {
  const scalar = (value: number): string => emitter.int64Scalar(value);
  const nearest = emitter.op('Div', [emitter.op('Add', [rows, scalar(CHUNK / 2)]), scalar(CHUNK)]);
  const trips = emitter.op('Max', [nearest, emitter.op('Min', [rows, scalar(1)])]);
  const divisor = emitter.op('Max', [trips, scalar(1)]);
  const rounded = emitter.op('Add', [rows, emitter.op('Sub', [divisor, scalar(1)])]);
  return { trips, size: emitter.op('Div', [rounded, divisor]) };
}

/** The rows of one chunk; the last chunk may be shorter (Slice stops at the end by itself). */
function chunk(emitter: Emitter, iteration: string, size: string): (value: string) => string {
  const start = emitter.op('Unsqueeze', [emitter.op('Mul', [iteration, size]), emitter.int64([0])]);
  const end = emitter.op('Add', [start, size]);
  return (value) => emitter.op('Slice', [value, start, end, emitter.int64([0])]);
}

/**
 * Loss and gradients of some rows. With p = softmax(h E^T) and weights w: loss = -log p[y], dh = w (p E - E[y]), and
 * (w h)^T p, the transposed dE without its targets' part, which one scatter adds for all rows at the end.
 */
function rowsBlock(
  emitter: Emitter,
  block: Block,
  part: (value: string) => string,
): { loss?: string; gradH?: string; product?: string } {
  const { classes, wantsLoss, weights } = block;
  const [h, targets] = [part(block.h), part(block.targets)];
  const logits =
    block.columns === undefined
      ? product(emitter, [h, classes], [2, 2], { transB: true })
      : emitter.op('MatMul', [h, block.columns]);
  const last = { axis: -1 };
  const logP = wantsLoss ? logSoftmax(emitter, logits) : undefined;
  const results: { loss?: string; gradH?: string; product?: string } = {};
  if (logP !== undefined) {
    // The log-softmax subtracts a true log-sum-exp: finite however small the probability.
    const chosen = emitter.op('GatherElements', [logP, emitter.op('Unsqueeze', [targets, emitter.int64([1])])], {
      axis: 1,
    });
    results.loss = emitter.op('Neg', [emitter.op('Squeeze', [chosen, emitter.int64([1])])]);
  }
  if (weights !== undefined) {
    const p = logP === undefined ? emitter.op('Softmax', [logits], last) : emitter.op('Exp', [logP]);
    const column = emitter.op('Unsqueeze', [part(weights), emitter.int64([1])]);
    const expected = emitter.op('MatMul', [p, classes]);
    const own = emitter.op('Gather', [classes, targets], { axis: 0 });
    results.gradH = emitter.op('Mul', [emitter.op('Sub', [expected, own]), column]);
    results.product = product(emitter, [emitter.op('Mul', [h, column]), p], [2, 2], { transA: true });
  }
  return results;
}

/** Logarithm of the softmax of each row: the row less its true log-sum-exp. */
function logSoftmax(emitter: Emitter, logits: string): string {
  if (emitter.has('LogSoftmax')) return emitter.op('LogSoftmax', [logits], { axis: -1 });
  const lastAxis = emitter.int64([-1]);
  const shifted = emitter.op('Sub', [logits, emitter.op('ReduceMax', [logits, lastAxis], { keepdims: 1 })]);
  const sum = emitter.op('ReduceSum', [emitter.op('Exp', [shifted]), lastAxis], { keepdims: 1 });
  return emitter.op('Sub', [shifted, emitter.op('Log', [sum])]);
}

/** Lowers a loss, its gradients, or both at once. */
export function crossEntropy(
  emitter: Emitter,
  node: NodeOf<'tableCrossEntropy' | 'tableCrossEntropyGrad'>,
  operands: Operands,
  wantsLoss: boolean,
): Results {
  const { firstClass } = node.attributes;
  const [rowsDim, width] = node.inputs[0].shape;
  const tableShape: Shape = node.inputs[1].shape;
  const all = at(tableShape, 0);
  const count: Dim | undefined = firstClass === 0 ? all : typeof all === 'number' ? all - firstClass : undefined;
  if (rowsDim === undefined || width === undefined) throw new Error('cross-entropy takes h [t, d]');
  const { h, table, weights } = operands;
  const classes =
    firstClass === 0
      ? table
      : emitter.op('Slice', [table, emitter.int64([firstClass]), emitter.dim(all), emitter.int64([0])]);
  const targets =
    firstClass === 0 ? operands.targets : emitter.op('Sub', [operands.targets, emitter.scalar(firstClass, 'int32')]);
  const columnwise = emitter.has('FusedMatMul') ? undefined : transposed(emitter, classes, 2);
  const block: Block = { classes, columns: columnwise, targets, h, weights, wantsLoss };

  const { trips, size } = chunks(emitter, emitter.dimScalar(rowsDim));
  const columns = emitter.op('Shape', [classes], { start: 0, end: 1 });
  const empty = zeros(emitter, emitter.int64([0]));
  const noRows = weights && zeros(emitter, emitter.op('Concat', [emitter.int64([0]), emitter.dim(width)], { axis: 0 }));
  const noSum = weights && zeros(emitter, emitter.op('Concat', [emitter.dim(width), columns], { axis: 0 }));
  const carried = [
    ...(wantsLoss ? [{ start: empty, value: float(undefined) }] : []),
    ...(noRows === undefined || noSum === undefined
      ? []
      : [
          { start: noRows, value: float(undefined, width) },
          { start: noSum, value: float(width, count) },
        ]),
  ];
  const results = emitter.loop(trips, carried, (inner, iteration, variables) => {
    const rows = rowsBlock(inner, block, chunk(inner, iteration, size));
    const before = [...variables];
    const appended = (value: string | undefined): string[] =>
      value === undefined ? [] : [inner.op('Concat', [before.shift() ?? '', value], { axis: 0 })];
    const added = (value: string | undefined): string[] =>
      value === undefined ? [] : [inner.op('Add', [before.shift() ?? '', value])];
    return [...appended(rows.loss), ...appended(rows.gradH), ...added(rows.product)];
  });
  const [loss, gradH, sum] = wantsLoss ? results : [undefined, ...results];
  if (weights === undefined) return loss === undefined ? {} : { loss };

  const weighted = emitter.op('Mul', [h, emitter.op('Unsqueeze', [weights, emitter.int64([1])])]);
  const dense = emitter.op('Transpose', [sum ?? ''], { perm: [1, 0] });
  const gradClasses = scatterRows(emitter, dense, targets, emitter.op('Neg', [weighted]), [width]);
  const skipped =
    firstClass === 0
      ? undefined
      : zeros(emitter, emitter.op('Concat', [emitter.int64([firstClass]), emitter.dim(width)], { axis: 0 }));
  const gradTable = skipped === undefined ? gradClasses : emitter.op('Concat', [skipped, gradClasses], { axis: 0 });
  return { ...(loss === undefined ? {} : { loss }), ...(gradH === undefined ? {} : { gradH }), gradTable };
}

/** The results that were asked for; an absent one is a bug here. */
export function required(...values: readonly (string | undefined)[]): string[] {
  return values.map((value) => {
    if (value === undefined) throw new Error('cross-entropy lowering gave no such result');
    return value;
  });
}

export const crossEntropies: { readonly [N in 'tableCrossEntropy' | 'tableCrossEntropyGrad']: Lowering<N> } = {
  tableCrossEntropy: (emitter, node, [h, table, targets]) =>
    required(crossEntropy(emitter, node, { h, table, targets }, true).loss),
  tableCrossEntropyGrad: (emitter, node, [h, table, targets, weights]) => {
    const { gradH, gradTable } = crossEntropy(emitter, node, { h, table, targets, weights }, false);
    return required(gradH, gradTable);
  },
};
