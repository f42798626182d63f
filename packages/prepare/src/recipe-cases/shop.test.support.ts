// For tests: every recipe's files, small, in exactly the form in which the publisher gives them, and what must come out of them,
// worked out by hand. The same people meet the same things in all of them: five users, each takes the five items in turn, beginning one
// further on; a sixth user and a sixth item have too few interactions to stay.
import { gzipSync } from 'node:zlib';

/** What a recipe must make of its files. */
export interface Expected {
  /** User -> items in order, those to be predicted in validation with "?", in the test with "!". */
  readonly sequences: Readonly<Record<string, string>>;
  /** The times of one user in seconds. */
  readonly times: readonly [user: string, times: readonly number[]];
  /** Item -> name where the recipe has names (the id of an item without), and the values of its fields in the order of the recipe. */
  readonly items?: Readonly<Record<string, readonly unknown[]>>;
  /** User -> the values of the fields. */
  readonly users?: Readonly<Record<string, readonly unknown[]>>;
  /** Rows set aside as unusable. */
  readonly quarantined?: number;
}

/** One recipe on small files. */
export interface RecipeCase {
  readonly recipe: string;
  /** Bytes by path in the folder of raw files; archives hold those below their name without its ending. */
  readonly files: Readonly<Record<string, Buffer>>;
  readonly expected: Expected;
}

export type Row = readonly [user: number, item: number, place: number];

/** 25 rows, item by item, so that no user's stand together or in order; then what has to go. */
export const GRID: readonly Row[] = [0, 1, 2, 3, 4].flatMap((item) =>
  [0, 1, 2, 3, 4].map((user): Row => [user, item, (item - user + 5) % 5]),
);
export const TOO_FEW: readonly Row[] = [
  [5, 0, 0],
  [5, 5, 1],
];
export const ROWS: readonly Row[] = [...GRID, ...TOO_FEW];
/** What each of five users took, as places among the items. */
export const TURNS = ['0 1 2 3 4', '1 2 3 4 0', '2 3 4 0 1', '3 4 0 1 2', '4 0 1 2 3'] as const;

export const DAY = 86_400;
export const text = (lines: readonly string[], end = '\n'): Buffer =>
  Buffer.from(lines.map((line) => line + end).join(''));
export const latin1 = (lines: readonly string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
export const gz = (lines: readonly string[]): Buffer => gzipSync(text(lines));
export const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

/** The turns with real names; the last item is the test's, the one before it validation's. */
export function turns(users: readonly string[], items: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    TURNS.map((turn, user) => {
      const [a, b, c, d, e] = turn.split(' ').map((place) => items[Number(place)]);
      return [users[user] ?? '', `${a} ${b} ${c} ${d}? ${e}!`];
    }),
  );
}

/** Ids of publishers who count. */
export const NUMBERS: readonly string[] = ['1', '2', '3', '4', '5', '6'];
