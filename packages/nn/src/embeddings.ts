// Embeddings: rows of a table by id, and fields with several values per item pooled into one row.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import {
  at,
  cast,
  div,
  equal,
  expandDims,
  gather,
  matmul,
  maximum,
  mul,
  not,
  reduceMax,
  reduceSum,
  scatterAddLast,
  select,
  stopGradient,
  type Tensor,
  GraphError,
} from '@difsr/graph';

/** How the values of a multi-valued field become one vector. */
export type Pooling = 'sum' | 'mean' | 'max';

/** Ids that stand for "no value". */
const NONE = 0;

/** Up to so many values, sums are products with a multi-hot matrix: its gradient is a product too, instead of a scatter of every value of every item. */
export const MULTI_HOT = 1024;

/** What {@link embed} takes beside its tensors. */
export interface EmbedOptions {
  readonly freezePadding?: boolean;
}

const EMBED: OptionRules<EmbedOptions> = { freezePadding: option.flag };

/**
 * `table [n, d], ids [..] -> [.., d]`.
 *
 * @param options `freezePadding`: row 0 is looked up, but looking it up gives it no gradient (`padding_idx` of the published code).
 */
export function embed(table: Tensor, ids: Tensor, options: EmbedOptions = {}): Tensor {
  checkOptions('embed', options, EMBED, GraphError);
  const rows = gather(table, ids);
  return options.freezePadding === true ? select(expandDims(equal(ids, NONE), -1), stopGradient(rows), rows) : rows;
}

/**
 * One vector per item from several values.
 *
 * @param table [values, d]; row 0 is never read.
 * @param ids [.., k] value ids, 0 = none.
 * @returns [.., d]; zeros for an item without values.
 */
export function pooledEmbedding(table: Tensor, ids: Tensor, pooling: Pooling): Tensor {
  const present = not(equal(ids, NONE));
  const ones = cast(present, 'float32');
  const axis = ids.shape.length - 1;
  const count = expandDims(reduceSum(ones, [axis]), -1);
  if (pooling === 'max') {
    const largest = reduceMax(select(expandDims(present, -1), gather(table, ids), -1e9), [axis]);
    return select(equal(count, 0), 0, largest);
  }
  const values = at(table.shape, 0);
  const total =
    typeof values === 'number' && values <= MULTI_HOT
      ? matmul(scatterAddLast(ids, ones, values), table)
      : reduceSum(mul(gather(table, ids), expandDims(ones, -1)), [axis]);
  return pooling === 'sum' ? total : div(total, maximum(count, 1));
}
