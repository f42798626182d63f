// What models that are counted have in common: their options, and the item that they go by.
import { cast, expandDims, reshape, type Tensor } from '@difsr/graph';
import * as z from 'zod';
import type { CommonConfig } from './model.js';
import { lastHidden } from './tasks.js';

/** Options of models that are counted. */
export type CountedConfig = CommonConfig;

/** Shapes of the options of models that are counted. */
export const countedShape: { readonly maxLength: z.ZodDefault<z.ZodNumber> } = {
  maxLength: z
    .number()
    .int()
    .min(1)
    .describe('how much of a history is fed, in interactions; nothing but the last one is looked at')
    .default(1),
};

/** The last item of each row, `items [batch, length] -> int32 [batch]`; 0 of an empty row. */
export function lastItems(items: Tensor): Tensor {
  const last = lastHidden(cast(expandDims(items, -1), 'float32'), items); // [batch, 1]
  return cast(reshape(last, last.shape.slice(0, 1)), 'int32');
}
