// A trained model of random weights, of any size: what a recommender does with it costs what a real one would.
import { normal, streamId } from '../../packages/graph/dist/index.js';
import { attributeNames, findModel, instantiate, recommendTask } from '../../packages/models/dist/index.js';

const VALUES = 638;
const MOST = 6;

/**
 * A run of preset `small`, with one field of items, of as many values as Beauty has.
 * @param {{ readonly name?: string; readonly items: number; readonly options?: object; readonly maxLength?: number }} shape
 * @returns {import('../../packages/models/dist/index.js').TrainedModel}
 */
export function madeUpRun({ name = 'dif-sr', items, options = {}, maxLength = 50 }) {
  const definition = findModel(name);
  if (definition === undefined) throw new Error(`no model "${name}"`);
  /** @type {import('../../packages/models/dist/index.js').FieldSchema} */
  const field = { name: 'category', kind: 'multi-categorical', values: VALUES, maxValues: MOST };
  const model = instantiate(
    definition,
    { ...definition.presets?.['small']?.model, ...options, maxLength },
    { items, fields: [field] },
  );
  /** @type {Record<string, import('../../packages/graph/dist/index.js').HostTensor>} */
  const tensors = {};
  for (const { name: parameter, shape, initializer } of recommendTask(model, 1).parameters) {
    const drawn = normal(
      { seed: 1, step: 0, stream: streamId(parameter) },
      shape.reduce((a, b) => a * b, 1),
    );
    // Larger than initial weights, so that scores differ as those of a trained model do.
    const data = Float32Array.from(drawn, (value) => (initializer.kind === 'ones' ? 1 : value / 10));
    tensors[parameter] = { dtype: 'float32', shape, data };
  }
  const perItem = Array.from({ length: items + 1 }, (_, item) =>
    item === 0 ? [] : Array.from({ length: 1 + (item % 4) }, (__, i) => 1 + ((item * 31 + i * 157) % (VALUES - 1))),
  );
  const table = new Int32Array((items + 1) * MOST);
  perItem.forEach((values, item) => table.set(values, item * MOST));
  tensors['feature.category'] = { dtype: 'int32', shape: [items + 1, MOST], data: table };
  const { values, offsets } = attributeNames('category');
  let end = 0;
  const ends = [0, ...perItem.map((own) => (end += own.length))];
  tensors[values] = { dtype: 'int32', shape: [end], data: Int32Array.from(perItem.flat()) };
  tensors[offsets] = { dtype: 'int32', shape: [items + 2], data: Int32Array.from(ends) };
  return {
    folder: 'a made-up run',
    model,
    items: {
      tokens: ['[PAD]', ...Array.from({ length: items }, (_, i) => `item-${i + 1}`)],
      counts: new Int32Array(items + 1).fill(1),
    },
    fields: { category: Array.from({ length: VALUES }, (_, i) => `category-${i}`) },
    tensors,
  };
}
