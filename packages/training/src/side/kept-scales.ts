// Numbers are fed by what a run knows of them: their mean and deviation, the bounds of their buckets, the length of vectors. Weights of
// another run mean what they meant there only where numbers are fed as there.
import { ownerOf, type FieldSchema, type ModelSchema } from '@difsr/models';

/** A schema, and the fields whose scales are another run's. */
export interface ScaledSchema {
  readonly schema: ModelSchema;
  readonly scales: readonly string[];
}

/**
 * A schema whose numbers are scaled as in an earlier one, where that has the field.
 *
 * @returns with it the fields for which that makes a difference.
 */
export function withScalesOf(before: ModelSchema | undefined, now: ModelSchema): ScaledSchema {
  const known = new Map(before?.fields.map((field) => [field.name, field]));
  const fields = now.fields.map((field) => scaledAs(known.get(field.name), field));
  const scales = fields.filter((field, i) => field !== now.fields[i]).map(({ name }) => name);
  return { schema: { ...now, fields }, scales };
}

function scaledAs(before: FieldSchema | undefined, now: FieldSchema): FieldSchema {
  if (before === undefined || ownerOf(before) !== ownerOf(now)) return now;
  const scaled = scaleOf(before, now);
  return JSON.stringify(scaled) === JSON.stringify(now) ? now : scaled;
}

function scaleOf(before: FieldSchema, now: FieldSchema): FieldSchema {
  if (now.kind === 'numeric' && before.kind === 'numeric') {
    const { mean, deviation, bounds } = before;
    return { ...now, mean, deviation, bounds };
  }
  if (now.kind === 'vector' && before.kind === 'vector' && now.width === before.width)
    return { ...now, length: before.length };
  return now;
}
