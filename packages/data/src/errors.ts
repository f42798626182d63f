// The one error class of bad data. All problems of a file come together, up to a limit, on one screen:
// where (file, line, column), the value, what was allowed, and the cure.

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
  readonly message: string;
  readonly cure: string;
}

/**
 * Data that cannot be used. `message` is the whole report, fit to be shown without a stack trace.
 *
 * @example
 * try {
 *   await loadDataset('data/Beauty');
 * } catch (error) {
 *   if (error instanceof DataError) console.error(error.message);
 * }
 */
export class DataError extends Error {
  override readonly name = 'DataError';
  /** The first problems, at most `PROBLEM_LIMIT`. */
  readonly problems: readonly DataProblem[];
  /** Number of problems found, those that are not listed included. */
  readonly total: number;

  constructor(problems: readonly DataProblem[], total: number = problems.length) {
    super(describeProblems(problems.slice(0, PROBLEM_LIMIT), total));
    this.problems = problems.slice(0, PROBLEM_LIMIT);
    this.total = total;
  }
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

function describeProblems(problems: readonly DataProblem[], total: number): string {
  const lines = problems.map((problem) => {
    const value = problem.value === undefined ? '' : `${shown(problem.value)} `;
    return `${problemPlace(problem)}: ${value}${problem.message}`;
  });
  if (total > problems.length) lines.push(`... and ${total - problems.length} more problems (${total} in all)`);
  for (const cure of new Set(problems.map((problem) => problem.cure))) lines.push(`  cure: ${cure}`);
  return lines.join('\n');
}
