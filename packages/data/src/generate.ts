// The generated data set: a seeded shop in which brands and categories explain what people buy next, while most items are
// bought too rarely for their ids alone to tell. The process, in full:
//
// 1. Catalogue (generate-catalogue.ts): 20 categories in 6 departments; 10 brands in each department, 6 of them in each of its
//    categories. A brand's items of one category are a "line" of some 13 items; within a line popularity falls as 1/rank (Zipf).
// 2. A user has, per category, one brand to be loyal to, chosen at the first visit: the brand of the department that they took to
//    last, if it is in this category (probability `loyalty`), otherwise one by the lines' popularity.
// 3. A user's history is a run of sessions. A session stays in one category: after each item it goes on with probability `stay`.
// 4. The next session's category: with probability `back` one visited before (the latest is likeliest), with probability
//    `chain` a successor of the current category (a fixed Markov chain, three successors each), otherwise any.
// 5. In a session, each item comes from the user's line with probability `loyalty`, otherwise from any line of the category,
//    by popularity, and never one the user has already.
//
// So the next item's category follows from the current one, and its brand from the *latest earlier items of that category or
// department*, which may lie several sessions back: finding them takes attributes in the attention, not item ids.
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
  /** Default 3,000. */
  readonly users?: number;
  /** Items in the catalogue, 120 or more. Default 1,600. */
  readonly items?: number;
  /** Fewest interactions of a user. Default 5. */
  readonly minLength?: number;
  /** Mean interactions of a user. Default 9. */
  readonly meanLength?: number;
  /** Probability that a session goes on after an item. Default 0.55. */
  readonly stay?: number;
  /** Probability that a new session returns to a category visited before. Default 0.5. */
  readonly back?: number;
  /** Probability that a new session moves to a successor of the category. Default 0.4. */
  readonly chain?: number;
  /** Probability that an item comes from the line the user is loyal to, and that a brand is kept across a department. Default 0.85. */
  readonly loyalty?: number;
}

type Settings = Required<GenerateOptions>;

const DEFAULTS: Settings = {
  seed: 1,
  users: 3000,
  items: 1600,
  minLength: 5,
  meanLength: 9,
  stay: 0.55,
  back: 0.5,
  chain: 0.4,
  loyalty: 0.85,
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

/** Chance of each successor in the chain of categories. */
const SUCCESSOR_WEIGHTS = [0.6, 0.25, 0.15];

/**
 * Generates the data set, by default some 3,000 users, 1,600 items and 27,000 interactions in a fraction of a second. Fields:
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
  const latestBrand = new Map<string, number>();
  // Visited categories, the latest last.
  const visited: number[] = [];
  const bought = new Set<number>();
  let current = random.integer(catalogue.categories.length);
  while (bought.size < length) {
    const category = catalogue.categories[current];
    if (category === undefined) break;
    touch(visited, current);
    const loyal =
      loyalLines.get(current) ?? chooseLine(category, latestBrand.get(category.department), settings.loyalty, random);
    loyalLines.set(current, loyal);
    latestBrand.set(category.department, category.lines[loyal]?.brand ?? -1);
    do {
      const item = pickItem(category, loyal, settings.loyalty, bought, random);
      if (item === undefined) break;
      bought.add(item);
    } while (bought.size < length && random.chance(settings.stay));
    current = nextCategory(catalogue, visited, current, settings, random);
  }
  return [...bought];
}

/** The line that a user takes to at the first visit of a category. */
function chooseLine(category: Category, knownBrand: number | undefined, loyalty: number, random: RandomStream): number {
  const known = category.lines.findIndex(({ brand }) => brand === knownBrand);
  return known !== -1 && random.chance(loyalty) ? known : random.weighted(category.lineWeights);
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
    return catalogue.categories[current]?.next[random.weighted(SUCCESSOR_WEIGHTS)] ?? current;
  }
  return random.integer(catalogue.categories.length);
}

/** An item of the category that is not bought yet, or `undefined` where the drawn line has none left. */
function pickItem(
  category: Category,
  loyal: number,
  loyalty: number,
  bought: ReadonlySet<number>,
  random: RandomStream,
): number | undefined {
  const index = random.chance(loyalty) ? loyal : random.weighted(category.lineWeights);
  const line = category.lines[index];
  const weights = line?.weights.map((weight, rank) => (bought.has(line.items[rank] ?? -1) ? 0 : weight)) ?? [];
  return weights.some((weight) => weight > 0) ? line?.items[random.weighted(weights)] : undefined;
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
