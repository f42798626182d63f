// Histories and lists of ids as rectangles.
import type { HostTensor } from '@difsr/graph';
import type { ModelInstance } from './definition.js';

/** Interactions of a history that a model is shown: the last so many. */
export function shownLength({ config, objective }: Pick<ModelInstance, 'config' | 'objective'>): number {
  return config.maxLength - objective.spare;
}

/** The last items of each history as one rectangle, int32 `[histories, length]`. */
export function paddedItems(
  histories: readonly (Int32Array | readonly number[])[],
  model: Pick<ModelInstance, 'config' | 'fullRows' | 'objective'>,
): HostTensor {
  const { maxLength } = model.config;
  const { spare } = model.objective;
  const most = shownLength(model);
  const rows = histories.map((history) => history.slice(Math.max(0, history.length - most)));
  const longest = rows.reduce((length, row) => Math.max(length, row.length), 1);
  return padded(rows, model.fullRows ? maxLength : Math.min(maxLength, longest + spare));
}

/** Rows of ids padded with 0 on the right to the longest (at least `width`), int32 `[rows, columns]`. */
export function padded(rows: readonly (Int32Array | readonly number[])[], width: number): HostTensor {
  const columns = rows.reduce((most, row) => Math.max(most, row.length), width);
  const data = new Int32Array(rows.length * columns);
  rows.forEach((row, r) => data.set(row, r * columns));
  return { dtype: 'int32', shape: [rows.length, columns], data };
}
