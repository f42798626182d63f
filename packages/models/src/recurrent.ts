// What recurrent models share: their options, and how published code (RecBole) starts their weights.
import * as z from 'zod';
import { size, trainedShape, transformerShape, type TrainedConfig } from './config.js';
import type { Preset } from './definition.js';
import { isCategorical, type FieldSchema } from './field-schema.js';
import { encodedWidth } from './inputs.js';
import type { NameMap } from './reference-names.js';

/** Options that recurrent models share. */
export interface RecurrentConfig extends TrainedConfig {
  /** Width of the recurrent state. */
  readonly stateSize: number;
  readonly layers: number;
  readonly hiddenDropout: number;
}

/** Shapes of the options that recurrent models share. */
export const recurrentShape: {
  readonly hiddenSize: z.ZodDefault<z.ZodNumber>;
  readonly stateSize: z.ZodDefault<z.ZodNumber>;
  readonly layers: z.ZodDefault<z.ZodNumber>;
  readonly hiddenDropout: z.ZodDefault<z.ZodNumber>;
  readonly maxLength: typeof transformerShape.maxLength;
} & typeof trainedShape = {
  hiddenSize: size('width d of items: of their embeddings, and of what predicts them').default(64),
  stateSize: size('width of the recurrent state').default(128),
  layers: size('number of recurrent layers').default(1),
  maxLength: transformerShape.maxLength,
  hiddenDropout: z.number().min(0).max(0.95).describe('dropout on embedded items').default(0.3),
  ...trainedShape,
};

/** The presets of recurrent models: the sizes at which published code starts, and a state as much wider than items at d 256. */
export const recurrentPresets: Readonly<Record<'small' | 'paper', Preset>> = {
  small: { model: { hiddenSize: 64, stateSize: 128, layers: 1, maxLength: 50, hiddenDropout: 0.3 } },
  paper: { model: { hiddenSize: 256, stateSize: 512, layers: 1, maxLength: 50, hiddenDropout: 0.3 } },
};

/** Deviation of Glorot's normal for a table `[rows, columns]`. */
export function glorotDeviation(rows: number, columns: number): number {
  return Math.sqrt(2 / (rows + columns));
}

/** The same for the embedding of a field's values, or the projection of its numbers. */
export function fieldDeviation(field: FieldSchema, width: number): number {
  return glorotDeviation(isCategorical(field) ? field.values : encodedWidth(field), width);
}

/** Names of recurrent layers under a prefix of ours and one of theirs. */
export function recurrentNames(names: NameMap, ours: string, theirs: string, layers: number): NameMap {
  for (let k = 0; k < layers; k++)
    names
      .add(`${ours}.layers.${k}.input.weight`, `${theirs}.weight_ih_l${k}`)
      .add(`${ours}.layers.${k}.recurrent.weight`, `${theirs}.weight_hh_l${k}`);
  return names;
}
