// The last of a non-empty list.
import { at } from '@difsr/graph';

/** The last element; an empty list is a bug and says so. */
export const last = <T>(items: readonly T[]): T => at(items, -1);
