// How all files of a shop are written, and what spellings need to choose among its tables and columns.
import type { RandomStream } from '@difsr/data/internal';
import { pick, type Shop } from './shops.test.support.js';
import { type ColumnWriting, numberText, plainWriting, type Writing } from './writing.test.support.js';

/** How all of a shop is written. */
export interface Layout {
  readonly shop: Shop;
  readonly log: Writing;
  readonly items?: Writing;
  readonly users?: Writing;
  /** Messages with which it may be refused. */
  readonly mayAsk: RegExp[];
  /** Names of columns of which a field may be made although they mean nothing, or as often a field as not. */
  readonly mayServe: string[];
  /** What the reports must say. */
  readonly told: RegExp[];
  /** Rows of the log that must be set aside. */
  readonly aside: number[];
  /** Rows of the log that may be set aside. */
  readonly doubtful: number[];
}

/** A way to write; false where it cannot be had with what is written already. */
export type Spelling = (layout: Layout, random: RandomStream) => boolean;

/** The plainest way to write a shop. */
export function plainLayout(shop: Shop): Layout {
  const { log, items, users } = shop;
  return {
    shop,
    log: plainWriting(log, 'log'),
    ...(items === undefined ? {} : { items: plainWriting(items, 'items') }),
    ...(users === undefined ? {} : { users: plainWriting(users, 'users') }),
    mayAsk: [],
    mayServe: [],
    told: [],
    aside: [],
    doubtful: [],
  };
}

/** The tables of a layout. */
export function writings({ log, items, users }: Layout): Writing[] {
  return [log, items, users].filter((writing) => writing !== undefined);
}

/** One, or all tables. */
export function tables(
  layout: Layout,
  random: RandomStream,
  fits: (writing: Writing) => boolean = () => true,
): Writing[] {
  const fitting = writings(layout).filter(fits);
  if (fitting.length === 0) return [];
  return random.chance(0.5) ? fitting : [pick(random, fitting)];
}

export function each(chosen: readonly Writing[], change: (writing: Writing) => void): boolean {
  for (const writing of chosen) change(writing);
  return chosen.length > 0;
}

export const isCsv = ({ form }: Writing): boolean => form === 'csv';
export const isText = ({ form }: Writing): boolean => form !== 'parquet';
export const isObjects = ({ form }: Writing): boolean => form === 'jsonl' || form === 'json';

/** Some of the columns that fit, of any table, at least one; false where none does. */
export function columns(
  layout: Layout,
  random: RandomStream,
  fits: (column: ColumnWriting, writing: Writing) => boolean,
  change: (column: ColumnWriting, writing: Writing) => void,
): boolean {
  const fitting = writings(layout).flatMap((writing) =>
    writing.columns.filter((column) => fits(column, writing)).map((column) => ({ column, writing })),
  );
  if (fitting.length === 0) return false;
  const sure = random.integer(fitting.length);
  for (const [index, { column, writing }] of fitting.entries())
    if (index === sure || random.chance(0.6)) change(column, writing);
  return true;
}

/** Whether the log has times. */
export function isTimed({ log }: Layout): boolean {
  return log.columns.some(({ column }) => column.kind === 'time');
}

/** Whether nobody can tell what the numbers of a column are: 4,955 alone may be 4955 or 4.955. */
export function isOpen({ column, number }: ColumnWriting): boolean {
  const texts = column.values.flatMap((value) =>
    typeof value === 'number' ? numberText(value, { ...number, before: '', after: '' }) : [],
  );
  return texts.every((text) => /^-?\d{1,3}([.,]\d{3})?$/.test(text)) && texts.some((text) => /[.,]/.test(text));
}

/** What must be said of a shop, however it is written: returns are no purchases. */
export function tellsReturns({ log }: Layout): boolean {
  return log.columns.some(
    ({ column: { kind, words, values } }) =>
      kind === 'number' &&
      /quantity|qty/.test(words.join()) &&
      values.some((value) => typeof value === 'number' && value <= 0),
  );
}
