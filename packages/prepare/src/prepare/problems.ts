// What can be wrong with a row of the log, as a table: code -> what a person reads. Records that are broken come from the sources.
import { setting, type Text, text } from '@difsr/errors';
import type { RecordProblem } from '../sources/source.js';

/** What may be wrong with the meaning of a row. */
export const MEANING_PROBLEMS = [
  'user-empty',
  'item-empty',
  'user-form',
  'item-form',
  'time',
  'time-none',
  'time-unit',
  'number',
  'vector',
] as const;
/** One of {@link MEANING_PROBLEMS}. */
export type MeaningProblem = (typeof MEANING_PROBLEMS)[number];
/** Any problem of a row. */
export type RowProblem = RecordProblem | MeaningProblem;

/** Words for a problem; `message` goes after the value. */
export interface ProblemWords {
  readonly message: string;
  readonly cure: Text;
}

const CURE_ID = 'give every user and item an id without white space (put _ in its place)';

/** Every problem in words. */
export const PROBLEM_WORDS: { readonly [P in RowProblem]: ProblemWords } = {
  cells: {
    message: 'has another number of cells than the header',
    cure: 'give every row as many cells as the header; put cells that hold the delimiter into quotes',
  },
  header: {
    message: 'is the header of the file again',
    cure: 'remove the line: files that were put together bring their header each time',
  },
  sequence: {
    message: 'is not a user and its items',
    cure: 'write one line per user: the user id and the item ids, whole numbers from 1 on, with single blanks between',
  },
  json: { message: 'is not an object of JSON', cure: 'write one object per line, keys and text in double quotes' },
  'utf-8': {
    message: 'is not valid UTF-8',
    cure: 'convert the file (iconv -f ISO-8859-1 -t UTF-8), or say encoding: latin1',
  },
  quote: {
    message: 'has a quote that is not closed, or text after a closing quote',
    cure: 'double the quotes inside a quoted cell, or say quote: "" where quotes mean nothing',
  },
  nul: { message: 'holds a NUL character', cure: 'remove it; the file may be cut off, or be UTF-16' },
  'too-long': { message: 'is longer than 16 MiB', cure: 'check the line ends and quotes of the file' },
  'user-empty': { message: 'the user id is empty', cure: 'give every row a user, or filter such rows out beforehand' },
  'item-empty': { message: 'the item id is empty', cure: 'give every row an item, or filter such rows out beforehand' },
  'user-form': {
    message: 'is a user id with white space or control characters, or the name of padding',
    cure: CURE_ID,
  },
  'item-form': {
    message: 'is an item id with white space or control characters, or the name of padding',
    cure: CURE_ID,
  },
  time: {
    message: 'is not a time',
    cure: text`write times as seconds or milliseconds since 1970 or ISO 8601, or say their form (${setting('columns.timeFormat')}, ${setting('columns.zone')}; in a description unit, format and zone under time:)`,
  },
  'time-none': {
    message: 'stands for no time: the times of the other rows are years away',
    cure: 'give the row its time, or leave it out; where such numbers are meant, say unit: order',
  },
  'time-unit': {
    message: 'has the size of another unit than the others, and than the one that is stated',
    cure: 'say unit: auto under time:, which reads each number by its own size, or convert the column',
  },
  number: {
    message: 'is not a number',
    cure: 'correct or empty the cell, say how numbers are written (decimal:, unit:) or what stands for none (missing:), or give the field another kind',
  },
  vector: {
    message: 'is not a list of numbers of the same length as the others',
    cure: 'give every vector the same length, or leave the cell empty',
  },
};
