// Which items a task leaves out, as columns of its scores.
import {
  and,
  cast,
  equal,
  expandDims,
  gather,
  input,
  iota,
  less,
  not,
  or,
  scatterAddLast,
  select,
  type Tensor,
} from '@difsr/graph';
import type { ConstantSpec } from '@difsr/nn';
import type { ModelInstance } from './definition.js';
import { TRAINED_ITEMS } from './item-table.js';

type Items = Pick<ModelInstance, 'schema'>;

/** Below every score that a finite model gives; an item that is left out has it. */
export const LOWEST = -3e38;

/** bool `[1, items + 1]`, true at padding's column. */
export function paddingColumn({ schema }: Items): Tensor {
  return expandDims(equal(iota(schema.items + 1), 0), 0);
}

/** bool `[batch, items + 1]`: ids int32 [batch, excluded], of an input `excluded` where none are given; what is no item (0 among it) hides nothing. */
export function excludedColumns(
  { schema }: Items,
  excluded: Tensor = input('excluded', ['batch', 'excluded'], 'int32'),
): Tensor {
  const columns = schema.items + 1;
  const isItem = and(less(0, excluded), less(excluded, columns));
  return less(0, scatterAddLast(select(isItem, excluded, 0), cast(isItem, 'float32'), columns));
}

/** bool `[1, items + 1]`: items without training interactions, by a table that is declared with them. */
export function newColumns({ schema }: Items): { readonly columns: Tensor; readonly table: ConstantSpec } {
  const table: ConstantSpec = { name: TRAINED_ITEMS, shape: [schema.items + 1], dtype: 'int32' };
  return { columns: expandDims(equal(input(table.name, table.shape, table.dtype), 0), 0), table };
}

/**
 * bool `[batch, items + 1]`, true at what must not be among the best: padding, what an input `allowed` bool [sets, items + 1] lacks in the row
 * that an input `allowedOf` int32 [batch] names, and what `excluded` names.
 */
export function barredColumns(model: Items): Tensor {
  const sets = input('allowed', ['sets', model.schema.items + 1], 'bool');
  const never = or(not(sets), paddingColumn(model));
  return or(gather(never, input('allowedOf', ['batch'], 'int32')), excludedColumns(model));
}
