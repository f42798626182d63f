// The histories of the generated data set, one user at a time and without garbage: generate.ts describes the process. What a user draws
// depends on the seed and the user's number alone, so a log of any size is made with the memory of one user.
import type { Catalogue, Category, Line } from './generate-catalogue.js';
import type { GenerateSettings } from './generate-settings.js';
import { type RandomStream, randomStream } from './random.js';

/** Most interactions of a user. */
export const LONGEST_HISTORY = 100;

/** Makes histories. */
export interface Histories {
  /** Writes the items of a user (from 0 on), oldest first, from `at` on; there must be room for `LONGEST_HISTORY`. Returns how many. */
  fill(user: number, into: Int32Array, at: number): number;
}

/** Histories over a catalogue. Its arrays are one user's, used again for the next. */
export function createHistories(catalogue: Catalogue, settings: GenerateSettings): Histories {
  const { categories } = catalogue;
  const chooser = new ItemChooser(categories);
  // Line that the user is loyal to by category; -1 where there was no visit yet.
  const loyal = new Int32Array(categories.length);
  // Visited categories, the latest last.
  const visited: number[] = [];
  const fill = (user: number, into: Int32Array, at: number): number => {
    // Stream 0 is the catalogue's.
    const random = randomStream(settings.seed, user + 1);
    const length = drawLength(settings, random);
    loyal.fill(-1);
    visited.length = 0;
    chooser.forget();
    let bought = 0;
    let current = random.integer(categories.length);
    while (bought < length) {
      const category = categories[current];
      if (category === undefined) break;
      touch(visited, current);
      if (loyal[current] === -1) loyal[current] = random.weighted(category.lineWeights);
      let item: number;
      do {
        item = chooser.pick(category, current, loyal[current]!, settings.loyalty, random);
        if (item !== -1) into[at + bought++] = item;
      } while (item !== -1 && bought < length && random.chance(settings.stay));
      // A category that is bought up is left for any other, or a long history could go round in it for ever.
      current =
        item === -1 ? random.integer(categories.length) : nextCategory(categories, visited, current, settings, random);
    }
    return bought;
  };
  return { fill };
}

/** Draws items by popularity among those of a line that the user has not bought. */
class ItemChooser {
  /** Sums of 1 / (rank + 1) up to and including a rank: all lines share them. */
  readonly #sums: Float64Array;
  // What the user has bought: number of the line, rank in it.
  readonly #boughtLines = new Int32Array(LONGEST_HISTORY);
  readonly #boughtRanks = new Int32Array(LONGEST_HISTORY);
  #bought = 0;
  /** Ranks that are bought of the line at hand, ascending. */
  readonly #taken = new Int32Array(LONGEST_HISTORY);

  constructor(categories: readonly Category[]) {
    const longest = Math.max(...categories.flatMap(({ lines }) => lines.map(({ items }) => items.length)));
    this.#sums = new Float64Array(longest);
    let sum = 0;
    for (let rank = 0; rank < longest; rank++) this.#sums[rank] = sum += 1 / (rank + 1);
  }

  /** Begins another user. */
  forget(): void {
    this.#bought = 0;
  }

  /** An item of the category that is not bought yet, which it then is; -1 where the user has all of them. */
  pick(category: Category, number: number, loyal: number, loyalty: number, random: RandomStream): number {
    const { lines, lineWeights } = category;
    const drawn = random.chance(loyalty) ? loyal : random.weighted(lineWeights);
    for (let step = 0; step < lines.length; step++) {
      // The drawn line first, then the others from the first on.
      const index = step === 0 ? drawn : step <= drawn ? step - 1 : step;
      const line = lines[index];
      const key = number * lines.length + index;
      if (line === undefined) continue;
      const taken = this.#takenOf(key);
      if (taken === line.items.length) continue;
      const rank = this.#draw(line, taken, random.uniform());
      this.#boughtLines[this.#bought] = key;
      this.#boughtRanks[this.#bought++] = rank;
      return line.items[rank] ?? -1;
    }
    return -1;
  }

  /** Collects the ranks that are bought of a line; returns how many. */
  #takenOf(key: number): number {
    let count = 0;
    for (let at = 0; at < this.#bought; at++) {
      if (this.#boughtLines[at] !== key) continue;
      const rank = this.#boughtRanks[at]!;
      let place = count++;
      for (; place > 0 && this.#taken[place - 1]! > rank; place--) this.#taken[place] = this.#taken[place - 1]!;
      this.#taken[place] = rank;
    }
    return count;
  }

  /** A rank by popularity, the taken ones left out; found by halving, so that long lines cost no more than short ones. */
  #draw({ items }: Line, taken: number, uniform: number): number {
    const sums = this.#sums;
    let total = sums[items.length - 1]!;
    for (let at = 0; at < taken; at++) total -= 1 / (this.#taken[at]! + 1);
    // Where the draw falls on the scale of all items: every taken one before it moves it on by its weight.
    let left = uniform * total;
    for (let at = 0; at < taken; at++) {
      const rank = this.#taken[at]!;
      if (rank > 0 && left < sums[rank - 1]!) break;
      left += 1 / (rank + 1);
    }
    let low = 0;
    let high = items.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! > left) high = middle;
      else low = middle + 1;
    }
    // Rounding may end on a taken one: the next that is free, or the last.
    while (low < items.length && this.#isTaken(low, taken)) low++;
    if (low === items.length)
      do low--;
      while (this.#isTaken(low, taken));
    return low;
  }

  #isTaken(rank: number, taken: number): boolean {
    for (let at = 0; at < taken; at++) if (this.#taken[at] === rank) return true;
    return false;
  }
}

/** Weights of `count` earlier categories: 1 / age. */
const RECENCY: readonly (readonly number[])[] = Array.from({ length: 64 }, (_, count) =>
  Array.from({ length: count }, (__, index) => 1 / (count - index)),
);

function nextCategory(
  categories: readonly Category[],
  visited: readonly number[],
  current: number,
  settings: GenerateSettings,
  random: RandomStream,
): number {
  const draw = random.uniform();
  const earlier = visited.length - 1;
  if (draw < settings.back && earlier > 0) return visited[random.weighted(RECENCY[earlier] ?? [])] ?? current;
  if (draw < settings.back + settings.chain) return categories[current]?.next ?? current;
  return random.integer(categories.length);
}

/** At least `minLength`, geometric beyond it, so that most histories are short and a few are long; at most `LONGEST_HISTORY`. */
function drawLength({ minLength, meanLength, items }: GenerateSettings, random: RandomStream): number {
  const excess = Math.max(0, meanLength - minLength);
  let length = minLength;
  while (length < LONGEST_HISTORY && length < items / 4 && random.chance(excess / (excess + 1))) length++;
  return length;
}

/** Moves the category to the end of the list. */
function touch(visited: number[], category: number): void {
  const at = visited.indexOf(category);
  if (at !== -1) visited.splice(at, 1);
  visited.push(category);
}
