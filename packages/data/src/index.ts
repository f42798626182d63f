// Public API of @difsr/data: raw files -> data set -> splits, statistics; and the generated data set.
export type {
  Dataset,
  DatasetSchema,
  EvaluationCases,
  FieldKind,
  FieldSchema,
  ItemField,
  LoadReport,
  ReportEntry,
  ReportKind,
  Sequences,
  Split,
  Vocabulary,
} from './types.js';
export { fieldTable, schemaOf } from './schema.js';
export { leaveOneOut } from './split.js';
export { createVocabulary } from './vocabulary.js';
