// What lists of recommendations are like beside how often they are right: how much of the catalogue they show, how
// evenly, how well known and how much alike the items of one list are. An index with `!` is in range by construction.
import { MetricsError } from './errors.js';
import { checkCutoffs } from './names.js';

/** Values of one field of items, in compressed form: those of item i are `values[offsets[i] .. offsets[i + 1])`; row 0 is padding. */
export interface ItemValues {
  readonly name: string;
  /** `[items + 2]` */
  readonly offsets: ArrayLike<number>;
  /** Without repetition within an item. */
  readonly values: ArrayLike<number>;
}

/** What lists are measured with. */
export interface BeyondOptions {
  readonly ks: readonly number[];
  /** Training interactions by item id, `[items + 1]`; entry 0 is padding. */
  readonly counts: ArrayLike<number>;
  /** Fields by which diversity is measured, each by itself (default: none). */
  readonly fields?: readonly ItemValues[];
}

/** Properties of lists, by name: `coverage@10`, `diversity.brand@10`, .. A value that is not defined (no pair to compare) is absent. */
export type BeyondValues = Readonly<Record<string, number>>;

/** Sums over the lists at one cutoff. */
interface Sums {
  readonly k: number;
  /** How often each item is recommended. */
  readonly shown: Float64Array;
  novelty: number;
  popularity: number;
  /** Lists with an item. */
  lists: number;
  /** Per field: the sum of mean distances, and how many lists have one. */
  readonly diversity: { sum: number; lists: number }[];
}

/**
 * Collects lists batch by batch; it keeps counts per item and sums, never the lists.
 *
 * - `coverage@k`: share of the items that are in anybody's first k (catalogue coverage: Ge, Delgado-Battenfeld, Jannach, RecSys 2010).
 * - `gini@k`: Gini index of how often items are recommended, over all items: 0 where all are equally often, near 1 where few have
 *   everything (Shani, Gunawardana, Evaluating Recommendation Systems, 2011).
 * - `novelty@k`: mean self-information of recommended items in bits, -log2 of an item's share of the training interactions (Zhou et al.,
 *   PNAS 2010; Vargas, Castells, RecSys 2011). An item without any counts as one with one: it is not infinitely new.
 * - `popularity@k`: average recommendation popularity (ARP): training interactions of recommended items, mean over each list, then over lists
 *   (Yin et al., VLDB 2012). Beside it belongs the same of what users took: {@link meanCount}.
 * - `diversity.FIELD@k`: intra-list diversity (Ziegler et al., WWW 2005; Vargas, Castells, RecSys 2011): mean over pairs of a list of 1 - Jaccard
 *   of their values, then over lists. A pair of which neither has a value says nothing and is left out, and so is a list without a pair.
 *
 * @example
 * const lists = new BeyondAccumulator({ ks: [2], counts: [0, 8, 4, 4] });
 * lists.add(Int32Array.of(1, 2, 1, 3), 2); // two users
 * lists.result()['novelty@2']; // 1.5
 */
export class BeyondAccumulator {
  readonly #sums: readonly Sums[];
  readonly #counts: Float64Array;
  readonly #information: Float64Array;
  readonly #fields: readonly ItemValues[];

  /** @throws MetricsError for wrong cutoffs, no training interactions, or fields of another number of items. */
  constructor({ ks, counts, fields = [] }: BeyondOptions) {
    const cutoffs = checkCutoffs(ks);
    const items = counts.length - 1;
    this.#counts = Float64Array.from(counts);
    const total = this.#counts.subarray(1).reduce((sum, count) => sum + count, 0);
    if (items < 1 || !(total > 0))
      throw new MetricsError({
        what: `There are ${Math.max(0, items)} items with ${total} training interactions`,
        cure: 'pass training interactions by item id',
      });
    for (const { name, offsets } of fields) {
      if (offsets.length === items + 2) continue;
      throw new MetricsError({
        what: `Field ${name} has ${offsets.length - 1} rows for ${items} items and padding`,
        cure: 'pass offsets of [items + 2]',
      });
    }
    this.#information = this.#counts.map((count) => -Math.log2(Math.max(1, count) / total));
    this.#fields = fields;
    this.#sums = cutoffs.map((k) => ({
      k,
      shown: new Float64Array(items + 1),
      novelty: 0,
      popularity: 0,
      lists: 0,
      diversity: fields.map(() => ({ sum: 0, lists: 0 })),
    }));
  }

  /**
   * Adds lists `[users * depth]`, row-major, best first: item ids, 0 where a list has no item any more.
   * @throws MetricsError for lists that are not of `depth`, or an id that is no item.
   */
  add(lists: Int32Array, depth: number): void {
    if (!Number.isInteger(depth) || depth < 1 || lists.length % depth !== 0)
      throw new MetricsError({
        what: `${lists.length} entries do not make lists of ${depth}`,
        cure: 'pass lists of [users, depth]',
      });
    const wrong = lists.find((item) => item < 0 || item >= this.#counts.length);
    if (wrong !== undefined)
      throw new MetricsError({
        what: `${wrong} is not an item: ids go from 1 to ${this.#counts.length - 1}`,
        cure: 'check the vocabulary',
      });
    for (let begin = 0; begin < lists.length; begin += depth) this.#list(lists.subarray(begin, begin + depth));
  }

  /** Properties of all lists so far. @throws MetricsError where there are none. */
  result(): BeyondValues {
    if (this.#sums.every(({ lists }) => lists === 0))
      throw new MetricsError({
        what: 'There are no lists to measure',
        cure: 'check that the split has users with a target',
      });
    return Object.fromEntries(
      this.#sums.flatMap(({ k, shown, novelty, popularity, lists, diversity }): [string, number][] => {
        const perItem = shown.subarray(1);
        return [
          [`coverage@${k}`, perItem.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0) / perItem.length],
          [`gini@${k}`, giniOf(perItem)],
          [`novelty@${k}`, novelty / lists],
          [`popularity@${k}`, popularity / lists],
          ...diversity.flatMap((own, field): [string, number][] =>
            own.lists === 0 ? [] : [[`diversity.${this.#fields[field]!.name}@${k}`, own.sum / own.lists]],
          ),
        ];
      }),
    );
  }

  #list(list: Int32Array): void {
    const items = list.filter((item) => item > 0);
    if (items.length === 0) return;
    for (const sums of this.#sums) {
      const first = items.subarray(0, sums.k);
      let novelty = 0;
      let popularity = 0;
      for (const item of first) {
        sums.shown[item]!++;
        novelty += this.#information[item]!;
        popularity += this.#counts[item]!;
      }
      sums.lists++;
      sums.novelty += novelty / first.length;
      sums.popularity += popularity / first.length;
    }
    for (const [field, values] of this.#fields.entries()) this.#pairs(items, field, values);
  }

  /** Distances of the pairs of a list: one of places a < b counts for every cutoff above b. */
  #pairs(items: Int32Array, field: number, values: ItemValues): void {
    let [sum, pairs, b] = [0, 0, 1];
    for (const { k, diversity } of this.#sums) {
      for (; b < Math.min(k, items.length); b++) {
        for (let a = 0; a < b; a++) {
          const distance = jaccardDistance(values, items[a]!, items[b]!);
          if (distance === undefined) continue;
          sum += distance;
          pairs++;
        }
      }
      if (pairs === 0) continue;
      const own = diversity[field]!;
      own.sum += sum / pairs;
      own.lists++;
    }
  }
}

/** 1 - |common values| / |all values|; undefined where neither item has a value. */
function jaccardDistance({ offsets, values }: ItemValues, one: number, other: number): number | undefined {
  const [begin, end] = [offsets[one]!, offsets[one + 1]!];
  const [otherBegin, otherEnd] = [offsets[other]!, offsets[other + 1]!];
  const both = end - begin + (otherEnd - otherBegin);
  if (both === 0) return undefined;
  let common = 0;
  for (let i = begin; i < end; i++) for (let j = otherBegin; j < otherEnd; j++) if (values[i] === values[j]) common++;
  return 1 - common / (both - common);
}

/** Gini index of counts with the finite-sample factor n / (n - 1), so that 1 is reached where one has everything. */
function giniOf(counts: Float64Array): number {
  const n = counts.length;
  if (n === 1) return 0;
  const sorted = counts.toSorted();
  let [weighted, total] = [0, 0];
  sorted.forEach((count, i) => {
    weighted += (2 * (i + 1) - n - 1) * count;
    total += count;
  });
  return weighted / ((n - 1) * total);
}

/**
 * Mean training interactions of the items of rows, each row weighing the same: of the targets (rows of one) or of histories. What
 * `popularity@k` is held against: recommendations that are more popular than what users take are biased towards the popular.
 *
 * @throws MetricsError where there are no rows with an item.
 * @example meanCount([[1, 2], [2]], [0, 8, 4]); // 5: the mean of 6 and 4
 */
export function meanCount(rows: Iterable<ArrayLike<number>>, counts: ArrayLike<number>): number {
  let [sum, used] = [0, 0];
  for (const row of rows) {
    if (row.length === 0) continue;
    let own = 0;
    for (let i = 0; i < row.length; i++) own += counts[row[i]!] ?? 0;
    sum += own / row.length;
    used++;
  }
  if (used === 0) throw new MetricsError({ what: 'There are no items to count', cure: 'pass rows of item ids' });
  return sum / used;
}
