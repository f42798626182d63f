// Everything that the command does, as functions.
export { train, type ModelSettings, type TrainControl, type TrainOptions } from './train.js';
export { resume, type ResumeOptions } from './resume.js';
export { ablate, type AblateOptions } from './ablate/ablate.js';
export { studyNames, type StudyName } from './ablate/studies.js';
export { compare, type CompareOutcome } from './compare/compare.js';
export type { CompareOptions } from './compare/specification.js';
export { tune, type TunedBest, type TuneOutcome } from './tune/tune.js';
export type { TuneOptions } from './tune/specification.js';
export type { SpaceAsked } from './tune/space.js';
export type { FinalistResult, RungResult, TrialRecord, TrialResult, TuneEvent } from './tune/types.js';
export type { DataAsked, ModelAsked } from './jobs/asked.js';
export type { DataFacts } from './jobs/types.js';
export type { CompareEvent, RunRecord } from './compare/types.js';
export type { Against, GroupSummary, SystemSummary } from './compare/report/summary.js';
export type { OverSeeds } from './jobs/over-seeds.js';
export { evaluate, type EvaluateOptions, type EvaluationResult } from './evaluate.js';
export {
  openRecommender,
  type OpenRecommenderOptions,
  type RecommendSettings,
  type RunRecommender,
} from './recommender.js';
export { analyze, type AnalyzeOptions } from './analyze/analyze.js';
export { analysisHtml } from './analyze/report.js';
export type {
  Analysis,
  Available,
  GradientAnalysis,
  GroupAnalysis,
  HeadMaps,
  HeadRank,
  MapAnalysis,
  RankAnalysis,
  RunAnalysis,
  SourceGradient,
  TargetGroup,
} from './analyze/types.js';
export { exportRun, type ExportedFile, type ExportOptions } from './export/run.js';
export type { ValueInput } from './export/values.js';
export {
  inspect,
  prepare,
  type InspectedFiles,
  type InspectOptions,
  type PreparedDataset,
  type PrepareEvent,
  type PrepareOptions,
} from './prepare.js';
export { statistics, type Statistics, type StatisticsOptions } from './statistics.js';
export { generate, type GenerateOptions } from './generate.js';
export { pull, recipes, termsOf, type PullOptions, type Terms } from './pull.js';
export { models, presets, type ModelDescription } from './models.js';
export { doctor, type DeviceFinding, type Diagnosis } from './doctor.js';
export { openBackend, type BackendChoice } from './backend.js';
export type { OwnModelOption } from './options.js';
export type { DataSummary } from './data/summary.js';
export type { DataEvent, EvaluateEvent, NoteEvent, RawPreparedEvent, ResumeEvent, TrainEvent } from './events.js';
// Errors: all are a DifsrError, by who is asked to act.
export { UsageError } from './errors.js';
export { DifsrError, MissingPackageError, type Fault } from '@difsr/errors';
export { DataError } from '@difsr/data';
export type { PullError } from '@difsr/prepare/pull';
export { BackendError } from '@difsr/graph';
export {
  openRun,
  RunError,
  type HistoryEvent,
  type Recommendations,
  type Run,
  type TrainOutcome,
} from '@difsr/training';
export { withItems, type NewItem, type NewItemsSaid } from '@difsr/models';
export type { FieldCondition, FiltersSaid, RecommendRequest, SimilarItems, SimilarOptions, Where } from '@difsr/models';
