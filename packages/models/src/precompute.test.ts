// A task with its finished item table gives what the task gives, and reads nothing of what the table is made of.
import { createReferenceBackend, evaluate } from '@difsr/graph';
import { afterAll, describe, expect, it } from 'vitest';
import { exportTask, precompute, trainedItems, TRAINED_ITEMS } from './index.js';
import { FEATURES, ints, itemsOf, MAX_LENGTH, SEQUENCES, tiny, weightsOf } from './tiny.test.support.js';

const backend = createReferenceBackend();
afterAll(() => backend.dispose());
const items = itemsOf(SEQUENCES, MAX_LENGTH);
/** Of items 3 and 10 nobody has taken any. */
const COUNTS = Array.from({ length: 12 }, (_, id) => (id === 3 || id === 10 ? 0 : 5));

describe('a precomputed task', () => {
  it.each([
    ['sasrec', 'sum', 'left out'],
    ['sasrec', 'mean', 'included'],
    ['sasrec', 'gate', 'left out'],
    ['dif-sr', 'gate', 'included'],
  ] as const)('%s, %s: gives what the task gives, new items %s', async (name, itemFields, newItems) => {
    const model = tiny(name, { itemFields });
    const task = exportTask(model, 11, { includeNew: newItems === 'included' });
    const given = { ...FEATURES, ...weightsOf(task), [TRAINED_ITEMS]: trainedItems(COUNTS) };
    const { graph, tensors } = await precompute(model, task, given, backend);
    const read = Object.entries({ ...given, items }).filter(([input]) => task.graph.inputs.has(input));
    const expected = evaluate(task.graph, Object.fromEntries(read));
    const found = evaluate(graph, { ...tensors, items });
    expect(found['ids']).toEqual(expected['ids']);
    found['scores']?.data.forEach((score, i) => expect(score).toBeCloseTo(expected['scores']?.data[i] ?? NaN, 5));
    const recommended = [...(found['ids']?.data.slice(0, 11) ?? [])];
    expect(recommended.filter((id) => id === 3 || id === 10)).toHaveLength(newItems === 'included' ? 2 : 0);
    expect([...graph.inputs.keys()].filter((input) => input.startsWith('items.'))).toEqual([]);
    expect(Object.keys(tensors).toSorted()).toEqual(
      [...graph.inputs.keys()].filter((key) => key !== 'items').toSorted(),
    );
  });

  it('without item fields is the task itself', async () => {
    const model = tiny('sasrec');
    const task = exportTask(model, 3);
    expect(task.constants).toEqual([]);
    const given = { ...weightsOf(task), other: ints([1], [1]) };
    expect(await precompute(model, task, given, backend)).toEqual({ graph: task.graph, tensors: given });
  });
});
