// Raw table -> data set: filters, numbers users, items and values, orders each user's interactions by time.
// Knows no format; everything it leaves out is counted in the report.
import { setting, text } from '@difsr/errors';
import { DataError } from './errors.js';
import { FILTER_RULES, filterInteractions, type FilterOptions, type FilterResult } from './filter.js';
import { checkOptions } from './options.js';
import type { RawData, RawInteractions, RawItemColumn, RawItems } from './raw.js';
import type { CategoricalField, Dataset, ReportEntry, Sequences, Vocabulary } from './types.js';
import { type VocabularyBuilder, vocabularyBuilder } from './vocabulary.js';

/**
 * Builds the data set from a raw table. Users and items are numbered by first appearance among the interactions that are
 * kept; items of the item table without interactions follow, unless `itemMin` asks for at least one. A user's interactions
 * are sorted by time, stably: equal times keep the order of the file.
 *
 * @throws DataError if no interaction is left; for options that it does not know, and values of another kind
 */
export function buildDataset(raw: RawData, filters: FilterOptions = {}): Dataset {
  checkOptions('buildDataset', filters, FILTER_RULES);
  const { interactions } = raw;
  const result = filterInteractions(interactions, filters);
  const report = [...raw.report];
  if (!result.kept.includes(1)) throw nothingLeft(raw, result, filters);

  const users = vocabularyBuilder();
  const items = vocabularyBuilder();
  const userIds = new Int32Array(interactions.userTokens.length);
  const itemIds = new Int32Array(interactions.itemTokens.length);
  for (let row = 0; row < result.kept.length; row++) {
    if (result.kept[row] === 0) continue;
    const user = interactions.users[row] ?? 0;
    const item = interactions.items[row] ?? 0;
    if (userIds[user] === 0) userIds[user] = users.add(interactions.userTokens[user] ?? '');
    if (itemIds[item] === 0) itemIds[item] = items.add(interactions.itemTokens[item] ?? '');
  }
  const unused = unusedItems(raw, items);
  // Items that lost all interactions to a filter stay candidates where the item table has them and no minimum forbids it.
  const keepUnused = (filters.itemMin ?? 0) < 1;
  if (keepUnused) for (const id of [...unused.lost, ...unused.never]) items.add(id);
  report.push(...filterReport(result, filters, keepUnused ? unused.lost.length : 0), ...unusedReport(unused, filters));
  const itemVocabulary = items.finish();
  const userVocabulary = users.finish();
  const ordered = orderByUser(interactions, result.kept, userIds, itemIds, userVocabulary.size - 1);
  const fields = raw.items?.columns.map((column) => buildField(raw.items?.ids ?? [], column, itemVocabulary)) ?? [];
  for (const field of fields) report.push(...fieldReport(field, itemVocabulary));
  const names = itemNames(raw.items, itemVocabulary);
  return {
    name: raw.name,
    format: raw.format,
    users: userVocabulary,
    items: itemVocabulary,
    ...ordered,
    fields,
    ...(names === undefined ? {} : { itemNames: names }),
    report,
  };
}

/** Groups the kept rows by user and sorts each group by time, stably. */
function orderByUser(
  { users, items, times }: RawInteractions,
  kept: Uint8Array,
  userIds: Int32Array,
  itemIds: Int32Array,
  userCount: number,
): { readonly sequences: Sequences; readonly times?: Float64Array } {
  const offsets = new Int32Array(userCount + 1);
  for (let row = 0; row < kept.length; row++) {
    const user = userIds[users[row] ?? 0] ?? 0;
    if (kept[row] === 1) offsets[user] = (offsets[user] ?? 0) + 1;
  }
  for (let user = 1; user <= userCount; user++) offsets[user] = (offsets[user] ?? 0) + (offsets[user - 1] ?? 0);
  const rows = new Int32Array(offsets[userCount] ?? 0);
  const next = offsets.slice();
  for (let row = 0; row < kept.length; row++) {
    if (kept[row] === 0) continue;
    const index = (userIds[users[row] ?? 0] ?? 0) - 1;
    const place = next[index] ?? 0;
    rows[place] = row;
    next[index] = place + 1;
  }
  if (times !== undefined) {
    const at = times;
    for (let index = 0; index < userCount; index++) {
      // Rows are file positions, so comparing them makes the order of equal times explicit.
      rows.subarray(offsets[index], offsets[index + 1]).sort((a, b) => (at[a] ?? 0) - (at[b] ?? 0) || a - b);
    }
  }
  const sequences = { offsets, items: rows.map((row) => itemIds[items[row] ?? 0] ?? 0) };
  return times === undefined ? { sequences } : { sequences, times: Float64Array.from(rows, (row) => times[row] ?? 0) };
}

/** Rows of the item table that no kept interaction mentions: those that lost theirs to a filter, and those that never had one. */
interface UnusedItems {
  readonly lost: readonly string[];
  readonly never: readonly string[];
}

function unusedItems({ items: table, interactions }: RawData, kept: VocabularyBuilder): UnusedItems {
  const unused = table?.ids.filter((id) => !kept.has(id)) ?? [];
  if (unused.length === 0) return { lost: [], never: [] };
  const mentioned = new Set(interactions.itemTokens);
  return { lost: unused.filter((id) => mentioned.has(id)), never: unused.filter((id) => !mentioned.has(id)) };
}

/** Where `itemMin` drops items, those that had interactions are in the filter's own lines already. */
function unusedReport({ lost, never }: UnusedItems, { itemMin = 0 }: FilterOptions): ReportEntry[] {
  const dropped = itemMin >= 1;
  const count = dropped ? never.length : lost.length + never.length;
  if (count === 0) return [];
  const why = dropped
    ? `every item must have at least ${itemMin} interactions`
    : 'kept: they can be ranked, but nothing is learned of them';
  return [{ kind: dropped ? 'dropped' : 'noted', what: 'items of the item table without interactions', count, why }];
}

/** Numbers the values of a column over the items that are kept, in the order of the item table. */
export function buildField(ids: readonly string[], column: RawItemColumn, items: Vocabulary): CategoricalField {
  const vocabulary = vocabularyBuilder();
  const valuesOf: number[][] = Array.from({ length: items.size }, () => []);
  for (const [row, token] of ids.entries()) {
    const item = items.id(token);
    if (item !== undefined) valuesOf[item] = [...new Set(column.values[row])].map((value) => vocabulary.add(value));
  }
  const offsets = new Int32Array(items.size + 1);
  let maxValues = 1;
  for (const [item, values] of valuesOf.entries()) {
    offsets[item + 1] = (offsets[item] ?? 0) + values.length;
    maxValues = Math.max(maxValues, values.length);
  }
  return {
    name: column.name,
    owner: 'item',
    kind: column.kind,
    vocabulary: vocabulary.finish(),
    offsets,
    values: Int32Array.from(valuesOf.flat()),
    maxValues,
  };
}

function itemNames(table: RawItems | undefined, items: Vocabulary): readonly string[] | undefined {
  if (table?.names === undefined) return undefined;
  const names = items.tokens.map((token, id) => (id === 0 ? '' : token));
  for (const [row, token] of table.ids.entries()) {
    const id = items.id(token);
    const name = table.names[row];
    if (id !== undefined && name !== undefined && name !== '') names[id] = name;
  }
  return names;
}

function fieldReport(field: CategoricalField, items: Vocabulary): ReportEntry[] {
  let without = 0;
  for (let item = 1; item < items.size; item++) if (field.offsets[item] === field.offsets[item + 1]) without++;
  if (without === 0) return [];
  const why = 'the source has none for them: they count as unknown (value 0)';
  return [{ kind: 'noted', what: `items without a value in field "${field.name}"`, count: without, why }];
}

function filterReport(result: FilterResult, filters: FilterOptions, keptItems: number): ReportEntry[] {
  const entries: ReportEntry[] = [];
  const why = `only ${describeBounds(filters)} are kept; ${rounds(result)}`;
  const drop = (what: string, count: number, reason: string): void => {
    if (count > 0) entries.push({ kind: 'dropped', what, count, why: reason });
  };
  drop(
    'interactions outside the range of times',
    result.outOfTime,
    `times from ${filters.timeFrom ?? 'any'} to ${filters.timeTo ?? 'any'}`,
  );
  drop('users', result.users, why);
  drop('items', result.items - keptItems, why);
  drop('interactions', result.byCount, why);
  return entries;
}

function rounds({ rounds }: FilterResult): string {
  return `nothing changed after ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;
}

/** The bounds in words, e.g. `users with 5 or more interactions, items with 5 or more`. */
function describeBounds({ userMin, userMax, itemMin, itemMax }: FilterOptions): string {
  const range = (owners: string, min?: number, max?: number): string[] => {
    if (min === undefined && max === undefined) return [];
    const numbers = max === undefined ? `${min} or more` : `${min ?? 0} to ${max}`;
    return [`${owners} with ${numbers} interactions`];
  };
  return [...range('users', userMin, userMax), ...range('items', itemMin, itemMax)].join(', ');
}

function nothingLeft(raw: RawData, result: FilterResult, filters: FilterOptions): DataError {
  const rows = raw.interactions.users.length;
  const parts = [];
  if (result.outOfTime > 0)
    parts.push(`${result.outOfTime} fell outside the times ${filters.timeFrom ?? 'any'} to ${filters.timeTo ?? 'any'}`);
  if (result.byCount > 0)
    parts.push(`${result.byCount} went because only ${describeBounds(filters)} are kept (${rounds(result)})`);
  const message = rows === 0 ? 'holds no interactions' : `nothing is left of ${rows} interactions: ${parts.join('; ')}`;
  const cure =
    rows === 0
      ? 'check that this is the right file'
      : text`lower ${setting('userMin')} and ${setting('itemMin')}, or widen the range of times`;
  return new DataError([{ file: raw.source, message, cure }]);
}
