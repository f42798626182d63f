// The one error class of bad data. All problems of a file come together, up to a limit, on one screen:
// where (file, line, column), the value, what was allowed, and the cure.
import { DifsrError, type Fault, type OptionName, type Text, text } from '@difsr/errors';

/** How many problems an error lists; the rest is counted. */
export const PROBLEM_LIMIT = 20;

/** One thing wrong with the data. */
export interface DataProblem {
  readonly file: string;
  /** 1-based. */
  readonly line?: number | undefined;
  /** A column's name, or a 1-based position in characters. */
  readonly column?: string | number | undefined;
  /** The offending text, where there is one. */
  readonly value?: string | undefined;
  /** What is wrong and what was allowed; begins after the value, e.g. `'is not a whole number'`. */
  readonly message: Text;
  /** What callers tell apart: the file itself is missing; nothing is left after filtering. */
  readonly kind?: 'missing' | 'nothing-left' | undefined;
  /** The option that is wrong, by its name in code. */
  readonly option?: OptionName | undefined;
  readonly cure: Text;
}

/**
 * Data that cannot be used. `message` is the whole report, fit to be shown without a stack trace.
 *
 * @example
 * try {
 *   await openDataset('data/Beauty');
 * } catch (error) {
 *   if (error instanceof DataError) console.error(error.message);
 * }
 */
export class DataError extends DifsrError {
  override readonly name = 'DataError';
  /** The first problems, at most `PROBLEM_LIMIT`: the parts of `faults`. */
  readonly problems: readonly DataProblem[];

  constructor(problems: readonly DataProblem[], total: number = problems.length) {
    const listed = problems.slice(0, PROBLEM_LIMIT);
    super(listed.map(faultOf), { total });
    this.problems = listed;
  }
}

function faultOf(problem: DataProblem): Fault {
  const { value, message, option, cure } = problem;
  return {
    where: problemPlace(problem),
    what: value === undefined ? message : text`${shown(value)} ${message}`,
    option,
    cure,
  };
}

/** Gathers the problems of a file so that they can be reported together; counts beyond the limit without keeping them. */
export class ProblemList {
  readonly #kept: DataProblem[] = [];
  #total = 0;

  /** How many were added, kept or not. */
  get total(): number {
    return this.#total;
  }

  /** Adds a problem; beyond the limit it is only counted. */
  add(problem: DataProblem): void {
    this.#total++;
    if (this.#kept.length < PROBLEM_LIMIT) this.#kept.push(problem);
  }

  /** @throws DataError if a problem was added */
  throwIfAny(): void {
    if (this.#total > 0) throw new DataError(this.#kept, this.#total);
  }
}

/** A value as shown in a message: on one line, at most 60 characters. */
export function shown(value: string): string {
  const flat = JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  return flat;
}

/** Where a problem is, e.g. `ratings.inter, line 3, column "timestamp"`. */
export function problemPlace({ file, line, column }: DataProblem): string {
  const parts = [file];
  if (line !== undefined) parts.push(`line ${line}`);
  if (column !== undefined) parts.push(typeof column === 'number' ? `column ${column}` : `column ${shown(column)}`);
  return parts.join(', ');
}
