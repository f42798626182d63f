// A schema with a field of every kind and owner, and values for all of them.
import type { HostTensor } from '@difsr/graph';
import {
  encodeValues,
  featureName,
  inputName,
  valuesTensor,
  type CategoricalSchema,
  type FieldSchema,
  type ModelSchema,
  type NumericSchema,
  type VectorSchema,
} from './index.js';
import { allPositions, FEATURES, SCHEMA, SEQUENCES, type Values } from './tiny.test.support.js';

export const PRICE = { name: 'price', kind: 'numeric', mean: 10, deviation: 4, bounds: [6, 10, 14] } as const;
export const PICTURE = { name: 'picture', kind: 'vector', width: 3, length: 2 } as const;
export const CHANNEL = { name: 'channel', owner: 'interaction', kind: 'categorical', values: 3, maxValues: 1 } as const;
export const WORDS = {
  name: 'words',
  owner: 'interaction',
  kind: 'multi-categorical',
  values: 5,
  maxValues: 2,
} as const;
export const QUANTITY: NumericSchema = { ...PRICE, name: 'quantity', owner: 'interaction' };
export const PLACE: VectorSchema = { ...PICTURE, name: 'place', owner: 'interaction' };
export const AGE: NumericSchema = { ...PRICE, name: 'age', owner: 'user' };
export const COUNTRY: CategoricalSchema = { ...CHANNEL, name: 'country', owner: 'user' };
export const ITEM: readonly FieldSchema[] = [PRICE, PICTURE];
export const EVENT: readonly FieldSchema[] = [CHANNEL, WORDS, QUANTITY, PLACE];
export const USER: readonly FieldSchema[] = [AGE, COUNTRY];
export const EVERY: ModelSchema = { items: SCHEMA.items, fields: [...SCHEMA.fields, ...ITEM, ...EVENT, ...USER] };

/** Numbers that differ from place to place; every fifth is none. */
export function rawValues(field: FieldSchema, owners: number): number[] {
  const width = field.kind === 'numeric' ? 1 : field.kind === 'vector' ? field.width : field.maxValues;
  return Array.from({ length: owners }, (_, owner) =>
    Array.from({ length: width }, (_, i) => {
      if (field.kind === 'categorical' || field.kind === 'multi-categorical') return (owner * 2 + i) % field.values;
      return owner % 5 === 4 ? Number.NaN : 10 + 5 * Math.sin(owner * 1.7 + i + field.name.length);
    }),
  ).flat();
}

export const inDouble: (tensor: HostTensor) => HostTensor = (tensor) =>
  tensor.dtype === 'float32' ? { ...tensor, data: Float64Array.from(tensor.data) } : tensor;

export function valuesFor(field: FieldSchema, shape: readonly number[]): HostTensor {
  const owners = shape.reduce((a, b) => a * b, 1);
  return inDouble(valuesTensor(field, encodeValues(field, rawValues(field, owners)), shape));
}

export const LENGTH = 4;
export const ROWS: number = SEQUENCES.length;
export const FEEDS: Values = {
  ...allPositions(SEQUENCES, LENGTH),
  ...FEATURES,
  ...Object.fromEntries([
    ...ITEM.map((field) => [featureName(field.name), valuesFor(field, [SCHEMA.items + 1])] as const),
    ...EVENT.map((field) => [inputName(field), valuesFor(field, [ROWS, LENGTH])] as const),
    ...USER.map((field) => [inputName(field), valuesFor(field, [ROWS])] as const),
  ]),
};
export const SIDED: readonly string[] = ['dif-sr', 'nova', 'sasrecf', 'fdsa', 'gru4recf', 'p-rnn'];
