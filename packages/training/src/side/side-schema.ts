// What a model is told of the data's side information: the fields of items, of interactions and of users, with what is needed to
// feed them. Numbers are described by what training sees of them.
import type { Dataset, SequenceStore, StoredDataset } from '@difsr/data';
import {
  isTimeField,
  ownerOf,
  TIME_FIELDS,
  USER_ID,
  type FieldSchema,
  type ModelSchema,
  type NumericSchema,
  type TimeField,
  type VectorSchema,
} from '@difsr/models';
import { RunError } from '../run-error.js';
import { sideColumns, type SideColumn } from './side-columns.js';
import { gapsOf, requireTimes } from './time-fields.js';
import { trainingPieces } from './training-pieces.js';

/** Numbers that quantiles are taken from, at most. */
const SAMPLE = 1 << 18;
/** Buckets of numbers, of about equally many each. */
const BUCKETS = 32;

/**
 * The schema without what is counted (numbers are as they are, quantiles none): enough to check a model's options by, and quickly made.
 *
 * @param named `model.fields`.
 */
export function outlineSchema(
  dataset: Dataset | StoredDataset,
  store: SequenceStore,
  named: readonly string[] | undefined,
): ModelSchema {
  const fields = [...sideColumns(dataset, store).map(outlineOf), ...timesNamed(named).map(outlineOfTime)];
  return { items: dataset.items.size - 1, fields, users: store.users };
}

/**
 * The schema of a data set: fields of items, of interactions, of users, each in the order of the data; then those of the time that
 * are named.
 *
 * @param named `model.fields`.
 * @throws RunError where fields of the time are named and there are no times since 1970, or the data's own field has such a name, or is called `user.id`.
 */
export async function sideSchema(
  dataset: Dataset | StoredDataset,
  store: SequenceStore,
  named: readonly string[] | undefined,
): Promise<ModelSchema> {
  const taken = sideColumns(dataset, store).find(({ name }) => isTimeField(name) || name === USER_ID);
  if (taken !== undefined)
    throw new RunError({
      what: `the data has a field "${taken.name}", which is what ${taken.name === USER_ID ? 'the id of a user' : 'a field of the time'} is called`,
      cure: `give it another name (in the description: another key with column: "${taken.name}")`,
    });
  const [time] = timesNamed(named);
  if (time !== undefined) await requireTimes(store, time);
  const outline = outlineSchema(dataset, store, named);
  const fields: FieldSchema[] = [];
  for (const field of outline.fields) fields.push(await counted(field, dataset, store));
  return { ...outline, fields };
}

/** What is known of numbers that are not counted. */
const UNSEEN = { kind: 'numeric', mean: 0, deviation: 1, bounds: [] } as const;

/** Fields of items say nothing of their owner, as in run folders of before. */
function outlineOf({ name, owner, kind, vocabulary, maxValues = 1, width = 1 }: SideColumn): FieldSchema {
  const known = { name, ...(owner === 'item' ? {} : { owner }) };
  switch (kind) {
    case 'categorical':
    case 'multi-categorical':
      return { ...known, kind, values: vocabulary?.size ?? 1, maxValues };
    case 'numeric':
      return { ...known, ...UNSEEN };
    case 'vector':
      return { ...known, kind, width, length: 1 };
  }
}

function timesNamed(named: readonly string[] | undefined): readonly TimeField[] {
  return (named ?? []).filter(isTimeField);
}

function outlineOfTime(name: TimeField): FieldSchema {
  const known = { name, owner: 'interaction' } as const;
  const values = TIME_FIELDS[name];
  return values === undefined ? { ...known, ...UNSEEN } : { ...known, kind: 'categorical', values, maxValues: 1 };
}

/** A field with what its numbers are found to be. */
async function counted(
  field: FieldSchema,
  dataset: Dataset | StoredDataset,
  store: SequenceStore,
): Promise<FieldSchema> {
  switch (field.kind) {
    case 'categorical':
    case 'multi-categorical':
      return field;
    case 'numeric': {
      const tally = new NumberTally();
      for await (const piece of numbersOf(field, dataset, store)) tally.add(piece);
      return { ...field, ...tally.describe() };
    }
    case 'vector': {
      const tally = new LengthTally();
      for await (const piece of numbersOf(field, dataset, store)) tally.add(piece, field.width);
      return { ...field, length: tally.length };
    }
  }
}

/** All numbers of items or users; those of interactions that training sees. */
function numbersOf(
  field: NumericSchema | VectorSchema,
  dataset: Dataset | StoredDataset,
  store: SequenceStore,
): Iterable<ArrayLike<number>> | AsyncIterable<ArrayLike<number>> {
  const { name } = field;
  const owner = ownerOf(field);
  if (owner !== 'interaction')
    return dataset.fields.filter((own) => own.name === name && own.owner === owner).map(({ values }) => values);
  return trainingPieces(store, async (begins, lengths) =>
    isTimeField(name) ? gapsOf(store, begins, lengths) : store.readColumn(name, begins, lengths),
  );
}

/** Mean, deviation and quantiles of numbers that come in pieces; what is none (NaN) is left out. */
class NumberTally {
  #count = 0;
  #sum = 0;
  /** Of squared distances from the first number, which keeps sums of times small. */
  #squares = 0;
  #shift = 0;
  /** Every `#every`th number. */
  #sample: number[] = [];
  #every = 1;

  add(values: ArrayLike<number>): this {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      if (this.#count === 0) this.#shift = value;
      const distance = value - this.#shift;
      this.#sum += distance;
      this.#squares += distance * distance;
      if (this.#count % this.#every === 0) this.#sample.push(value);
      this.#count++;
      if (this.#sample.length <= SAMPLE) continue;
      this.#sample = this.#sample.filter((_, at) => at % 2 === 0);
      this.#every *= 2;
    }
    return this;
  }

  describe(): Pick<NumericSchema, 'kind' | 'mean' | 'deviation' | 'bounds'> {
    const count = Math.max(1, this.#count);
    const distance = this.#sum / count;
    const variance = this.#squares / count - distance * distance;
    // Numbers that are all the same have none: rounding must not make them one.
    const deviation = variance > 1e-12 * (this.#squares / count) ? Math.sqrt(variance) : 1;
    return { kind: 'numeric', mean: this.#shift + distance, deviation, bounds: this.#bounds() };
  }

  /**
   * What divides the sample into buckets; fewer where numbers come again and again. A bound lies halfway between two numbers, so that
   * none is on the one side here and, by its last bit, on the other elsewhere.
   */
  #bounds(): number[] {
    const sorted = Float64Array.from(this.#sample).sort();
    const bounds = Array.from({ length: BUCKETS - 1 }, (_, i) => {
      const place = Math.floor(((i + 1) * sorted.length) / BUCKETS);
      const above = sorted[place];
      const below = sorted[sorted.indexOf(above ?? Number.NaN) - 1]; // the first of its equals has the next smaller one before it
      return above === undefined || below === undefined ? [] : [(below + above) / 2];
    });
    return [...new Set(bounds.flat())];
  }
}

/** Root mean square of the lengths of vectors. */
class LengthTally {
  #count = 0;
  #squares = 0;

  add(values: ArrayLike<number>, width: number): this {
    for (let at = 0; at + width <= values.length; at += width) {
      let squares = 0;
      for (let i = 0; i < width; i++) squares += (values[at + i] ?? 0) ** 2;
      if (!Number.isFinite(squares)) continue;
      this.#squares += squares;
      this.#count++;
    }
    return this;
  }

  get length(): number {
    return this.#squares > 0 ? Math.sqrt(this.#squares / this.#count) : 1;
  }
}

/** The fields that options of a model name, before they are checked. */
export function fieldsNamed(model: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const fields = model['fields'];
  return Array.isArray(fields) ? fields.filter((name) => typeof name === 'string') : undefined;
}
