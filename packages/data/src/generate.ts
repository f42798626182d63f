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
import { buildCatalogue, type Catalogue } from './generate-catalogue.js';
import { createHistories, LONGEST_HISTORY } from './generate-histories.js';
import { GENERATE_RULES, type GenerateOptions, generateSettings } from './generate-settings.js';
import { checkOptions } from './options.js';
import { InteractionCollector, type RawData } from './raw.js';
import type { Dataset } from './types.js';

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
  checkOptions('generateDataset', options, GENERATE_RULES);
  const settings = generateSettings(options);
  const catalogue = buildCatalogue(settings.seed, settings.items);
  const collector = new InteractionCollector();
  const histories = createHistories(catalogue, settings);
  const items = new Int32Array(LONGEST_HISTORY);
  for (let user = 0; user < settings.users; user++) {
    const length = histories.fill(user, items, 0);
    for (let at = 0; at < length; at++) collector.add(`user-${user + 1}`, itemToken(items[at]!));
  }
  return buildDataset(rawData(catalogue, collector));
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
