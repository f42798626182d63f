// Recipes of public data sets: descriptions that come with the package, as data in recipes/*.yaml. A file makes one recipe, or one per
// row of its `variants` (Amazon has the same form for every category): then "{key}" in its texts stands for the row's value.
import { call, nearestName, setting, text } from '@difsr/errors';
import { readdirSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { checkDescription } from './description/read.js';
import type { Description } from './description/types.js';
import { DataError } from '@difsr/data';

const FOLDER = new URL('../recipes/', import.meta.url);

const variantsSchema = z.strictObject({
  variants: z.array(z.record(z.string(), z.string()).and(z.object({ file: z.string() }))).min(1),
});

/** What a list of recipes shows. */
export interface RecipeEntry {
  /** What `readRecipe` takes, e.g. `ml-1m`. */
  readonly name: string;
  /** The family of recipes of one form, e.g. `amazon-2014`; the name itself where it stands alone. */
  readonly family: string;
  readonly title: string;
  /** Whether some file must be fetched or unpacked by hand. */
  readonly manual: boolean;
}

/** What a recipe's entry in a list is made of; readRecipe checks the rest. */
const headSchema = z.object({
  name: z.string(),
  about: z.object({ title: z.string() }),
  manual: z.string().optional(),
});

interface Recipe {
  readonly entry: RecipeEntry;
  readonly file: string;
  readonly description: unknown;
}

let read: ReadonlyMap<string, Recipe> | undefined;

/**
 * All recipes, families together, in the order of their files.
 *
 * @example
 * for (const { name, title } of listRecipes()) console.log(name, title); // amazon-2014-beauty Amazon reviews 2014: Beauty, 5-core ..
 */
export function listRecipes(): RecipeEntry[] {
  return Array.from(recipes().values(), ({ entry }) => entry);
}

/**
 * The names of all recipes.
 *
 * @example
 * recipeNames().includes('ml-100k'); // true
 */
export function recipeNames(): string[] {
  return [...recipes().keys()];
}

/** The folder of a recipe's raw files, where no other one is named. */
export function rawFolder(recipe: string): string {
  return join('data', 'raw', recipe);
}

/** The folder with a recipe's raw files: the one that is named, or where they are put by themselves. @throws DataError where there is none */
export async function existingRawFolder(recipe: string, named: string | undefined): Promise<string> {
  const folder = named ?? rawFolder(recipe);
  if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) return folder;
  throw new DataError([
    {
      file: folder,
      message: `there is no folder with the raw files of ${recipe}`,
      cure: text`fetch them (${call('pull', [recipe])}), or name their folder (${setting('raw')})`,
    },
  ]);
}

/**
 * The recipe of a public data set: a description whose files lie in the folder that `difsr data pull` fills, `data/raw/NAME` by default. Case does not
 * matter, and "_", ":" and " " count as "-": `amazon-2014:Toys_and_Games` is `amazon-2014-toys-and-games`.
 *
 * @throws DataError if there is no such recipe, naming the nearest
 * @example
 * const recipe = await readRecipe('amazon-2014-beauty');
 * await prepareDataset(recipe, { base: 'data/raw/amazon-2014-beauty', out: 'data/amazon-2014-beauty' });
 */
export async function readRecipe(name: string): Promise<Description> {
  const found = recipes().get(slugOf(name));
  if (found !== undefined) return checkDescription(found.description, found.file);
  const nearest = nearestName(slugOf(name), recipes().keys());
  const families = [...new Set(listRecipes().map(({ family }) => family))];
  throw new DataError([
    {
      file: 'recipes',
      value: name,
      message: `is no recipe${nearest === undefined ? '' : ` (did you mean "${nearest}"?)`}; there are ${families.join(', ')}`,
      cure: text`${call('pull')} lists them`,
    },
  ]);
}

function recipes(): ReadonlyMap<string, Recipe> {
  if (read !== undefined) return read;
  const found = new Map<string, Recipe>();
  for (const file of readdirSync(FOLDER).sort()) {
    if (!file.endsWith('.yaml')) continue;
    const family = basename(file, '.yaml');
    for (const description of descriptionsIn(file)) {
      const { name, about, manual } = headSchema.parse(description);
      found.set(name, {
        entry: { name, family, title: about.title, manual: manual !== undefined },
        file,
        description,
      });
    }
  }
  read = found;
  return found;
}

/** One document is a description; two are the variants and the description that they fill in. */
function descriptionsIn(file: string): unknown[] {
  const path = fileURLToPath(new URL(file, FOLDER));
  const documents = parseAllDocuments(readFileSync(path, 'utf8')).map((document): unknown => document.toJS());
  const [first, second] = documents;
  if (documents.length < 2) return [first];
  return variantsSchema
    .parse(first)
    .variants.map((variant) => filledIn(second, { slug: slugOf(variant.file), ...variant }));
}

/** The value with "{key}" in all its texts replaced. */
function filledIn(value: unknown, keys: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return value.replace(/\{(\w+)\}/g, (whole: string, key: string) => keys[key] ?? whole);
  if (Array.isArray(value)) return value.map((item) => filledIn(item, keys));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, keys)]));
}

function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_:]+/g, '-');
}
