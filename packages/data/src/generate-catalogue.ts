// The catalogue of the generated data set: departments, categories, brands, and items grouped in lines (a brand's items of one
// category), all by a seed. Also which category follows which.
import { type RandomStream, randomStream } from './random.js';

/**
 * Categories by department, in the order in which interest goes round them; a "trail shoe" has the values "footwear" and
 * "trail shoe".
 */
const DEPARTMENTS: Readonly<Record<string, readonly string[]>> = {
  footwear: ['trail shoe', 'sandal', 'city sneaker'],
  camping: ['tent', 'sleeping bag', 'camp stove'],
  kitchen: ['chef knife', 'frying pan', 'kettle'],
  audio: ['headphone', 'speaker', 'turntable'],
  cycling: ['helmet', 'bike light', 'pannier'],
  garden: ['pruner', 'watering can', 'lantern'],
  drawing: ['sketch book', 'ink pen', 'easel'],
};

const FIRST_SYLLABLES = ['Lu', 'Or', 'Ta', 'Ve', 'Ni', 'Ka', 'So', 'Mi'];
const LAST_SYLLABLES = ['mo', 'bi', 'rno', 'lta', 'ska', 'dell', 'va'];

/** Number of categories. */
export const CATEGORY_COUNT: number = Object.values(DEPARTMENTS).flat().length;
/** Brands of one department (56 in all), of which each of its categories has `LINES_PER_CATEGORY`. */
const BRANDS_PER_DEPARTMENT = FIRST_SYLLABLES.length;

/** A brand's items of one category, most popular first. */
export interface Line {
  readonly brand: number;
  /** Item indices; the popularity of each is 1 / (rank + 1), Zipf's law. */
  readonly items: readonly number[];
}

/** A category with the brands that are active in it. */
export interface Category {
  readonly name: string;
  readonly department: string;
  readonly lines: readonly Line[];
  /** Popularity of each line among newcomers. */
  readonly lineWeights: readonly number[];
  /** The category of the department that interest moves on to. */
  readonly next: number;
}

/** An item of the generated data set. */
export interface CatalogueItem {
  readonly category: number;
  readonly brand: number;
  /** Readable, e.g. `Lumo trail shoe 12`. */
  readonly name: string;
}

/** The items of the generated data set, and what they are sold by. */
export interface Catalogue {
  readonly categories: readonly Category[];
  readonly brands: readonly string[];
  readonly items: readonly CatalogueItem[];
}

/** Brands in one category. */
export const LINES_PER_CATEGORY = 6;

/** The catalogue of a seed. Every line gets at least one item, so `items` must be at least 6 x 21. */
export function buildCatalogue(seed: number, itemCount: number): Catalogue {
  const random = randomStream(seed, 0);
  const brands = brandNames();
  const places = Object.entries(DEPARTMENTS).flatMap(([department, names]) =>
    names.map((name) => ({ department, name })),
  );
  const chosen = Object.values(DEPARTMENTS).flatMap((names, department) =>
    brandsOfCategories(random, department, names.length),
  );
  const items: CatalogueItem[] = [];
  const lineItems = chosen.map((lines) => lines.map((): number[] => []));
  for (let index = 0; index < itemCount; index++) {
    // The first items go round, so that no line is empty; the rest fall where they may, so that lines differ in size.
    const line =
      index < places.length * LINES_PER_CATEGORY ? index : random.integer(places.length * LINES_PER_CATEGORY);
    const category = line % places.length;
    const within = Math.floor(line / places.length);
    const brand = chosen[category]?.[within] ?? 0;
    const list = lineItems[category]?.[within];
    list?.push(index);
    items.push({
      category,
      brand,
      name: `${brands[brand] ?? ''} ${places[category]?.name ?? ''} ${list?.length ?? 0}`,
    });
  }
  const categories = places.map(({ department, name }, category): Category => ({
    name,
    department,
    lines: (lineItems[category] ?? []).map((list, within) => ({
      brand: chosen[category]?.[within] ?? 0,
      items: list,
    })),
    lineWeights: (chosen[category] ?? []).map((_, rank) => 1 / (rank + 2)),
    next: nextInDepartment(places, category),
  }));
  return { categories, brands, items };
}

/** The next category of the same department, going round. */
function nextInDepartment(places: readonly { readonly department: string }[], category: number): number {
  const own = places.flatMap(({ department }, index) => (department === places[category]?.department ? [index] : []));
  return own[(own.indexOf(category) + 1) % own.length] ?? category;
}

/** The brands of each category of a department: going round a shuffled list, so that every brand is somewhere. */
function brandsOfCategories(random: RandomStream, department: number, categories: number): number[][] {
  const order = distinct(random, BRANDS_PER_DEPARTMENT, BRANDS_PER_DEPARTMENT);
  return Array.from({ length: categories }, (_, category) =>
    Array.from({ length: LINES_PER_CATEGORY }, (_, line) => {
      const place = (category * LINES_PER_CATEGORY + line) % BRANDS_PER_DEPARTMENT;
      return department * BRANDS_PER_DEPARTMENT + (order[place] ?? 0);
    }),
  );
}

/** `Lumo`, `Ormo`, ..: 56 names that are easy to tell apart; a department's brands share the last syllable. */
function brandNames(): string[] {
  return LAST_SYLLABLES.flatMap((last) => FIRST_SYLLABLES.map((first) => first + last));
}

/** `count` different numbers below `below`. */
function distinct(random: RandomStream, count: number, below: number): number[] {
  const found: number[] = [];
  while (found.length < count) {
    const candidate = random.integer(below);
    if (!found.includes(candidate)) found.push(candidate);
  }
  return found;
}
