// A set of items: a byte for each, or, where they are few, their numbers.

/** So many items at most are few: scored alone, without a look at the others. */
const FEW_ITEMS = 256;
/** And so small a part of all. */
const FEW_PART = 4;

/** Items that are left out of a set one by one; more make a set of their own. */
export const MOST_EXCLUDED = 512;

function fewOf(items: number): number {
  return Math.min(FEW_ITEMS, Math.floor(items / FEW_PART));
}

/** A set of items, numbered from 1. */
export class ItemSet {
  readonly #items: number;
  #mask: Uint8Array | undefined;
  /** In their order, where they are few. */
  readonly few: Int32Array | undefined;

  private constructor(items: number, mask: Uint8Array | undefined, few: Int32Array | undefined) {
    this.#items = items;
    this.#mask = mask;
    this.few = few;
  }

  /** These of so many items. */
  static of(items: number, ids: readonly number[]): ItemSet {
    const different = new Set(ids);
    if (different.size <= fewOf(items)) return new ItemSet(items, undefined, Int32Array.from(different).sort());
    const mask = new Uint8Array(items + 1);
    for (const id of different) mask[id] = 1;
    return ItemSet.#counted(items, mask);
  }

  /** Those of so many items for which something holds. */
  static where(items: number, holds: (item: number) => boolean): ItemSet {
    const mask = new Uint8Array(items + 1);
    for (let item = 1; item <= items; item++) if (holds(item)) mask[item] = 1;
    return ItemSet.#counted(items, mask);
  }

  static #counted(items: number, mask: Uint8Array): ItemSet {
    const most = fewOf(items);
    const few: number[] = [];
    for (let item = 1; item <= items && few.length <= most; item++) if (mask[item] === 1) few.push(item);
    return new ItemSet(items, mask, few.length <= most ? Int32Array.from(few) : undefined);
  }

  /** A byte per number, `[items + 1]`: 1 where the item is in the set. */
  get mask(): Uint8Array {
    if (this.#mask !== undefined) return this.#mask;
    const mask = new Uint8Array(this.#items + 1);
    for (const item of this.few ?? []) mask[item] = 1;
    return (this.#mask = mask);
  }

  has(item: number): boolean {
    return this.mask[item] === 1;
  }

  /** The set without some items: another one. */
  without(items: Iterable<number>): ItemSet {
    const mask = this.mask.slice();
    for (const item of items) mask[item] = 0;
    return ItemSet.#counted(this.#items, mask);
  }
}
