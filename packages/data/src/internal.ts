// Pieces that @difsr/prepare shares with this package: tallies, the generator, columns of ranges. They may change between any two
// versions; the two packages are released together.
export { ProblemList, shown } from './errors.js';
export { FILTER_RULES } from './filter.js';
export { buildCatalogue, type Catalogue } from './generate-catalogue.js';
export { createHistories, LONGEST_HISTORY } from './generate-histories.js';
export { GENERATE_RULES, type GenerateSettings, generateSettings } from './generate-settings.js';
export { columnIndex, type ColumnNumbers, requirePositions, TIME_COLUMN, userAt } from './interaction-columns.js';
export { checkOptions } from './options.js';
export { type RandomStream, randomStream } from './random.js';
export { fileName } from './raw.js';
export { PartsSplitter, splitRanges } from './split-ranges.js';
export { analyseTallies } from './statistics-analysis.js';
export {
  type FieldTally,
  type Future,
  IDENTICAL_FROM,
  PAUSE_ENDS,
  SPLIT_PARTS,
  type Tallies,
  type Tally,
  timeBuckets,
  type TimeTally,
} from './statistics-tallies.js';
export { statisticsFromTallies } from './statistics.js';
export { sumOf } from './store.js';
