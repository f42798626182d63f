// The data of the examples: sequences of items, and genres as side information. MovieLens 100K where it lies beside the
// checkout, otherwise the generated data set, whose categories take the place of the genres.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  fieldTable,
  generateDataset,
  itemCategories,
  leaveOneOut,
  sequenceAt,
  type Dataset,
  type EvaluationCases,
  type GenerateOptions,
} from '@difsr/data';
import { openDataset } from '@difsr/prepare';

/** What a model must know of the items. Ids are 1..items; 0 is padding; items + 1 is free (BERT4Rec's mask token). */
export interface Catalogue {
  readonly items: number;
  /**
   * One row per id, `items + 2` rows: the share of each genre among the item's genres. The last column is a genre that only
   * the mask token has ("hidden"); padding has none.
   */
  readonly genres: number[][];
}

/** A history and the item that came next. */
export interface Case {
  readonly history: Int32Array;
  readonly target: number;
}

/** A data set, split by leave-one-out. */
export interface ExampleData extends Catalogue {
  readonly name: string;
  readonly genreNames: readonly string[];
  /** One sequence per user. */
  readonly train: readonly Int32Array[];
  readonly valid: readonly Case[];
  readonly test: readonly Case[];
}

/** Where MovieLens 100K is looked for. */
export const ML_100K: string = fileURLToPath(new URL('../../../../shared/data/recbole/ml-100k', import.meta.url));

/** MovieLens 100K (5-core) with genres, or the generated data where it is not there. */
export async function loadExampleData(): Promise<ExampleData> {
  if (!existsSync(ML_100K)) return generatedData();
  const { dataset } = await openDataset(ML_100K, { userMin: 5, itemMin: 5, fields: ['class'], streaming: 'off' });
  if ('store' in dataset) throw new TypeError('streaming is off, and sequences were left on disk');
  return split(dataset, 'class');
}

/** Generated data; small settings make a quick test. */
export function generatedData(options: GenerateOptions = {}): ExampleData {
  return split(generateDataset(options), 'categories');
}

function split(dataset: Dataset, fieldName: string): ExampleData {
  const field = itemCategories(dataset).find(({ name }) => name === fieldName);
  if (field === undefined)
    throw new Error(
      `${dataset.name} has no field "${fieldName}", only ${itemCategories(dataset)
        .map(({ name }) => name)
        .join()}`,
    );
  const items = dataset.items.size - 1;
  const values = fieldTable(field);
  const hidden = field.vocabulary.size; // after the real values 1..size-1
  const genres = Array.from({ length: items + 2 }, (_, id) => {
    const listed = [...values.subarray(id * field.maxValues, (id + 1) * field.maxValues)].filter((value) => value > 0);
    const own = id > items ? [hidden] : listed;
    return Array.from({ length: hidden }, (_, column) => (own.includes(column + 1) ? 1 / own.length : 0));
  });
  const { train, valid, test } = leaveOneOut(dataset);
  return {
    name: dataset.name,
    items,
    genres,
    genreNames: field.vocabulary.tokens.slice(1),
    train: Array.from({ length: train.offsets.length - 1 }, (_, user) => sequenceAt(train, user)),
    valid: casesOf(valid),
    test: casesOf(test),
  };
}

function casesOf({ histories, targets }: EvaluationCases): Case[] {
  return Array.from(targets, (target, i) => ({ history: sequenceAt(histories, i), target }));
}
