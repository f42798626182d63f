// The values that parameters have before the first step: drawn by the seed, except where a model says that a table of the data, or which
// items training has, decides.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { sizeOf, type HostTensor } from '@difsr/graph';
import type { TrainingTask } from '@difsr/models';
import { initialValues } from '@difsr/nn';
import { RunError } from '../run-error.js';
import { required } from '../loop/session.js';

/** What starting values depend on beside the parameters. */
export interface StartingOptions {
  /** Of what is drawn, `training.seed` of a run. */
  readonly seed: number;
  /** Tables of the data by name, those of `featureTables` and of `itemTables`. */
  readonly tables: Readonly<Record<string, HostTensor>>;
  /** Training interactions by item id (`trainingCounts`): rows of items without any start at zero where the model has item fields. */
  readonly counts: readonly number[];
}

const OPTIONS: OptionRules<StartingOptions> = {
  seed: needed(option.given),
  tables: needed(option.given),
  counts: needed(option.given),
};

/**
 * The values of all parameters before the first step, as `train` begins: drawn by the seed; those with `startsAs` (vectors of items that are
 * tuned, `model.vectors=tuned`) as the table of that name; rows of items that training never sees zero in parameters with `untrainedRows`.
 * `initialValues` of @difsr/nn knows neither: there vectors begin as zeros.
 *
 * @throws RunError for a table that a parameter starts as and that is not given, and for options that it does not know.
 * @example
 * const store = sequenceStore(dataset);
 * const counts = await trainingCounts(dataset, store);
 * const plain = await sideSchema(dataset, store, undefined);
 * const { schema, tables: lists } = await itemTables(dataset, plain, { itemFields: 'sum' }, async () => counts);
 * const model = modelOf({ name: 'dif-sr', itemFields: 'sum', vectors: 'tuned' }, schema);
 * const task = trainingTask(model);
 * const tables = { ...featureTables(dataset, plain), ...lists };
 * const values = startingValues(task, { seed: 1, tables, counts });
 * const constants = Object.fromEntries(task.constants.map(({ name }) => [name, tables[name]]));
 * const variables = await backend.createVariables({ ...values, ...constants }); // and zeros for the optimizer's state
 */
export function startingValues(
  { parameters }: Pick<TrainingTask, 'parameters'>,
  options: StartingOptions,
): Record<string, HostTensor> {
  checkOptions('startingValues', options, OPTIONS, RunError);
  const { seed, tables, counts } = options;
  const values = initialValues(parameters, seed);
  for (const { name, shape, startsAs, untrainedRows } of parameters) {
    const data = values[name]?.data;
    if (data === undefined) continue;
    if (untrainedRows === 'zero') {
      const width = sizeOf(shape.slice(1));
      counts.forEach((count, id) => id > 0 && count === 0 && data.fill(0, id * width, (id + 1) * width));
    }
    if (startsAs === undefined) continue;
    // The first columns: behind the numbers of an item its table says whether it has any.
    const table = required(tables, startsAs);
    const [width, from] = [shape.at(-1) ?? 1, table.shape.at(-1) ?? 1];
    for (let row = 0; row < data.length / width; row++)
      data.set(table.data.subarray(row * from, row * from + width), row * width);
  }
  return values;
}
