// Public API of @difsr/data: interactions -> data set -> splits, statistics; and the generated data set. Pure: runs in browsers.
export type {
  CategoricalField,
  Dataset,
  DatasetSchema,
  EvaluationCases,
  Field,
  FieldKind,
  FieldOwner,
  FieldSchema,
  LoadReport,
  NumericField,
  ReportEntry,
  ReportKind,
  Sequences,
  Split,
  VectorField,
  Vocabulary,
} from './types.js';
export { DataError, type DataProblem, PROBLEM_LIMIT } from './errors.js';
export { createVocabulary, PADDING_TOKEN } from './vocabulary.js';
export { parseJson } from './json-text.js';
export { fieldTable, isItemCategory, type ItemCategory, itemCategories, schemaOf } from './schema.js';
export { historyParts, type HistoryParts, leaveOneOut, sequenceAt, splitDataset } from './split.js';
export type { InteractionColumn } from './interaction-columns.js';
export { type SequenceStore, sequenceStore, type StoredDataset } from './store.js';
export { type CaseRanges, type Positions, positions, type SequenceRanges, type SplitRanges } from './split-ranges.js';
export { augmentedSamples, type Sample, type SampleLists } from './samples.js';
export { generateDataset } from './generate.js';
export { GENERATED_FORMATS, type GeneratedFormat, type GenerateOptions } from './generate-settings.js';
export { type DatasetStatistics, datasetStatistics, type FieldStatistics, type Spread } from './statistics.js';
export {
  type Analysis,
  analyseDataset,
  type Concentration,
  type Distribution,
  type FieldAnalysis,
  type Leakage,
  type Period,
  type TimeAnalysis,
} from './statistics-analysis.js';
export { type OtherField, otherFieldStatistics } from './statistics-other.js';
export { type Finding, type FindingCode, findingsOf } from './statistics-findings.js';
export type { PartCounts, SplitPart } from './statistics-tallies.js';
// The door for other readers: anything that yields this table becomes a data set.
export { buildDataset } from './build.js';
export { type FilterOptions, type FilterResult, filterInteractions } from './filter.js';
export { InteractionCollector, type RawData, type RawInteractions, type RawItemColumn, type RawItems } from './raw.js';
