// Public API of @difsr/prepare: files of any form -> a described, clean, versioned data set on disk (needs Node and DuckDB).
export { type Engine, EngineError, type EngineOptions, openEngine } from './engine/engine.js';
export { checkDescription, parseDescription, readDescription } from './description/read.js';
export { describe, writeDescription } from './description/describe.js';
export { descriptionSchema } from './description/schema.js';
export * from './description/types.js';
export {
  type OpenOptions,
  type OpenSource,
  RECORD_PROBLEMS,
  type RecordProblem,
  type SourceColumn,
  type SourceColumnType,
  type OpenSources,
} from './sources/source.js';
export {
  type Manifest,
  type ManifestField,
  manifestSchema,
  PARTS,
  PREPARED_FILES,
  PREPARED_VERSION,
} from './prepared/manifest.js';
export { openSource } from './sources/open.js';
export { prepareDataset, type PrepareEvent, prepareFrom, type PrepareOptions } from './prepare/prepare.js';
export { quarantineFile } from './prepare/place.js';
export { analysePrepared, type PreparedAnalysis } from './prepare/analyse.js';
export { openPrepared, type OpenPreparedOptions } from './prepared/open.js';
export { dataMemory, loadPrepared, readManifest, type ReadOptions } from './prepared/read.js';
export { existingRawFolder, listRecipes, rawFolder, type RecipeEntry, readRecipe, recipeNames } from './recipes.js';
export { inspectFiles, type InspectInput, type Inspection, type InspectOptions } from './inspect/inspect.js';
export type { ColumnFinding, Findings, FoundRole } from './inspect/findings.js';
export type { GivenFiles } from './inspect/files.js';
export type { NamedColumns } from './inspect/roles.js';
export { type Cached, type CachedInput, type CachedOptions, prepareCached } from './prepare/cached.js';
export {
  type GeneratedFiles,
  type GenerateEvent,
  generateFiles,
  type GenerateFilesOptions,
} from './generated/write.js';
export { DATASET_FORMATS, type DatasetForm, type DatasetFormat, formAt, type PlaceOfData } from './open/forms.js';
export {
  DatasetOptionError,
  openDataset,
  type OpenDatasetOptions,
  type OpenedDataset,
  type PreparedOnTheWay,
  refuseOptions,
} from './open/open-dataset.js';
export type { CategoryText } from './category-text.js';
