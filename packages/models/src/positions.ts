// Positions as a source of their own: which row of their table each place of a sequence has.
import { at, cast, equal, expandDims, iota, maximum, not, reduceSum, slice, sub, type Tensor } from '@difsr/graph';
import { embed, type Scope } from '@difsr/nn';
import type { TransformerConfig } from './config.js';

/** Positions of a model: their number, their width, what they are counted from. */
type PositionConfig = Pick<TransformerConfig, 'maxLength' | 'hiddenSize' | 'initializerRange' | 'positions'>;

/** The embedding of every position: `[maxLength, d]`. */
export function positionTable({ scope, config }: { readonly scope: Scope; readonly config: PositionConfig }): Tensor {
  const { maxLength, hiddenSize, initializerRange: deviation } = config;
  return scope.child('positions').parameter('weight', [maxLength, hiddenSize], { kind: 'normal', deviation });
}

/** Rows of {@link positionTable} that the places of `items [batch, length]` have, counted from the last item: int32 `[batch, length]`. */
export function placesFromEnd(items: Tensor): Tensor {
  const used = reduceSum(cast(not(equal(items, 0)), 'float32'), [1], true); // [batch, 1]
  const places = expandDims(cast(iota(at(items.shape, 1)), 'float32'), 0);
  return cast(maximum(sub(sub(used, 1), places), 0), 'int32'); // padding has some row or other
}

/** Position embeddings of a batch: `[1, length, d]`, or `[batch, length, d]` where they are counted from the end. */
export function positionEmbedding(context: {
  readonly scope: Scope;
  readonly items: Tensor;
  readonly config: PositionConfig;
}): Tensor {
  const { items, config } = context;
  const table = positionTable(context);
  return config.positions === 'from-end'
    ? embed(table, placesFromEnd(items))
    : expandDims(slice(table, 0, 0, at(items.shape, 1)), 0);
}
