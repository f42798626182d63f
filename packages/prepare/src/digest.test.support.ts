// A data set as one number, to compare what a version gives with what versions before it gave.
import { createHash } from 'node:crypto';
import type { Dataset } from '@difsr/data';

/** SHA-256 of everything that training sees of a data set with categories of items: ids, sequences, times, values and names. */
export function digestOf({ users, items, sequences, times, fields, itemNames }: Dataset): string {
  const hash = createHash('sha256');
  const numbers = ({ buffer, byteOffset, byteLength }: ArrayBufferView): unknown =>
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  const texts = (value: unknown): unknown => hash.update(JSON.stringify(value));
  texts(users.tokens);
  texts(items.tokens);
  numbers(sequences.items);
  numbers(sequences.offsets);
  if (times !== undefined) numbers(times);
  for (const field of fields) {
    if (!('vocabulary' in field)) throw new TypeError(`${field.name} is no category`);
    texts([field.name, field.kind, field.vocabulary.tokens]);
    numbers(field.offsets);
    numbers(field.values);
  }
  texts(itemNames ?? null);
  return hash.digest('hex');
}
