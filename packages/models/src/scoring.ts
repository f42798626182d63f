// Scores are products of a hidden state with the item table, plus the items' bias where a model has one.
import {
  add,
  at,
  broadcast,
  concat,
  constant,
  expandDims,
  gather,
  matmul,
  mul,
  reshape,
  type Tensor,
} from '@difsr/graph';
import { unitRows } from './losses.js';
import type { Encoding } from './model.js';

/**
 * Operands whose product are the scores: a bias is one more column of the table, and a 1 behind each hidden state, so that
 * losses over a table need not know of it. `hidden [targets, d]` ({@link queriesOf}), `classBias [items + 1]` of a training.
 */
export function scoring(
  { itemTable, itemBias: learned, extraClasses }: Encoding,
  hidden: Tensor,
  classBias?: Tensor,
): { readonly hidden: Tensor; readonly table: Tensor } {
  const itemBias = learned !== undefined && classBias !== undefined ? add(learned, classBias) : (learned ?? classBias);
  const table = extraClasses === undefined ? itemTable : concat([itemTable, extraClasses], 0);
  if (itemBias === undefined) return { hidden, table };
  const ones = broadcast(constant(1), [...hidden.shape.slice(0, -1), 1]);
  const none = extraClasses === undefined ? [] : [broadcast(constant(0), [at(extraClasses.shape, 0)])];
  const bias = expandDims(none.length === 0 ? itemBias : concat([itemBias, ...none], 0), 1);
  return { hidden: concat([hidden, ones], -1), table: concat([table, bias], 1) };
}

/** Hidden states as the items are asked: themselves, or of cosines their directions over the temperature. `hidden [.., d]`. */
export function queriesOf({ temperature }: Pick<Encoding, 'temperature'>, hidden: Tensor): Tensor {
  return temperature === undefined ? hidden : mul(unitRows(hidden), 1 / temperature);
}

/** What scores are made of beside hidden states. */
export type ScoredItems = Pick<Encoding, 'itemTable' | 'itemBias'>;

/** Scores of some items, `ids` int32 `[batch, n] -> [batch, n]`. `hidden [batch, d]`. */
export function scoresOfItems({ itemTable, itemBias }: ScoredItems, hidden: Tensor, ids: Tensor): Tensor {
  const products = reshape(matmul(gather(itemTable, ids), expandDims(hidden, -1)), ids.shape);
  return itemBias === undefined ? products : add(products, reshape(gather(expandDims(itemBias, 1), ids), ids.shape));
}

/** Scores of all items, `[batch, items + 1]`. `hidden [batch, d]`. */
export function scoresOf({ itemTable, itemBias }: ScoredItems, hidden: Tensor): Tensor {
  const scores = matmul(hidden, itemTable, { transB: true });
  return itemBias === undefined ? scores : add(scores, itemBias);
}
