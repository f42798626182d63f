// Words that people and programs write where there is no value. One table for numbers and for names: what is one here is one there.

/**
 * Words for nothing, as compared: without the blanks around them, in lower case. The empty cell is no word: it has no value anyway.
 *
 * The key `missing` of a description adds others, as they stand in the file.
 */
export const MISSING_WORDS: readonly string[] = [
  ['nan', '-nan', 'na', 'n/a', 'n.a.', '<na>', 'nat', 'null', '<null>', '(null)', 'nil', 'none', 'undefined'],
  ['-', '--', '---', '–', '—', '?', String.raw`\n`, '""', "''"],
  // What spreadsheets write for a formula that failed, or for "no value".
  ['#n/a', '#na', '#nv', '#value!', '#div/0!', '#ref!', '#num!', '#name?', '#null!', '#wert!', '#zahl!', '#bezug!'],
].flat();

/** What programs write for numbers beyond all numbers: in a column of numbers no value, elsewhere a word like others. */
export const NOT_FINITE_WORDS: readonly string[] = ['inf', 'infinity'].flatMap((word) => [
  word,
  `+${word}`,
  `-${word}`,
]);

const WORDS: ReadonlySet<string> = new Set(MISSING_WORDS);

/**
 * Whether a cell says that there is no value.
 *
 * @example
 * isMissingWord(' N/A '); // true
 * isMissingWord('Nana'); // false
 */
export function isMissingWord(cell: string): boolean {
  return WORDS.has(cell.trim().toLowerCase());
}
