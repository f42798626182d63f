// A history out of the store, as a version of a model reads it. Versions have different fields, and what was kept long ago must not fail today:
// a value that a field of this version cannot have is left out, as if nothing had been said.
import type { Run } from '@difsr/library';
import { isTimeField, ownerOf, type EventValue, type FieldSchema, type HistoryEvent } from '@difsr/models';
import type { ShopEvent } from '../store/event-store.js';

/** The events of a user for a run. */
export function keptHistory(events: readonly ShopEvent[], { model }: Run): HistoryEvent[] {
  const fields = model.schema.fields.filter((field) => ownerOf(field) === 'interaction' && !isTimeField(field.name));
  return events.map(({ item, time, type, values = {} }) => {
    const said: Readonly<Record<string, EventValue>> = type === undefined ? values : { type, ...values };
    const own = fields.flatMap((field): [string, EventValue][] => {
      const value = Object.hasOwn(said, field.name) ? said[field.name] : undefined;
      return fits(field, value) ? [[field.name, value]] : [];
    });
    return { ...Object.fromEntries(own), item, time };
  });
}

function fits(field: FieldSchema, value: EventValue): boolean {
  if (value === undefined || value === null) return false;
  switch (field.kind) {
    case 'categorical':
      return !Array.isArray(value);
    case 'multi-categorical':
      return true;
    case 'numeric':
      return typeof value === 'number' && Number.isFinite(value);
    case 'vector':
      return (
        Array.isArray(value) &&
        value.length === field.width &&
        value.every((each) => typeof each === 'number' && Number.isFinite(each))
      );
  }
}
