// Which columns serve as attributes, and of what kind; a column that cannot serve says why.
import { isBracketed, quotedNames } from '../category-text.js';
import type { FieldSpec } from '../description/types.js';
import { parseJson } from '@difsr/data';
import { fieldValues } from '../prepare/field-values.js';
import { decodeHtml } from '../prepare/html.js';
import { tidyText } from '../tidy-text.js';
import { FEWEST_TO_JUDGE, type FieldChoice, type FieldContext, groupsNothing } from './choice.js';
import { datesWhy } from './dates.js';
import { divisionOf } from './lists.js';
import { isLinkName, isPersonName, isTitleName } from './names.js';
import { nothingAmong } from './nothing.js';
import { numericField } from './numbers.js';
import { ROW_LABEL_WORDS } from './row-labels.js';
import { type ColumnProfile, isNested } from './profile.js';

/** No word for nothing is longer. */
const LONGEST_WORD = 30;
/** Text longer than this on average is prose. */
const LONGEST_VALUE = 50;
const URL = /^(https?:)?\/\/|^www\./i;

/** Decides what a column is as an attribute. */
export function chooseField(column: ColumnProfile, context: FieldContext = {}): FieldChoice {
  const { rows, type } = column;
  const { named, words } = withoutWords(column);
  if (column.filled === 0) return { why: 'it is empty' };
  if (column.rowLabels !== undefined) return { why: ROW_LABEL_WORDS[column.rowLabels] };
  if (named.filled === 0) return { why: `no value on any row, only ${words.join(', ')}` };
  if (isPersonName(column.name)) return { why: 'names of people' };
  if (named.distinct === 1 && rows >= 2)
    return { why: `the same value on every row that has one: ${named.examples[0] ?? ''}` };
  if (named.filled < rows * 0.01) return { why: `filled on ${named.filled} of ${rows} rows alone` };
  if (isNested(type)) return nestedField(column, context);
  if (context.atomicType === 'float_seq') return { field: { kind: 'vector', separator: ' ' }, why: 'float_seq' };
  const markup = named.cells.filter((cell) => decodeHtml(cell) === undefined).length;
  if (markup > named.cells.length * 0.2)
    return { why: `HTML debris on ${markup} of the first ${named.cells.length} cells with a value` };
  if (context.atomicType !== 'token' && context.atomicType !== 'token_seq') {
    const dates = datesWhy(column);
    if (dates !== undefined) return { why: dates };
    const numbers = numericField(column, context);
    if (numbers !== undefined) return numbers;
  }
  const choice = textField(named, context);
  const cells = column.filled - named.filled;
  if (choice.field === undefined || cells === 0) return choice;
  const missing = [...new Set([...words, ...(Array.isArray(choice.field.missing) ? choice.field.missing : [])])];
  return {
    ...choice,
    field: { ...choice.field, missing },
    why: `${choice.why}; ${cells} of ${column.filled} cells stand for none: ${words.join(', ')}`,
  };
}

/** A column of text without the cells that stand for no value. */
function withoutWords(column: ColumnProfile): { readonly named: ColumnProfile; readonly words: readonly string[] } {
  if (isNested(column.type)) return { named: column, words: [] };
  const counts = new Map(column.words.map(({ cell, rows }) => [cell, rows]));
  // Of the words that are counted over all rows alike, and of those in brackets among the cells that are looked at.
  for (const cell of column.cells) if (cell.length <= LONGEST_WORD && !counts.has(cell)) counts.set(cell, -1);
  const found = nothingAmong([...counts.keys()]);
  if (found.length === 0) return { named: column, words: [] };
  const taken = new Set(found);
  const cells = column.cells.filter((cell) => !taken.has(cell));
  const inCells = (word: string): number => column.cells.filter((cell) => cell === word).length;
  const rows = found.reduce(
    (sum, word) => sum + ((counts.get(word) ?? 0) > 0 ? (counts.get(word) ?? 0) : inCells(word)),
    0,
  );
  const examples = column.examples.filter((example) => !taken.has(example));
  return {
    named: {
      ...column,
      cells,
      filled: Math.max(cells.length, column.filled - rows),
      distinct: Math.max(0, column.distinct - new Set(found.map(tidyText)).size),
      examples: examples.length > 0 ? examples : cells.slice(0, 1),
    },
    words: [...new Set(found.map((word) => word.trim()))],
  };
}

/** Text that is neither numbers nor dates. */
function textField(column: ColumnProfile, { atomicType }: FieldContext): FieldChoice {
  const { cells } = column;
  const html: Pick<FieldSpec, 'html'> = cells.some((cell) => cell.includes('&') && decodeHtml(cell) !== cell.trim())
    ? { html: 'decode' }
    : {};
  if (atomicType === 'token_seq')
    return severalField(column, cells, { kind: 'multi-categorical', separator: ' ', ...html });
  if (atomicType === 'token') return categoricalField(column, html);
  const marked = cells.filter((cell) => /^\s*\[?\s*['"]/.test(cell) && quotedNames(cell) !== undefined).length;
  if (marked > cells.length * 0.8)
    return severalField(column, cells, { kind: 'multi-categorical', separator: ',', names: true, ...html });
  return dividedField(column, html);
}

function categoricalField(column: ColumnProfile, html: Pick<FieldSpec, 'html'>): FieldChoice {
  const { filled, distinct, cells } = column;
  if (cells.some((cell) => URL.test(cell))) return { why: 'addresses of pages' };
  if (column.meanLength > LONGEST_VALUE)
    return { why: `free text (${Math.round(column.meanLength)} characters on average)` };
  if (groupsNothing(distinct, filled))
    return { why: `${distinct} different values on ${filled} rows: it groups nothing` };
  const why = column.distinct === 2 ? 'two values' : `${distinct} values on ${filled} rows`;
  return { field: { kind: 'categorical', ...html }, why };
}

/** Lists and paths by what their parts do; any other text is one value, and says so where it holds separators. */
function dividedField(column: ColumnProfile, html: Pick<FieldSpec, 'html'>): FieldChoice {
  const { cells } = column;
  const bracketed = cells.filter(isBracketed).length;
  if (bracketed > cells.length * 0.8)
    return severalField(column, cells, { kind: 'multi-categorical', separator: ',', ...html });
  // A semicolon ends &amp; too.
  const plain = 'html' in html ? cells.map((cell) => decodeHtml(cell) ?? '') : cells;
  const division = isTitleName(column.name) ? undefined : divisionOf(plain);
  const whole = categoricalField(column, html);
  switch (division?.as) {
    case undefined:
      return whole;
    case 'list': {
      const { separator, drop } = division;
      const found = severalField(column, cells, { kind: 'multi-categorical', separator, ...html, ...kept(drop) });
      const why = drop === undefined ? '' : `; ${quoted(drop)} belongs to the name before it: left out`;
      return { ...found, why: `${found.why}${why}` };
    }
    case 'path': {
      const { path, separator } = division;
      const several = separator === undefined ? {} : { separator };
      return severalField(column, cells, { kind: 'multi-categorical', path, ...several, ...html });
    }
    case 'one': {
      if (whole.field === undefined) return whole;
      const { separator, example } = division;
      const one = `${quoted([example])} is one value`;
      const note = `${one}: what stands around ${quoted([separator])} does not recur alone or in other combinations; if these are lists, say kind: multi-categorical, separator: ${quoted([separator])}`;
      return { ...whole, why: `${whole.why}; ${one}`, note };
    }
  }
}

function kept(drop: readonly string[] | undefined): Pick<FieldSpec, 'drop'> {
  return drop === undefined ? {} : { drop };
}

function quoted(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}

function nestedField(column: ColumnProfile, context: FieldContext): FieldChoice {
  const values = column.cells.map(parsed);
  const lists = values.filter((value) => Array.isArray(value));
  if (lists.length * 2 <= values.length)
    return values.every((value) => typeof value === 'object')
      ? { why: 'objects; a key of them can be named as sql: "column ->> \'$.key\'"' }
      : { why: 'lists in some cells, text or objects in others' };
  const flat = lists.flat(3);
  const numbers = flat.filter((value) => typeof value === 'number');
  const [first] = lists;
  const width = first?.length ?? 0;
  // NaN of Python is null here.
  const holes = flat.filter((value) => value === null).length;
  if (
    numbers.length + holes === flat.length &&
    numbers.length > holes &&
    width >= 3 &&
    lists.every((list) => list.length === width) &&
    numbers.some((value) => !Number.isInteger(value))
  )
    return { field: { kind: 'vector' }, why: `lists of ${width} numbers` };
  if (flat.some((value) => typeof value === 'object' && value !== null)) return { why: 'lists of objects' };
  return severalField(column, column.cells, { kind: 'multi-categorical' }, context);
}

function parsed(cell: string): unknown {
  try {
    return parseJson(cell);
  } catch {
    return undefined;
  }
}

/** A field with several values in a cell, if they group anything. */
function severalField(
  column: ColumnProfile,
  cells: readonly string[],
  field: FieldSpec,
  { isItemId }: FieldContext = {},
): FieldChoice {
  const html = cells.some((cell) => cell.includes('&') && /&(#\d+|#x[\da-f]+|\w+);/i.test(cell))
    ? 'decode'
    : field.html;
  const spec: FieldSpec = { ...field, ...(html === undefined ? {} : { html }) };
  const sets = cells.map((cell) =>
    fieldValues(cell, {
      from: isNested(column.type) ? 'json' : 'text',
      separator: field.separator,
      path: field.path,
      names: field.names ?? true,
      html: html === 'decode',
      drop: field.drop ?? [],
    }),
  );
  const words = nothingAmong([...new Set(sets.flat())]);
  const values = sets.flat().filter((value) => !words.includes(value));
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const length = values.reduce((sum, value) => sum + value.length, 0) / Math.max(1, values.length);
  if (values.length === 0) return { why: 'no value in any cell' };
  if (values.some((value) => URL.test(value))) return { why: 'addresses of pages' };
  if (length > LONGEST_VALUE) return { why: `free text (${Math.round(length)} characters on average)` };
  // Numbers of other things may be those of items by chance.
  const isLink = (value: string): boolean => !/^\d{1,7}$/.test(value) && isItemId?.(value) === true;
  const links = values.filter(isLink).length;
  if (isLinkName(column.name) || links > values.length * 0.2)
    return { why: `${links} of ${values.length} values are ids of items: links, not attributes` };
  if (groupsNothing(counts.size, values.length))
    return { why: `${counts.size} different values of ${values.length}: it groups nothing` };
  // A value that every item has tells nothing.
  const everywhere = [...counts].filter(([, count]) => count === sets.filter((set) => set.length > 0).length);
  const drop = cells.length >= FEWEST_TO_JUDGE && field.path === undefined ? everywhere.map(([value]) => value) : [];
  const dropped = drop.length === 0 ? '' : `; ${quoted(drop)} is on every row: left out`;
  const all = [...(field.drop ?? []), ...drop];
  return {
    field: {
      ...spec,
      ...(all.length === 0 ? {} : { drop: all }),
      ...(words.length === 0 ? {} : { missing: words }),
    },
    why: `${howDivided(field)}, ${counts.size} values${within(column)}, ${(values.length / cells.length).toFixed(1)} on a row${dropped}${words.length === 0 ? '' : `; ${words.join(', ')} stands for none`}`,
  };
}

function howDivided({ separator, names, path }: FieldSpec): string {
  if (path !== undefined) return `paths with ${quoted([path])} between their levels, each level a value`;
  if (separator === undefined) return 'lists';
  return names === true ? 'quoted names' : `parts between ${quoted([separator])}`;
}

/** Where not all cells were looked at. */
function within({ cells, filled }: ColumnProfile): string {
  return cells.length < filled ? ` on the first ${cells.length.toLocaleString('en-US')} rows` : '';
}
