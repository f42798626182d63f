// The generated data set: a seeded shop in which brands and categories explain what people buy next, while most items are
// bought too rarely for their ids alone to tell. The process, in full:
//
// 1. Catalogue (generate-catalogue.ts): 7 departments of 3 categories; 8 brands in each department, 6 of them in each of its
//    categories. A brand's items of one category are a "line" of some 12 items; within a line popularity falls as 1/rank (Zipf).
// 2. A user has, per category, one line to be loyal to, drawn at the first visit by the popularity of the lines.
// 3. A user's history is a run of sessions. A session stays in one category: after each item it goes on with probability `stay`.
// 4. The next session's category (a Markov chain with memory): with probability `chain` the next one of the same department, going
//    round; with probability `back` one visited before (the latest is likeliest); otherwise any.
// 5. In a session, each item comes from the user's line with probability `loyalty`, otherwise from any line of the category, by
//    popularity, and never one the user has already.
//
// So the next category follows from the current one, but its brand from the latest earlier items *of that next category*, which
// lie some sessions back, at no fixed distance. Finding them is a matter of comparing categories: a few values learned from many
// examples with side information in the attention, a thousand and more sparse ids without.
import { buildDataset } from './build.js';
import { DataError, type DataProblem } from './errors.js';
import {
  buildCatalogue,
  type Catalogue,
  type Category,
  CATEGORY_COUNT,
  LINES_PER_CATEGORY,
} from './generate-catalogue.js';
import { type RandomStream, randomStream } from './random.js';
import { InteractionCollector, type RawData } from './raw.js';
import type { Dataset } from './types.js';

/** The process of the generated data set. */
export interface GenerateOptions {
  /** Any whole number; the same seed gives the same data on every machine. Default 1. */
  readonly seed?: number;
  /** Default 2,400. */
  readonly users?: number;
  /** Items in the catalogue, 126 or more. Default 1,500. */
  readonly items?: number;
  /** Fewest interactions of a user. Default 5. */
  readonly minLength?: number;
  /** Mean interactions of a user. Default 12. */
  readonly meanLength?: number;
  /** Probability that a session goes on after an item. Default 0.3. */
  readonly stay?: number;
  /** Probability that a new session returns to a category visited before. Default 0.1. */
  readonly back?: number;
  /** Probability that a new session moves on to the next category of the department. Default 0.8. */
  readonly chain?: number;
  /** Probability that an item comes from the line the user is loyal to. Default 0.9. */
  readonly loyalty?: number;
}

type Settings = Required<GenerateOptions>;

const DEFAULTS: Settings = {
  seed: 1,
  users: 2400,
  items: 1500,
  minLength: 5,
  meanLength: 12,
  stay: 0.3,
  back: 0.1,
  chain: 0.8,
  loyalty: 0.9,
};

/** What every setting may be. */
const LIMITS: { readonly [K in keyof Settings]: readonly [min: number, max: number, whole: boolean] } = {
  seed: [-(2 ** 31), 2 ** 32 - 1, true],
  users: [1, 10_000_000, true],
  items: [CATEGORY_COUNT * LINES_PER_CATEGORY, 10_000_000, true],
  minLength: [1, 100, true],
  meanLength: [1, 100, false],
  stay: [0, 1, false],
  back: [0, 1, false],
  chain: [0, 1, false],
  loyalty: [0, 1, false],
};

/**
 * Generates the data set, by default 2,400 users, 1,500 items and some 29,000 interactions in a fraction of a second. Fields:
 * `categories` (multi-valued: department and category) and `brand`. Items have readable names.
 *
 * @throws DataError if a setting is out of its bounds
 * @example
 * const dataset = generateDataset({ seed: 7, users: 500 });
 * dataset.itemNames?.[1]; // e.g. 'Lumo trail shoe 12'
 */
export function generateDataset(options: GenerateOptions = {}): Dataset {
  const settings: Settings = { ...DEFAULTS, ...options };
  checkSettings(settings);
  const catalogue = buildCatalogue(settings.seed, settings.items);
  const collector = new InteractionCollector();
  for (let user = 0; user < settings.users; user++) {
    // Stream 0 is the catalogue's.
    for (const item of history(catalogue, settings, randomStream(settings.seed, user + 1))) {
      collector.add(`user-${user + 1}`, itemToken(item));
    }
  }
  return buildDataset(rawData(catalogue, collector));
}

/** The items of one user, oldest first. */
function history(catalogue: Catalogue, settings: Settings, random: RandomStream): number[] {
  const length = drawLength(settings, random);
  const loyalLines = new Map<number, number>();
  // Visited categories, the latest last.
  const visited: number[] = [];
  const bought = new Set<number>();
  let current = random.integer(catalogue.categories.length);
  while (bought.size < length) {
    const category = catalogue.categories[current];
    if (category === undefined) break;
    touch(visited, current);
    const loyal = loyalLines.get(current) ?? random.weighted(category.lineWeights);
    loyalLines.set(current, loyal);
    let item: number | undefined;
    do {
      item = pickItem(category, loyal, settings.loyalty, bought, random);
      if (item !== undefined) bought.add(item);
    } while (item !== undefined && bought.size < length && random.chance(settings.stay));
    // A category that is bought up is left for any other, or a long history could go round in it for ever.
    current =
      item === undefined
        ? random.integer(catalogue.categories.length)
        : nextCategory(catalogue, visited, current, settings, random);
  }
  return [...bought];
}

function nextCategory(
  catalogue: Catalogue,
  visited: readonly number[],
  current: number,
  settings: Settings,
  random: RandomStream,
): number {
  const draw = random.uniform();
  const earlier = visited.slice(0, -1);
  if (draw < settings.back && earlier.length > 0) {
    return earlier[random.weighted(earlier.map((_, index) => 1 / (earlier.length - index)))] ?? current;
  }
  if (draw < settings.back + settings.chain) {
    return catalogue.categories[current]?.next ?? current;
  }
  return random.integer(catalogue.categories.length);
}

/** An item of the category that is not bought yet; `undefined` where the user has all of them. */
function pickItem(
  category: Category,
  loyal: number,
  loyalty: number,
  bought: ReadonlySet<number>,
  random: RandomStream,
): number | undefined {
  const drawn = random.chance(loyalty) ? loyal : random.weighted(category.lineWeights);
  const others = category.lines.map((_, index) => index).filter((index) => index !== drawn);
  for (const index of [drawn, ...others]) {
    const line = category.lines[index];
    const weights = line?.weights.map((weight, rank) => (bought.has(line.items[rank] ?? -1) ? 0 : weight)) ?? [];
    if (weights.some((weight) => weight > 0)) return line?.items[random.weighted(weights)];
  }
  return undefined;
}

/** At least `minLength`, geometric beyond it, so that most histories are short and a few are long; at most 100. */
function drawLength({ minLength, meanLength, items }: Settings, random: RandomStream): number {
  const excess = Math.max(0, meanLength - minLength);
  let length = minLength;
  while (length < 100 && length < items / 4 && random.chance(excess / (excess + 1))) length++;
  return length;
}

/** Moves the category to the end of the list. */
function touch(visited: number[], category: number): void {
  const at = visited.indexOf(category);
  if (at !== -1) visited.splice(at, 1);
  visited.push(category);
}

function itemToken(index: number): string {
  return `item-${index + 1}`;
}

function rawData({ categories, brands, items }: Catalogue, collector: InteractionCollector): RawData {
  return {
    name: 'generated',
    format: 'generated',
    source: 'generated',
    interactions: collector.finish(),
    items: {
      ids: items.map((_, index) => itemToken(index)),
      columns: [
        {
          name: 'categories',
          kind: 'multi-categorical',
          values: items.map(({ category }) => [
            categories[category]?.department ?? '',
            categories[category]?.name ?? '',
          ]),
        },
        { name: 'brand', kind: 'categorical', values: items.map(({ brand }) => [brands[brand] ?? '']) },
      ],
      names: items.map(({ name }) => name),
    },
    report: [],
  };
}

function checkSettings(settings: Settings): void {
  const problems: DataProblem[] = [];
  for (const [name, [min, max, whole]] of Object.entries(LIMITS)) {
    const value = Object.entries(settings).find(([key]) => key === name)?.[1] ?? Number.NaN;
    if (value >= min && value <= max && (!whole || Number.isInteger(value))) continue;
    const allowed = `${whole ? 'a whole number' : 'a number'} from ${min} to ${max}`;
    problems.push({
      file: 'generated',
      column: name,
      value: String(value),
      message: `is not ${allowed}`,
      cure: `set ${name} to ${allowed}`,
    });
  }
  if (problems.length > 0) throw new DataError(problems);
}
