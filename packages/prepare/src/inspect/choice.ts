// What is made of a column as an attribute, and when its values group nothing: shared by the rules for numbers and for names.
import { type Text } from '@difsr/errors';
import type { FieldSpec } from '../description/types.js';

/** What was made of a column. */
export interface FieldChoice {
  /** Absent where the column cannot serve. */
  readonly field?: FieldSpec;
  readonly why: string;
  /** What the user should read of it in full: what was judged by little, and the key that says otherwise. */
  readonly note?: string;
  /** What settles what the note says. */
  readonly cure?: Text;
}

/** What else is known. */
export interface FieldContext {
  /** Type of an atomic file's header. */
  readonly atomicType?: string | undefined;
  /** Whether a value is the id of an item: lists of such are links between items, not attributes. */
  readonly isItemId?: ((value: string) => boolean) | undefined;
}

/** Below this number of cells, "almost all distinct" says nothing. */
export const FEWEST_TO_JUDGE = 20;
/** From this share of distinct values on, values group nothing. */
const ALMOST_ALL = 0.8;

/** Whether nearly every value is another one. */
export function groupsNothing(distinct: number, occurrences: number): boolean {
  return occurrences >= FEWEST_TO_JUDGE && distinct >= ALMOST_ALL * occurrences;
}
