// Events and states as the columns of tables, and back. Columns that no event of ours could have written are defects.
import type { EventValue } from '@difsr/models';
import { StoreError } from '../errors.js';
import type { ItemState, PlacedEvent, ShopEvent } from './event-store.js';

/** The columns of an event in the order of every statement. */
export type EventColumns = readonly [
  id: string | null,
  user: string,
  item: string,
  time: number,
  type: string | null,
  values: string | null,
];

/** An event as columns. */
export function columnsOf({ id, user, item, time, type, values }: ShopEvent): EventColumns {
  const plain = values === undefined || Object.keys(values).length === 0 ? null : JSON.stringify(values);
  return [id ?? null, user, item, time, type ?? null, plain];
}

/** A row as an event with its place. */
export function placedOf(row: unknown): PlacedEvent {
  const { place, id, user, item, time, type, values } = recordOf(row);
  if (typeof user !== 'string' || typeof item !== 'string') throw foreign('an event without a user or an item');
  return {
    place: Number(place),
    event: {
      ...(typeof id === 'string' ? { id } : {}),
      user,
      item,
      time: Number(time),
      ...(typeof type === 'string' ? { type } : {}),
      ...(typeof values === 'string' ? { values: valuesOf(values) } : {}),
    },
  };
}

/** Values as they were written. */
export function valuesOf(json: string): Readonly<Record<string, EventValue>> {
  // Written by `columnsOf` from this type alone.
  return recordOf(JSON.parse(json)) as Readonly<Record<string, EventValue>>;
}

/** A state as it was written. */
export function stateOf(json: unknown): ItemState {
  const { hidden, availableFrom, availableUntil } = recordOf(typeof json === 'string' ? JSON.parse(json) : json);
  return {
    ...(hidden === true ? { hidden } : {}),
    ...(typeof availableFrom === 'number' ? { availableFrom } : {}),
    ...(typeof availableUntil === 'number' ? { availableUntil } : {}),
  };
}

/** What a database gave, as keys with values. @throws StoreError where it is something else */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw foreign(JSON.stringify(value));
  return { ...value };
}

function foreign(what: string): StoreError {
  return new StoreError({
    where: 'store',
    what: `holds ${what}, which the server does not write`,
    cure: 'give the server a place of its own: another file, schema or prefix',
  });
}
