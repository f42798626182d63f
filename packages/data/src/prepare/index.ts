// Public API of @difsr/data/prepare: files of any form -> a described, clean, versioned data set on disk (needs Node and DuckDB).
export { type Engine, EngineError, type EngineOptions, openEngine } from '../engine/engine.js';
export { checkDescription, parseDescription, readDescription } from '../description/read.js';
export { describe, writeDescription } from '../description/describe.js';
export { descriptionSchema } from '../description/schema.js';
export * from '../description/types.js';
export {
  type OpenOptions,
  type OpenSource,
  RECORD_PROBLEMS,
  type RecordProblem,
  type SourceColumn,
  type SourceColumnType,
} from '../sources/source.js';
export {
  type Manifest,
  type ManifestField,
  manifestSchema,
  PARTS,
  PREPARED_FILES,
  PREPARED_VERSION,
} from '../prepared/manifest.js';
export type { FieldOwner } from '../types.js';
export { openSource } from '../sources/open.js';
export { type OpenSources, prepareDataset, type PrepareEvent, prepareFrom, type PrepareOptions } from './prepare.js';
export { analysePrepared, type PreparedAnalysis } from './analyse.js';
export type { OtherField } from '../statistics-other.js';
export { openPrepared, type OpenPreparedOptions } from '../prepared/open.js';
export { dataMemory, isPrepared, loadPrepared, readManifest, type ReadOptions } from '../prepared/read.js';
export { listRecipes, type RecipeEntry, readRecipe, recipeNames } from '../recipes.js';
export { inspectFiles, type InspectInput, type Inspection, type InspectOptions } from '../inspect/inspect.js';
export type { ColumnFinding, Findings, FoundRole } from '../inspect/findings.js';
export type { GivenFiles } from '../inspect/files.js';
export type { NamedColumns } from '../inspect/roles.js';
export { type Cached, type CachedInput, type CachedOptions, prepareCached } from './cached.js';
export type { GeneratedFormat } from '../generated/catalogue.js';
export {
  type GeneratedFiles,
  type GenerateEvent,
  generateFiles,
  type GenerateFilesOptions,
} from '../generated/write.js';
export type { GenerateOptions } from '../generate-settings.js';
