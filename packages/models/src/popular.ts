// The popular items, the same list for everybody: what every other model has to beat. Counted, not trained.
import { cast, expandDims, less, mul, reshape } from '@difsr/graph';
import * as z from 'zod';
import { countedShape, lastItems, type CountedConfig } from './counted-model.js';
import type { ModelDefinition } from './definition.js';

const COUNTS = 'popularity';

/** The popular items. */
export const popular: ModelDefinition<CountedConfig> = {
  name: 'popular',
  description: 'the items by their training interactions, the same list for everybody; counted, not trained',
  config: z.strictObject(countedShape),
  build: ({ scope, schema, items }) => {
    const counts = scope.constantTable(COUNTS, [schema.items + 1], 'float32');
    // As of other models, a row without an item has no scores.
    const isAsked = expandDims(cast(less(0, lastItems(items)), 'float32'), 1);
    return { scores: mul(isAsked, reshape(counts, [1, schema.items + 1])) };
  },
  count: async (_, { counts }) => {
    const data = Float32Array.from(counts, (count, id) => (id === 0 ? 0 : count));
    return { tables: { [COUNTS]: { dtype: 'float32', shape: [data.length], data } } };
  },
};
