// How likely items are to be drawn, and draws without some of them by arithmetic alone: whole numbers of a law are intervals of items.

/** How likely items are: whole numbers, such as training interactions, of which each item has an interval. */
export interface ItemLaw {
  /** Of all items. */
  readonly total: number;
  /** Of the items up to this id. */
  readonly upTo: (item: number) => number;
  /** The item whose interval holds the number, which is in [0, total). */
  readonly at: (number: number) => number;
}

/** All items alike. */
export function uniformLaw(items: number): ItemLaw {
  return { total: items, upTo: (item) => item, at: (number) => number + 1 };
}

/**
 * Items by counts.
 *
 * @param counts By item id; entry 0 is padding, whatever it says.
 * @example
 * countedLaw([0, 3, 0, 1]).at(3); // 3, the item; numbers 0, 1 and 2 are item 1
 */
export function countedLaw(counts: ArrayLike<number>): ItemLaw {
  const ends = new Float64Array(counts.length);
  // In range by construction.
  for (let item = 1; item < counts.length; item++) ends[item] = ends[item - 1]! + counts[item]!;
  return {
    total: ends[ends.length - 1] ?? 0,
    upTo: (item) => ends[item] ?? 0,
    at: (number) => firstAbove(ends, number),
  };
}

/** Items as a list has them, each as often as it stands there. */
export function listedLaw(items: Int32Array): ItemLaw {
  const sorted = Int32Array.from(items).sort();
  return {
    total: sorted.length,
    upTo: (item) => firstAbove(sorted, item),
    at: (number) => sorted[number] ?? 0,
  };
}

/** The first place whose value is larger, in ascending values. */
function firstAbove(values: ArrayLike<number>, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! > value) high = middle; // in range by construction
    else low = middle + 1;
  }
  return low;
}

/** Draws items of a law without some of them. */
export interface Drawing {
  /** What is left without them; 0: no item is. */
  readonly total: number;
  /** The item of a number in [0, total). */
  readonly at: (number: number) => number;
}

/**
 * A law without some items: the intervals of the others, pushed together.
 *
 * @param excluded Ascending, each once.
 * @example
 * without(uniformLaw(4), [1, 3]).at(1); // 4: what is left is 2 and 4
 */
export function without(law: ItemLaw, excluded: readonly number[]): Drawing {
  // Where the interval of each excluded item would begin among the others, and how much lies in those up to it.
  const begins: number[] = [];
  const gone: number[] = [0];
  for (const item of excluded) {
    const before = law.upTo(item - 1);
    const removed = gone[gone.length - 1]!; // never empty
    begins.push(before - removed);
    gone.push(removed + law.upTo(item) - before);
  }
  return {
    total: law.total - gone[gone.length - 1]!, // never empty
    at: (number) => law.at(number + (gone[firstAbove(begins, number)] ?? 0)),
  };
}
