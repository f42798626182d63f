// The public API of @difsr/training.
export * from './config.js';
export * from './events.js';
export { prefixWindows, trainingWindows, type TrainingWindow } from './windows.js';
export * from './sampler.js';
export * from './schedule.js';
export * from './early-stopping.js';
export * from './files.js';
export * from './shell-word.js';
export * from './run-error.js';
export { openRun } from './open-run.js';
export { itemTables, type ItemTables } from './item-tables.js';
export { startingValues, type StartingOptions } from './starting-values.js';
export { featureTables, readRunConfig, RUN_FILES, trainingCounts, type Run, type RunVocabulary } from './run-folder.js';
export { readCheckpoint, type Environment, type RunState } from './checkpoint.js';
export { train, type TrainOutcome } from './trainer.js';
export type { TrainOptions } from './session.js';
export type { StoredCases } from './cases.js';
export { columnWords, sideColumns, type SideColumn } from './side-columns.js';
export { sideReader, type SideReader } from './side-reader.js';
export { fieldsNamed, outlineSchema, sideSchema } from './side-schema.js';
export { createEvaluator, type Evaluator, type EvaluatorOptions } from './evaluate.js';
export { evaluateRun, type EvaluateRunOptions } from './evaluate-run.js';
export { evaluatePopular, type PopularOptions } from './popular.js';
// Recommending needs no file system and lives with the models, where web pages have it too; an opened run fits.
export {
  createRecommender,
  inferenceTensors,
  type EventValue,
  type HistoryEvent,
  type Recommendation,
  type Recommendations,
  type Recommender,
  type RecommendRequest,
} from '@difsr/models';
export type { InitialWeights, UnfitParameter } from './initial-weights.js';
export type { TakenRows } from './mapped-rows.js';
export type { ModelFile, OwnModel } from './own-model.js';
