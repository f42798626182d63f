// The public API of @difsr/training.
export * from './config.js';
export * from './events.js';
export { prefixWindows, trainingWindows, type TrainingWindow } from './sampling/windows.js';
export * from './sampling/sampler.js';
export { planOf } from './sampling/plan.js';
export * from './loop/schedule.js';
export * from './loop/early-stopping.js';
export * from './shell-word.js';
export * from './run-error.js';
export { openRun } from './run/open-run.js';
export { itemTables, type ItemTables } from './side/item-tables.js';
export { startingValues, type StartingOptions } from './weights/starting-values.js';
export {
  featureTables,
  fingerprint,
  readRunConfig,
  RUN_FILES,
  trainingCounts,
  type Run,
  type RunVocabulary,
} from './run/run-folder.js';
export { readCheckpoint, type Environment, type RunState } from './loop/checkpoint.js';
export { pretrainingOf, trainInStages } from './loop/stages.js';
export { trainingSteps, type FedStep, type TrainingSteps, type TrainingStepsOptions } from './loop/steps.js';
export { Stepper, type StepValues } from './loop/stepper.js';
export { settingsOf, type RunSettings } from './loop/settings.js';
export { train, type TrainOutcome } from './loop/trainer.js';
export type { TrainOptions } from './loop/session.js';
export type { StoredCases } from './evaluation/cases.js';
export { columnWords, sideColumns, type SideColumn } from './side/side-columns.js';
export { sideReader, type SideReader } from './side/side-reader.js';
export { fieldsNamed, outlineSchema, sideSchema } from './side/side-schema.js';
export { createEvaluator, type Evaluator, type EvaluatorOptions } from './evaluation/evaluate.js';
export { requireSameData } from './run/other-data.js';
export { readRanks, type RankColumns } from './run/ranks.js';
export { evaluateRun, type EvaluatedRun, type EvaluateRunOptions } from './evaluation/evaluate-run.js';
export { evaluatePopular, type PopularOptions } from './evaluation/popular.js';
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
export type { InitialWeights, UnfitParameter, TakenRows } from './weights/taken.js';
export type { ModelFile, OwnModel } from './run/own-model.js';
