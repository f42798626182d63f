// The names that errors use: a rename is seen by every renderer, for its table over these types no longer compiles.

/** An option of a run's configuration by its path, such as `training.clipNorm`. */
export type ConfigOption = `${'data' | 'model' | 'training' | 'pretraining' | 'distillation' | 'evaluation'}.${string}`;

/** Options of functions that stand for themselves. */
export const plainOptions = [
  // of runs
  'backend',
  'data',
  'device',
  'epochs',
  'includeNew',
  'init',
  'item',
  'k',
  'model',
  'out',
  'precision',
  'preset',
  'targetsPerStep',
  'maxLength',
  // of comparisons
  'baseline',
  'metric',
  'models',
  'otherCounts',
  'paper',
  'search',
  'seeds',
  'set',
  // of tunings
  'factor',
  'finalists',
  'first',
  'seed',
  'space',
  'trials',
  // of data that is prepared
  'columns.user',
  'columns.item',
  'columns.time',
  'columns.timeFormat',
  'columns.zone',
  'columns.decimal',
  'description',
  'fields',
  'filters.interactions',
  'filters.userMin',
  'filters.itemMin',
  'items',
  'users',
  'memoryLimit',
  'raw',
  'overwrite',
  'tempDirectory',
  'threads',
  // of data that is built from lists
  'userMin',
  'itemMin',
] as const;

/** One of {@link plainOptions}. */
export type PlainOption = (typeof plainOptions)[number];

/** An option as errors name it. */
export type OptionName = ConfigOption | PlainOption;

/** What errors tell a reader to call. */
export type Verb = 'train' | 'resume' | 'prepare' | 'pull' | 'models' | 'doctor';
