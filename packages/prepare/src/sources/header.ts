// The header of delimited text: whether the first record names the columns, and a name of its own for each of them. A header may
// have a cell that is empty, repeated or a number; what tells it from a row is how its cells differ from those below.
import { formOf } from './cells.js';
import { isAttributeName, isTitleName, nameRank } from '../inspect/names.js';

/** Names of columns, and what was made up. */
export interface ColumnNames {
  readonly names: readonly string[];
  /** Places of the columns that the header leaves without a name. */
  readonly unnamed: ReadonlySet<number>;
  /** What the file does not say by itself, in words. */
  readonly notes: readonly string[];
}

/** From this share of the cells on, a column is of one kind. */
const ALMOST_ALL = 0.9;
const WORDS =
  /^(id|user|customer|client|visitor|item|product|sku|asin|brand|category|categories|price|time|date|rating|session|movie|artist|title|name)s?$/;

/**
 * Whether the first record is a header. Each of its cells speaks for one (a usual name; no digit above cells with digits; a number above
 * cells without) or against it (a number above numbers, `u1` above `u2`, a value that comes again below); an empty one says nothing.
 */
export function looksLikeHeader(first: readonly string[], rows: readonly (readonly string[])[]): boolean {
  const names = first.map((name) => name.trim());
  // Files that were put together repeat their header.
  const others = rows.filter((row) => row.some((cell, index) => cell.trim() !== names[index]));
  if (numbersColumns(names) && (names[0] === '' || !others.some((row) => row.every(isNumber)))) return true;
  const below = (index: number): string[] =>
    others.map((row) => (row[index] ?? '').trim()).filter((cell) => cell !== '');
  return names.reduce((sum, name, index) => sum + evidence(name, below(index)), 0) > 0;
}

/** Outweighs everything: nobody's row has `user_id` above ids with digits. */
const PROOF = 1000;

function evidence(name: string, cells: readonly string[]): number {
  if (name === '') return 0;
  const share = (test: (cell: string) => boolean): number => cells.filter(test).length / Math.max(1, cells.length);
  if (isNumber(name)) return cells.length > 0 && share(isNumber) < 1 - ALMOST_ALL ? 2 : -2;
  const usual = usualness(name);
  if (cells.length > 0 && share(hasDigit) >= ALMOST_ALL) {
    if (!hasDigit(name)) return usual === 2 ? PROOF : usual + 2;
    return cells.some((cell) => formOf(cell) === formOf(name)) ? usual - 2 : usual;
  }
  return cells.includes(name) ? -2 : usual;
}

/** 2 for a name that is known, 1 for one with a word that names have, else 0. */
function usualness(name: string): 0 | 1 | 2 {
  const roles = ['user', 'item', 'time'] as const;
  if (roles.some((role) => nameRank(name, role) !== undefined) || isAttributeName(name)) return 2;
  if (!/^[\p{L}_][\w\p{L} .:-]*$/u.test(name)) return 0;
  const words = name
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[ _.:-]+/);
  return isTitleName(name) || words.some((word) => WORDS.test(word)) ? 1 : 0;
}

function isNumber(cell: string): boolean {
  const text = cell.trim();
  return text !== '' && (!Number.isNaN(Number(text)) || /^\d{4}-\d{2}-\d{2}/.test(text));
}

function hasDigit(cell: string): boolean {
  return /\d/.test(cell);
}

/** Whether names merely number the columns, from 0 or 1, the first perhaps left out: a table that was written without names. */
function numbersColumns(names: readonly string[]): boolean {
  const numbers = names[0] === '' ? names.slice(1) : names;
  return numbers.length > 1 && [0, 1].some((from) => numbers.every((name, index) => name === String(from + index)));
}

/**
 * Gives every column a name. An empty cell gets `column<place>`, a repeated name a number. Cells behind the last name that are empty in
 * all rows are no columns; a header that is one cell short, above rows that are counted in front, leaves the count without a name.
 *
 * @param rows the first records below
 */
export function nameColumns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  nameOf: (cell: string) => string = (cell) => cell.trim(),
): ColumnNames {
  const notes: string[] = [];
  let cells = header.map(nameOf);
  const filled = (index: number): boolean => rows.some((row) => (row[index] ?? '').trim() !== '');
  const written = cells.length;
  while (cells.length > 1 && cells.at(-1) === '' && !filled(cells.length - 1)) cells = cells.slice(0, -1);
  if (cells.length < written) notes.push('the header ends with a delimiter, behind which no column follows');
  const wider = rows.filter((row) => row.length === cells.length + 1);
  if (wider.length > rows.length * ALMOST_ALL) {
    if (!filled(cells.length)) {
      if (cells.length === written) notes.push('the rows end with a delimiter, behind which nothing follows');
    } else if (countsRows(wider.map((row) => row[0] ?? ''))) {
      notes.push(
        `the header has ${cells.length} names for ${cells.length + 1} cells: they are those behind the count of the rows`,
      );
      cells = ['', ...cells];
    }
  }
  if (numbersColumns(cells)) {
    notes.push('the header only numbers the columns');
    cells = cells.map(() => '');
  }
  const unnamed = new Set(
    cells.flatMap((name, index) => (name === '' || /^unnamed:? ?\d+$/i.test(name) ? [index] : [])),
  );
  // SQL does not tell names in upper and lower case apart.
  const taken = new Set(cells.map((name) => name.toLowerCase()));
  const seen = new Set<string>();
  const free = (stem: string, from: number): string => {
    let name = from === 1 ? stem : `${stem}_${from}`;
    for (let next = Math.max(2, from); taken.has(name.toLowerCase()); next++) name = `${stem}_${next}`;
    taken.add(name.toLowerCase());
    return name;
  };
  const names = cells.map((cell, index) => {
    if (cell === '') {
      const name = free(`column${index + 1}`, 1);
      notes.push(`column ${index + 1} has no name: called ${name}`);
      return name;
    }
    if (!seen.has(cell.toLowerCase())) {
      seen.add(cell.toLowerCase());
      return cell;
    }
    const name = free(cell, 2);
    notes.push(`column ${index + 1} is called "${cell}" like one before it: called ${name}`);
    return name;
  });
  return { names, unnamed, notes };
}

/** Whether cells count 0, 1, 2, .. or 1, 2, 3, .. */
function countsRows(cells: readonly string[]): boolean {
  return cells.length > 1 && [0, 1].some((from) => cells.every((cell, index) => cell.trim() === String(from + index)));
}
