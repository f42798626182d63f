// What an exported file takes beside items: the values of events and users that its model reads, and examples of them for the check.
import type { HostTensor } from '@difsr/graph';
import {
  encodedWidth,
  inputName,
  isCategorical,
  isTimeField,
  ownerOf,
  USER_ID,
  valuesTensor,
  type FieldSchema,
  type ModelInstance,
  type TimeField,
} from '@difsr/models';

/** An input of values, described for whoever feeds it. */
export interface ValueInput {
  readonly input: string;
  readonly field: string;
  readonly kind: FieldSchema['kind'];
  /** In words. */
  readonly form: string;
}

/** Whether a model is fed more than items. */
export function isFedValues({ reads }: ModelInstance): boolean {
  return reads.events.length + reads.users.length > 0;
}

/** The inputs beside items. */
export function valueInputs({ reads }: ModelInstance): readonly ValueInput[] {
  return [...reads.events, ...reads.users].map((field) => ({
    input: inputName(field),
    field: field.name,
    kind: field.kind,
    form: formOf(field, ownerOf(field) === 'user' ? 'batch' : 'batch, length'),
  }));
}

/** What is fed of fields that are made of times: their ids are in no vocabulary. */
const OF_TIMES: Readonly<Record<TimeField, string>> = {
  'time.gap': 'seconds since the one before',
  'time.weekday': '1 = Monday .. 7 = Sunday, UTC; 0 = none',
  'time.hour': '1 = 00:00 to 00:59 UTC .. 24 = 23:00 to 23:59 UTC; 0 = none',
};

function formOf(field: FieldSchema, places: string): string {
  if (field.name === USER_ID)
    return `int32 [${places}], place of the user's id in the vocabulary's fields["${USER_ID}"], 0 = unknown`;
  const ofTimes = isTimeField(field.name) ? OF_TIMES[field.name] : undefined;
  switch (field.kind) {
    case 'categorical':
      return `int32 [${places}], ${ofTimes ?? 'value ids, 0 = none'}`;
    case 'multi-categorical':
      return `int32 [${places}, ${field.maxValues}], value ids, 0 = none`;
    case 'numeric':
      return `float [${places}, 2], ${ofTimes ?? 'a number'} and 1, or 0 and 0`;
    case 'vector':
      return `float [${places}, ${field.width + 1}], a vector and 1, or zeros`;
  }
}

/**
 * Values for rows of places: each place has its own, whichever row it is asked for in, and undefined is no event.
 *
 * @param places Rows of places, filled up with undefined to `columns`.
 */
export function exampleEvents(
  { reads }: ModelInstance,
  places: readonly (readonly (number | undefined)[])[],
  columns: number,
): Record<string, HostTensor> {
  return Object.fromEntries(
    reads.events.map((field) => {
      const rows = places.map((row) => Array.from({ length: columns }, (_, i) => row[i]));
      return [inputName(field), tensorOf(field, rows.flat(), [places.length, columns])];
    }),
  );
}

/** Values for users. */
export function exampleUsers({ reads }: ModelInstance, users: number): Record<string, HostTensor> {
  const owners = Array.from({ length: users }, (_, user) => user);
  return Object.fromEntries(reads.users.map((field) => [inputName(field), tensorOf(field, owners, [users])]));
}

function tensorOf(field: FieldSchema, owners: readonly (number | undefined)[], shape: readonly number[]): HostTensor {
  const width = encodedWidth(field);
  const numbers = owners.flatMap((owner) =>
    Array.from({ length: width }, (_, i) => (owner === undefined ? 0 : exampleOf(field, owner, i, width))),
  );
  return valuesTensor(field, isCategorical(field) ? Int32Array.from(numbers) : Float32Array.from(numbers), shape);
}

function exampleOf(field: FieldSchema, owner: number, at: number, width: number): number {
  if (isCategorical(field)) return (owner * 7 + at) % field.values;
  const known = owner % 5 === 4 ? 0 : 1;
  if (at === width - 1) return known;
  const wave = Math.sin(owner * 1.3 + at);
  return known * (field.kind === 'numeric' ? field.mean + field.deviation * wave : field.length * wave);
}
