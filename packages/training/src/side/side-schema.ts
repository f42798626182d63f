// What a model is told of the data's side information: the fields of items, of interactions and of users, with what is needed to
// feed them. Numbers are described by what training sees of them.
import type { Dataset, Field, InteractionColumn, SequenceStore, StoredDataset } from '@difsr/data';
import {
  isTimeField,
  TIME_FIELDS,
  type FieldSchema,
  type ModelSchema,
  type NumericSchema,
  type TimeField,
} from '@difsr/models';
import { RunError } from '../run-error.js';
import { sideColumns } from './side-columns.js';
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
  const unseen = { mean: 0, deviation: 1, bounds: [] };
  const fields = sideColumns(dataset, store).map(({ name, owner, kind, vocabulary, width = 1 }): FieldSchema => {
    const known = { name, ...(owner === 'item' ? {} : { owner }) };
    if (kind === 'numeric') return { ...known, kind, ...unseen };
    if (kind === 'vector') return { ...known, kind, width, length: 1 };
    return { ...known, kind, values: vocabulary?.size ?? 1, maxValues: 1 };
  });
  const times = (named ?? []).filter(isTimeField).map((name): FieldSchema => {
    const values = TIME_FIELDS[name];
    const known = { name, owner: 'interaction' } as const;
    return values === undefined
      ? { ...known, kind: 'numeric', ...unseen }
      : { ...known, kind: 'categorical', values, maxValues: 1 };
  });
  return { items: dataset.items.size - 1, fields: [...fields, ...times] };
}

/**
 * The schema of a data set: fields of items, of interactions, of users, each in the order of the data; then those of the time that
 * are named.
 *
 * @param named `model.fields`.
 * @throws RunError where fields of the time are named and there are no times since 1970.
 */
export async function sideSchema(
  dataset: Dataset | StoredDataset,
  store: SequenceStore,
  named: readonly string[] | undefined,
): Promise<ModelSchema> {
  const fields: FieldSchema[] = [];
  for (const field of dataset.fields) if (field.owner === 'item') fields.push(ofOwner(field));
  for (const column of store.columns) if (isField(column)) fields.push(await ofInteractions(store, column));
  for (const field of dataset.fields) if (field.owner === 'user') fields.push(ofOwner(field));
  const taken = fields.find(({ name }) => isTimeField(name));
  if (taken !== undefined)
    throw new RunError(
      `the data has a field "${taken.name}", which is what a field of the time is called. Cure: give it another name (in the description: another key with column: "${taken.name}")`,
    );
  const times = (named ?? []).filter(isTimeField);
  if (times[0] !== undefined) await requireTimes(store, times[0]);
  for (const name of times) fields.push(await ofTime(store, name));
  return { items: dataset.items.size - 1, fields };
}

type FieldColumn = InteractionColumn & { readonly kind: Field['kind'] };

function isField(column: InteractionColumn): column is FieldColumn {
  return column.kind !== 'time';
}

/** A field of items or users. Those of items say nothing of their owner, as in run folders of before. */
function ofOwner(field: Field): FieldSchema {
  const known = { name: field.name, ...(field.owner === 'item' ? {} : { owner: field.owner }) };
  switch (field.kind) {
    case 'categorical':
    case 'multi-categorical':
      return { ...known, kind: field.kind, values: field.vocabulary.size, maxValues: field.maxValues };
    case 'numeric':
      return { ...known, ...new NumberTally().add(field.values).describe() };
    case 'vector':
      return {
        ...known,
        kind: 'vector',
        width: field.width,
        length: new LengthTally().add(field.values, field.width).length,
      };
  }
}

async function ofInteractions(
  store: SequenceStore,
  { name, kind, width, vocabulary }: FieldColumn,
): Promise<FieldSchema> {
  const known = { name, owner: 'interaction' } as const;
  const values = trainingPieces(store, async (begins, lengths) => store.readColumn(name, begins, lengths));
  switch (kind) {
    case 'categorical':
    case 'multi-categorical':
      return { ...known, kind, values: vocabulary?.size ?? 1, maxValues: width };
    case 'numeric': {
      const tally = new NumberTally();
      for await (const piece of values) tally.add(piece);
      return { ...known, ...tally.describe() };
    }
    case 'vector': {
      const tally = new LengthTally();
      for await (const piece of values) tally.add(piece, width);
      return { ...known, kind, width, length: tally.length };
    }
  }
}

async function ofTime(store: SequenceStore, name: TimeField): Promise<FieldSchema> {
  const known = { name, owner: 'interaction' } as const;
  const values = TIME_FIELDS[name];
  if (values !== undefined) return { ...known, kind: 'categorical', values, maxValues: 1 };
  const tally = new NumberTally();
  for await (const gaps of trainingPieces(store, async (begins, lengths) => gapsOf(store, begins, lengths)))
    tally.add(gaps);
  return { ...known, ...tally.describe() };
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
