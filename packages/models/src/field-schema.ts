// What a model must know of a column of side information: its kind, whom it belongs to, and the sizes that go with the kind.

/** Whom a field belongs to. */
export type FieldOwner = 'item' | 'interaction' | 'user';

interface OwnedField {
  readonly name: string;
  /** Default: item. */
  readonly owner?: FieldOwner;
}

/** A field of values that are told apart by their ids. */
export interface CategoricalSchema extends OwnedField {
  /** `categorical`: exactly one value each (0 = unknown); `multi-categorical`: any number. */
  readonly kind: 'categorical' | 'multi-categorical';
  /** Size of the vocabulary, value 0 ("none", "unknown") included. */
  readonly values: number;
  /** Most values of one owner. */
  readonly maxValues: number;
  /** Of a training: shapes of the tables that sum the values of items by lists (`rowTables` of @difsr/graph). */
  readonly lists?: ItemLists;
}

/** A field of numbers. */
export interface NumericSchema extends OwnedField {
  readonly kind: 'numeric';
  /** Over the training data; numbers are fed as (number - mean) / deviation. */
  readonly mean: number;
  /** Above 0. */
  readonly deviation: number;
  /** Ascending; bucket j of a number is behind j of them. */
  readonly bounds: readonly number[];
}

/** A field of vectors. */
export interface VectorSchema extends OwnedField {
  readonly kind: 'vector';
  readonly width: number;
  /** Root mean square of the vectors' lengths; they are fed divided by it. Above 0. */
  readonly length: number;
}

/** A side information field as a model sees it. */
export type FieldSchema = CategoricalSchema | NumericSchema | VectorSchema;

/** Whether a field has values that are told apart by their ids. */
export function isCategorical(field: FieldSchema): field is CategoricalSchema {
  return field.kind === 'categorical' || field.kind === 'multi-categorical';
}

/** Whom a field belongs to. */
export function ownerOf({ owner = 'item' }: FieldSchema): FieldOwner {
  return owner;
}

/** Rows and width of a table. */
export type TableShape = readonly [rows: number, width: number];

/** Shapes of the tables that sum the values of items, and of those that go back. */
export interface ItemLists {
  /** Values of each item. */
  readonly tables: readonly TableShape[];
  /** Items of each value. */
  readonly back: readonly TableShape[];
}
