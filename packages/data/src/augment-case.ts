// The golden cases `augment_*`: builds the data set from the files that a case embeds, and compares with what the case lists.
// Driven by the case's own metadata; a setting that this package does not know is an error, never skipped.
import { buildDataset } from './build.js';
import { DataError } from './errors.js';
import type { FilterOptions } from './filter.js';
import { parseAtomicFiles } from './recbole.js';
import { augmentedSamples, type Sample } from './samples.js';
import { itemCategories } from './schema.js';
import type { Dataset, Vocabulary } from './types.js';

type Json = { readonly [key: string]: unknown };

/** A case's data set and window. */
export interface AugmentCase {
  readonly name: string;
  readonly dataset: Dataset;
  readonly maxLength: number;
}

const KNOWN_SETTINGS = ['max_len', 'user', 'item', 'order', 'split', 'group_by'];

/**
 * Builds the data set of a parsed `augment_*.json` from the atomic files in its strings.
 *
 * @throws DataError if the object is no such case, or asks for something that is not supported
 */
export function datasetFromAugmentCase(parsed: unknown): AugmentCase {
  const golden = object(parsed, 'the case');
  const name = text(golden['case'], 'case');
  const config = object(golden['config'], 'config');
  const unknown = Object.keys(config).find((key) => !KNOWN_SETTINGS.includes(key));
  if (unknown !== undefined)
    throw wrong(
      name,
      `config.${unknown}`,
      config[unknown],
      `is a setting that is not known; known are ${KNOWN_SETTINGS.join(', ')}`,
    );
  const fixed = { order: 'TO', split: 'LS valid_and_test', group_by: 'user' };
  for (const [key, allowed] of Object.entries(fixed)) {
    if (config[key] !== undefined && config[key] !== allowed)
      throw wrong(name, `config.${key}`, config[key], `is not supported; only "${allowed}" is`);
  }
  const maxLength = config['max_len'];
  if (typeof maxLength !== 'number') throw wrong(name, 'config.max_len', maxLength, 'is not a number');
  const item = golden['item'];
  const texts = {
    inter: { file: `${name}.inter`, text: text(golden['inter'], 'inter') },
    ...(item === undefined || item === null ? {} : { item: { file: `${name}.item`, text: text(item, 'item') } }),
  };
  const [userMin, userMax] = interval(name, 'user', config['user']);
  const [itemMin, itemMax] = interval(name, 'item', config['item']);
  const filters: FilterOptions = { userMin, userMax, itemMin, itemMax };
  const raw = parseAtomicFiles(name, texts, { ...fieldsOf(golden), categoryText: 'fragments' });
  return { name, dataset: buildDataset(raw, filters), maxLength };
}

/**
 * Everything in which the loader differs from a parsed `augment_*.json`: samples with their order, vocabularies, attributes of
 * items, counts. Empty where all is equal.
 */
export function augmentCaseDifferences(parsed: unknown): string[] {
  const golden = object(parsed, 'the case');
  const { dataset, maxLength } = datasetFromAugmentCase(parsed);
  const differences: string[] = [];
  const compare = (what: string, mine: unknown, theirs: unknown): void => {
    if (theirs === undefined || JSON.stringify(mine) === JSON.stringify(theirs)) return;
    differences.push(`${what}: ${firstDifference(mine, theirs)}`);
  };
  const samples = augmentedSamples(dataset, maxLength);
  const expected = object(golden['samples'], 'samples');
  const counts = golden['counts'] === undefined ? {} : object(golden['counts'], 'counts');
  for (const part of ['train', 'valid', 'test'] as const) {
    compare(
      `samples.${part}`,
      samples[part].map((sample) => asTokens(sample, dataset)),
      expected[part],
    );
    compare(`counts.${part}`, samples[part].length, counts[part]);
  }
  const vocabularies = new Map<string, Vocabulary>([
    ['item', dataset.items],
    ['user', dataset.users],
  ]);
  for (const field of itemCategories(dataset)) vocabularies.set(field.name, field.vocabulary);
  for (const [name, tokens] of Object.entries(golden['vocab'] === undefined ? {} : object(golden['vocab'], 'vocab'))) {
    compare(`vocab.${name}`, vocabularies.get(name)?.tokens ?? null, tokens);
  }
  for (const [key, values] of Object.entries(golden)) {
    const field = itemCategories(dataset).find(({ name }) => key === `item_${name}`);
    if (field === undefined) continue;
    for (const [token, tokens] of Object.entries(object(values, key))) {
      const id = dataset.items.id(token) ?? 0;
      const mine = field.values.subarray(field.offsets[id], field.offsets[id + 1]);
      compare(
        `${key}.${token}`,
        Array.from(mine, (value) => field.vocabulary.tokens[value]),
        tokens,
      );
    }
  }
  return differences;
}

/** A case that lists vocabularies names its fields by them; otherwise the usual inference chooses. */
function fieldsOf(golden: Json): { fields?: string[] } {
  if (golden['vocab'] === undefined || golden['item'] === undefined || golden['item'] === null) return {};
  return { fields: Object.keys(object(golden['vocab'], 'vocab')).filter((name) => name !== 'item' && name !== 'user') };
}

function asTokens({ user, prefix, target }: Sample, { users, items }: Dataset): unknown[] {
  return [users.tokens[user], Array.from(prefix, (item) => items.tokens[item]), items.tokens[target]];
}

/** `[5,inf)`, `(4,100]`, ..: whole numbers, so that open ends become closed ones. */
function interval(name: string, key: string, value: unknown): [min: number, max: number] {
  if (value === undefined || value === null) return [0, Infinity];
  const found = /^\s*([[(])\s*(\d+)\s*,\s*(\d+|inf)\s*([\])])\s*$/.exec(typeof value === 'string' ? value : '');
  if (found === null) throw wrong(name, `config.${key}`, value, 'is not an interval like "[5,inf)"');
  const min = Number(found[2]) + (found[1] === '(' ? 1 : 0);
  const max = found[3] === 'inf' ? Infinity : Number(found[3]) - (found[4] === ')' ? 1 : 0);
  return [min, max];
}

function firstDifference(mine: unknown, theirs: unknown): string {
  if (Array.isArray(mine) && Array.isArray(theirs)) {
    if (mine.length !== theirs.length) return `${mine.length} entries, not ${theirs.length}`;
    const at = mine.findIndex((value, index) => JSON.stringify(value) !== JSON.stringify(theirs[index]));
    return `entry ${at} is ${JSON.stringify(mine[at])}, not ${JSON.stringify(theirs[at])}`;
  }
  return `${JSON.stringify(mine)}, not ${JSON.stringify(theirs)}`;
}

function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong('augment case', what, value, 'is not an object');
  return Object.fromEntries(Object.entries(value));
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw wrong('augment case', what, value, 'is not a text');
  return value;
}

function wrong(file: string, column: string, value: unknown, message: string): DataError {
  const cure = 'give a case of the form of fixtures/reference/augment_*.json';
  return new DataError([{ file, column, value: JSON.stringify(value) ?? 'nothing', message, cure }]);
}
