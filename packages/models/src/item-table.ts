// The rows of all items, one table for what is embedded and what scores are products with. With item fields an item's row is
// its own plus what its attributes give, so that items which nobody has taken yet have one, too.
// (The table of feature embeddings is shared as in Rendle, Factorization Machines, ICDM 2010; own row w_i, values v_f.)
import {
  add,
  broadcast,
  constant,
  cast,
  concat,
  div,
  maximum,
  mul,
  sigmoid,
  slice,
  type HostTensor,
  type Tensor,
} from '@difsr/graph';
import type { Scope } from '@difsr/nn';
import type { BuildContext, CommonConfig, ItemFields, ModelSchema } from './model.js';
import { isCategorical, type FieldSchema } from './field-schema.js';
import { countOfValues, itemFieldsOf, itemValues, pooledItems } from './fields.js';

/** The rows of all items: what embeds them, and what scores are products with. */
export interface ItemTable {
  /** `[itemRows, d]`: padding, the items, and what the objective has behind them, such as [MASK]. */
  readonly rows: Tensor;
  /** `[items + 1, d]`. */
  readonly table: Tensor;
}

/** Declares the item table. @throws UnknownFieldError where `config.fields` names one that the data lacks. */
export function itemTable(
  { scope, schema, itemRows, config }: Pick<BuildContext, 'scope' | 'schema' | 'itemRows' | 'config'>,
  deviation: number,
): ItemTable {
  const { hiddenSize: d, itemFields = 'none' } = config;
  const items = scope.child('items');
  if (itemFields === 'none') {
    const rows = items.parameter('weight', [itemRows, d], { kind: 'normal', deviation });
    return { rows, table: slice(rows, 0, 0, schema.items + 1) };
  }
  // An item without training interactions has no row of its own: nothing would be learned of it.
  const own = items.parameter('weight', [itemRows, d], { kind: 'normal', deviation }, { untrainedRows: 'zero' });
  // Where whole rows of items are left out now and then, fields learn to do without them, as they must for new items
  // (Volkovs et al., DropoutNet, NeurIPS 2017).
  const everyRow = broadcast(constant(1), [schema.items + 1, 1]);
  const kept = items.dropout(everyRow, config.itemDropout ?? 0, 'rows');
  const table = itemFieldsOf(schema, config).reduce(
    (sum, field) => add(sum, ofFieldValues({ scope, schema, config }, field, { width: d, deviation, itemFields })),
    mul(slice(own, 0, 0, schema.items + 1), kept),
  );
  const behind = itemRows - schema.items - 1;
  return { rows: behind === 0 ? table : concat([table, slice(own, 0, schema.items + 1, itemRows)], 0), table };
}

/** What one field gives every item: `[items + 1, width]`, zeros for an item without a value. */
function ofFieldValues(
  context: Pick<BuildContext, 'scope' | 'schema' | 'config'>,
  field: FieldSchema,
  {
    width,
    deviation,
    itemFields,
  }: { readonly width: number; readonly deviation: number; readonly itemFields: ItemFields },
): Tensor {
  const { scope, schema } = context;
  const own = scope.child('items').child(`fields.${field.name}`);
  const gated = (sum: Tensor): Tensor =>
    itemFields === 'gate'
      ? mul(sum, sigmoid(own.parameter('gate', [width], { kind: 'zeros' }, { decay: false })))
      : sum;
  if (!isCategorical(field)) return gated(itemValues(context, own, field, { width, deviation, pooling: 'sum' }));
  const values = own.parameter('weight', [field.values, width], { kind: 'normal', deviation });
  const sum = pooledItems(scope, schema, field, values);
  return itemFields === 'mean' ? div(sum, maximum(countOfValues(scope, schema, field), 1)) : gated(sum);
}

/** Name of the variable that says which items have training interactions: int32 [items + 1], 1 or 0. */
export const TRAINED_ITEMS = 'items.trained';

/** The tensor {@link TRAINED_ITEMS} of items with so many training interactions, by item id; entry 0 is padding. */
export function trainedItems(counts: ArrayLike<number>): HostTensor {
  const data = Int32Array.from(counts, (count, id) => (id > 0 && count === 0 ? 0 : 1));
  return { dtype: 'int32', shape: [data.length], data };
}

/**
 * `[items + 1]`: 0 for classes of the softmax, and what no softmax sees for items without training interactions. Undefined where
 * every item has some, or items have a row whatever happens.
 */
export function classBias(
  scope: Scope,
  schema: ModelSchema,
  { itemFields = 'none' }: CommonConfig,
): Tensor | undefined {
  if (itemFields === 'none' || !scope.training || (schema.untrained ?? 0) === 0) return undefined;
  const trained = cast(scope.constantTable(TRAINED_ITEMS, [schema.items + 1]), 'float32');
  return mul(add(mul(trained, -1), 1), -1e9);
}
