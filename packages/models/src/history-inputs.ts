// A history that somebody tells of, as what a model is fed: for those who look into a model instead of asking it for items.
import type { Feeds } from '@difsr/graph';
import { askedEvents, feedsOf, historyEvents, type EventValue, type HistoryEvent, type ValuesSaid } from './events.js';
import { paddedItems, shownLength } from './padded.js';
import { tokenIds } from './token-ids.js';
import type { TrainedModel } from './trained-model.js';

/** A history as feeds of one row. */
export interface HistoryInputs {
  readonly feeds: Feeds;
  /** Item ids that the model is shown, oldest first. */
  readonly shown: readonly number[];
  /** Ids that the model does not know; they are left out. */
  readonly unknown: readonly string[];
  /** What became of the values of events and of the user. */
  readonly said: ValuesSaid;
}

/**
 * What a trained model is fed for a history, oldest first.
 *
 * @param user Values of fields of users by their names, of a model that reads them.
 * @throws RunError for ids that are no texts, names that no field has, and values that their fields cannot have.
 * @example
 * ```ts
 * const { feeds, shown } = historyInputs(await openRun('runs/shop'), ['B004', 'B017']);
 * ```
 */
export function historyInputs(
  { model, items, fields }: TrainedModel,
  history: readonly (string | HistoryEvent)[],
  user: Readonly<Record<string, EventValue>> = {},
): HistoryInputs {
  const numbers = new Map(items.tokens.map((token, id) => [token, id]));
  const isKnown = (item: string): boolean => (numbers.get(item) ?? 0) > 0;
  const events = historyEvents(history);
  const known = events.flatMap(({ item }) => (isKnown(item) ? [numbers.get(item) ?? 0] : []));
  const most = shownLength(model);
  const idsOf = tokenIds({ fields });
  const asked = askedEvents(model, { events, isKnown, user, shown: most, idsOf });
  const padded = paddedItems([known], model);
  return {
    feeds: { items: padded, ...feedsOf([asked], padded.shape[1] ?? 0) },
    shown: known.slice(-most),
    unknown: events.flatMap(({ item }) => (isKnown(item) ? [] : [item])),
    said: asked.said,
  };
}
