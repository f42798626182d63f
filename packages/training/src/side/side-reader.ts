// Values of interactions and users by position, encoded as a model is fed them: those of the fields that it reads, and nothing else.
import { fieldTable, type Dataset, type Field, type SequenceStore, type StoredDataset } from '@difsr/data';
import {
  encodedWidth,
  encodeValues,
  idsOfTimes,
  isTimeField,
  noValues,
  USER_ID,
  type FieldSchema,
  type FieldsRead,
  type SideValues,
} from '@difsr/models';
import { RunError } from '../run-error.js';
import { gapsOf } from './time-fields.js';

/** Reads what a model is fed beside items. */
export interface SideReader {
  /** Values of the interactions of ranges, end to end. */
  readonly events: (begins: ArrayLike<number>, lengths: ArrayLike<number>) => Promise<readonly SideValues[]>;
  /** Values of the users whose sequences positions are in. */
  readonly users: (positions: ArrayLike<number>) => readonly SideValues[];
}

/** A reader for a model; undefined where it reads items alone. */
export function sideReader(
  dataset: Dataset | StoredDataset,
  store: SequenceStore,
  { events, users }: FieldsRead,
): SideReader | undefined {
  if (events.length + users.length === 0) return undefined;
  const tables = users.map((field) => ({ field, table: encodedTable(dataset, field) }));
  return {
    events: async (begins, lengths) =>
      Promise.all(
        events.map(async (field) => ({
          field,
          data: encodeValues(field, await rawEvents(store, field, begins, lengths)),
        })),
      ),
    users: (positions) =>
      tables.map(({ field, table }) => {
        const width = encodedWidth(field);
        const data = noValues(field, positions.length);
        for (let row = 0; row < positions.length; row++) {
          const id = store.userOf(positions[row] ?? 0) + 1; // 0 is padding
          data.set(table.subarray(id * width, (id + 1) * width), row * width);
        }
        return { field, data };
      }),
  };
}

async function rawEvents(
  store: SequenceStore,
  { name }: FieldSchema,
  begins: ArrayLike<number>,
  lengths: ArrayLike<number>,
): Promise<ArrayLike<number>> {
  if (!isTimeField(name)) return store.readColumn(name, begins, lengths);
  if (name === 'time.gap') return gapsOf(store, begins, lengths);
  return idsOfTimes(name, await store.readColumn('time', begins, lengths));
}

/** All values of a field of items or users, encoded, a row per id. */
export function encodedTable(
  { fields, users }: Pick<Dataset | StoredDataset, 'fields' | 'users'>,
  schema: FieldSchema,
): Int32Array | Float32Array {
  if (schema.name === USER_ID) return Int32Array.from({ length: users.size }, (_, id) => id);
  const owner = schema.owner ?? 'item';
  const field = fields.find((own) => own.name === schema.name && own.owner === owner);
  if (field === undefined)
    throw new RunError({
      what: `the data set has no field "${schema.name}" of ${owner}s`,
      cure: 'name a data set with the fields that the run was trained on',
    });
  return encodeValues(schema, rawTable(field));
}

function rawTable(field: Field): ArrayLike<number> {
  return field.kind === 'numeric' || field.kind === 'vector' ? field.values : fieldTable(field);
}
