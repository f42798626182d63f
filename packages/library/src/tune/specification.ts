// A tuning as it is asked for, from a file and from options: checked, with every option under its full name.
import { checkOptions, needed, option, type OptionRules, setting, text, type Text } from '@difsr/errors';
import type { BackendChoice } from '../backend.js';
import { mergeTrees, type Tree } from '../config/layers.js';
import { configSchema, nodeAt } from '../config/schema.js';
import { UsageError } from '../errors.js';
import {
  askedInFile,
  dataRule,
  fullName,
  isSearched,
  modelRule,
  readData,
  readModel,
  requireComputed,
  requireDistinct,
  requireMetric,
  settingsSaid,
  settingsTree,
  type DataAsked,
  type DefinedModel,
  type ModelAsked,
  type OwnOptions,
} from '../jobs/asked.js';
import { plannedRun, type Searched } from '../jobs/planned.js';
import type { JobData } from '../jobs/types.js';
import { aborts, backendRules } from '../options.js';
import { rungsOf } from './halving.js';
import { readDimension, type SpaceAsked } from './space.js';
import type { Space, TuneEvent, TuneSpecification } from './types.js';

/** What a tuning is of; a file (YAML) may hold the same. */
export interface TuneAsked {
  /** Default: `dif-sr`. */
  readonly model?: ModelAsked | undefined;
  readonly data?: DataAsked | undefined;
  /** Values of options, by their names: a list, or `0.1..0.5` (any number between), `log:1e-4..1e-2` (by equal factors). */
  readonly space?: Readonly<Record<string, SpaceAsked>> | undefined;
  /** Configurations that are tried. Default 16. More of them may be asked for later. */
  readonly trials?: number | undefined;
  /** Epochs of a whole training, over which its schedule is laid out, or the rungs themselves, rising. Default 16. */
  readonly epochs?: number | readonly number[] | undefined;
  /** Epochs of the first rung. Default: an eighth of all. */
  readonly first?: number | undefined;
  /** One in so many trials goes on from a rung to the next. Default 2. */
  readonly factor?: number | undefined;
  /** Of the draws, and of the trainings. Default 1. */
  readonly seed?: number | undefined;
  /** Trainings of each finalist, with `seed`, `seed + 1`, .. Default 1. */
  readonly seeds?: number | undefined;
  /** The best of the last rung that are trained with all seeds. Default 1. */
  readonly finalists?: number | undefined;
  /** What is configured where nothing else is said. Default: `small`. */
  readonly preset?: string | undefined;
  /** Of every run, in sections as in a configuration file, or by dotted names. */
  readonly settings?: Tree | undefined;
  /** What trials are judged by on validation targets. Default: the metric of early stopping, ndcg@10. */
  readonly metric?: string | undefined;
}

/** What `tune` takes. */
export interface TuneOptions extends BackendChoice, TuneAsked {
  /** The folder of the job. Where it holds one, that goes on, or is extended. */
  readonly out: string;
  /** A file (YAML) with the same keys; what is given here counts more. */
  readonly specification?: string | undefined;
  /** Settings as texts, `model.hiddenSize=128`, above `settings`. */
  readonly set?: readonly string[] | undefined;
  /** Runs that are trained at once, each with an equal share of the threads. Default 1. Decisions do not depend on it, but for the last bits, which go by threads. */
  readonly jobs?: number | undefined;
  /** Aborting it saves a checkpoint of the runs that are trained, and ends the tuning; the same call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Told everything that happens, in order. */
  readonly onEvent?: ((event: TuneEvent) => void) | undefined;
}

const single = option.either(option.text, option.finite, option.flag);

const ASKED: OptionRules<TuneAsked> = {
  model: modelRule,
  data: dataRule,
  space: option.record(option.either(single, option.list(single))),
  trials: option.whole(1),
  epochs: option.either(option.whole(1), option.list(option.whole(1))),
  first: option.whole(1),
  factor: option.whole(2),
  seed: option.whole(0),
  seeds: option.whole(1),
  finalists: option.whole(1),
  preset: option.text,
  settings: option.record(option.given),
  metric: option.text,
};

const RULES: OptionRules<TuneOptions> = {
  ...ASKED,
  ...backendRules,
  out: needed(option.text),
  specification: option.text,
  set: option.list(option.text),
  jobs: option.whole(1),
  signal: aborts,
  onEvent: option.callable,
};

/** What a tuning sets itself. */
const OWN: OwnOptions = {
  job: 'a tuning',
  cures: {
    'training.seed': text`say which in ${setting('seed')}`,
    'training.epochs': text`say how many in ${setting('epochs')}`,
    'training.earlyStopping.metric': text`say which in ${setting('metric')}`,
    'evaluation.test': 'leave it out: a tuning never ranks test targets',
    'model.name': text`say which in ${setting('model')}`,
    'data.path': text`say which in ${setting('data')}`,
  },
};

const DEFAULTS = { model: 'dif-sr', trials: 16, epochs: 16, factor: 2, seed: 1, seeds: 1, finalists: 1 } as const;
/** The first of the default rungs is this part of all epochs. */
const FIRST_SHARE = 8;

/** A specification that was read, and what is needed to train what it says. */
export interface ReadTuning {
  readonly specification: TuneSpecification;
  readonly model: DefinedModel;
}

/**
 * Reads what is asked for.
 *
 * @param before The tuning in the folder.
 * @throws UsageError for what is not known or cannot be: every mistake names its place and the cure
 */
export async function readTuning(
  options: TuneOptions,
  choice: BackendChoice,
  before?: TuneSpecification,
): Promise<ReadTuning> {
  checkOptions('tune', options, RULES, UsageError);
  const file = options.specification === undefined ? {} : await askedInFile(options.specification, ASKED);
  const asked: TuneAsked = { ...file, ...defined(options) };
  // A call that says nothing but the folder goes on with the job in it; what it does say counts more.
  const job = options.specification === undefined ? before : undefined;
  const model = await readModel(asked.model ?? job?.model ?? DEFAULTS.model, OWN);
  const data = asked.data === undefined ? job?.data : withLabelOf(before, readData(asked.data));
  if (data === undefined) throw missing('data', 'there is none to tune on', setting('data', 'data/Beauty'));
  const said =
    asked.settings === undefined && options.set === undefined
      ? undefined
      : mergeTrees(
          settingsTree(asked.settings ?? {}, [model], 'settings', OWN),
          settingsSaid(options.set ?? [], [model], OWN),
        );
  const read = {
    model: { label: model.label, name: model.name, settings: model.settings },
    data,
    space: asked.space === undefined ? (job?.space ?? {}) : readSpace(asked.space, model),
    trials: asked.trials ?? job?.trials ?? DEFAULTS.trials,
    ...readRungs(asked, job),
    seed: asked.seed ?? job?.seed ?? DEFAULTS.seed,
    seeds: asked.seeds ?? job?.seeds ?? DEFAULTS.seeds,
    finalists: asked.finalists ?? job?.finalists ?? DEFAULTS.finalists,
    preset: asked.preset ?? job?.preset,
    settings: said ?? job?.settings ?? {},
  };
  if (Object.keys(read.space).length === 0)
    throw missing('space', 'nothing is searched', setting('space', 'learningRate=log:5e-4..5e-3'));
  const metric = await readMetric(asked.metric ?? job?.metric, read, { model, choice });
  const specification = { ...read, metric };
  await requireValues(specification, { model, choice });
  return { specification, model };
}

/** Data that has moved is called what it was called, or its runs would not be found. */
function withLabelOf(before: TuneSpecification | undefined, data: JobData): JobData {
  return data.label === '' && before !== undefined ? { ...data, label: before.data.label } : data;
}

function missing(name: 'data' | 'space', what: string, example: Text): UsageError {
  return new UsageError({ where: setting(name), option: name, what, cure: text`write e.g. ${example}` });
}

/** The options that say what is tuned, as far as they are given. */
function defined(options: TuneOptions): TuneAsked {
  return Object.fromEntries(
    Object.entries(options).filter(([key, value]) => value !== undefined && Object.hasOwn(ASKED, key)),
  );
}

/** By full names, in their order: neither draws nor folders depend on the order in which options are written. */
function readSpace(asked: NonNullable<TuneAsked['space']>, model: DefinedModel): Space {
  const entries = Object.entries(asked).map(([name, values]) => {
    const path = fullName(name, [model], setting('space', name), OWN);
    requireTunable(path, model);
    return [path, readDimension(path, values, nodeAt(configSchema(model.definition), path.split('.')))] as const;
  });
  requireDistinct(
    'space',
    entries.map(([name]) => name),
  );
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function requireTunable(path: string, model: DefinedModel): void {
  const where = setting('space', path);
  if (/^(data|evaluation)\./.test(path))
    throw new UsageError({
      where,
      option: 'space',
      what: 'would have trials judged on different targets, or in different ways',
      cure: text`leave it out, or set it for all (${setting('set', `${path}=..`)})`,
    });
  if (!isSearched(model, path))
    throw new UsageError({
      where,
      option: 'space',
      what: `makes no difference: ${model.label} is counted, nothing of it is trained`,
      cure: 'search options of the model alone',
    });
}

/** @throws UsageError for rungs that do not rise */
function readRungs(
  { epochs, first, factor: askedFactor }: TuneAsked,
  job: TuneSpecification | undefined,
): Pick<TuneSpecification, 'rungs' | 'factor'> {
  const factor = askedFactor ?? job?.factor ?? DEFAULTS.factor;
  const refused = (name: 'epochs' | 'first', value: string, what: string, cure: Text): UsageError =>
    new UsageError({ where: setting(name, value), option: name, what, cure });
  if (typeof epochs === 'object') {
    if (first !== undefined)
      throw refused('first', String(first), 'is the first rung, and so is the first of the epochs', 'leave it out');
    if (epochs.length === 0 || epochs.some((each, at) => at > 0 && each <= (epochs[at - 1] ?? 0)))
      throw refused(
        'epochs',
        epochs.join(','),
        'do not rise from rung to rung',
        text`write e.g. ${setting('epochs', '2,4,8,16')}`,
      );
    return { rungs: epochs, factor };
  }
  if (epochs === undefined && first === undefined && job !== undefined) return { rungs: job.rungs, factor };
  const whole = epochs ?? job?.rungs.at(-1) ?? DEFAULTS.epochs;
  const begin = first ?? Math.ceil(whole / FIRST_SHARE);
  if (begin > whole)
    throw refused(
      'first',
      String(begin),
      `is more than the whole training of ${whole} epochs`,
      text`lower it, or train longer (${setting('epochs', 2 * begin)})`,
    );
  return { rungs: rungsOf({ epochs: whole, first: begin, factor }), factor };
}

interface Checked {
  readonly model: DefinedModel;
  readonly choice: BackendChoice;
}

/** What trials are judged by: as it is asked for, or what runs stop by anyway. */
async function readMetric(
  asked: string | undefined,
  read: Omit<TuneSpecification, 'metric'>,
  { model, choice }: Checked,
): Promise<string> {
  if (asked !== undefined) requireMetric(asked);
  // Also the check of everything that is not searched.
  const { config } = await plannedRun(model, read.data, read.seed, {}, { specification: read, choice });
  requireComputed(asked, config.evaluation.ks);
  const metric = asked ?? config.training.earlyStopping.metric;
  if (metric !== 'loss') return metric;
  throw new UsageError({
    where: setting('metric', 'loss'),
    option: 'metric',
    what: 'says nothing of validation targets',
    cure: text`write for example ${setting('metric', 'ndcg@10')}`,
  });
}

/** What every run of a tuning is trained with: the whole number of epochs, and test targets unseen. */
export function commonSettings({ settings, rungs, metric }: TuneSpecification): Tree {
  return mergeTrees(settings, {
    training: { epochs: rungs.at(-1), earlyStopping: { metric } },
    evaluation: { test: false },
  });
}

/** Every value of a list, and both ends of a range, must be one that the option can have. */
async function requireValues(specification: TuneSpecification, { model, choice }: Checked): Promise<void> {
  const settings = commonSettings(specification);
  const { preset, data, seed, space } = specification;
  for (const [name, dimension] of Object.entries(space)) {
    const values = dimension.kind === 'values' ? dimension.values : [dimension.from, dimension.to];
    for (const value of values) {
      const searched: Searched = { [name]: value };
      await plannedRun(model, data, seed, searched, { specification: { preset, settings }, choice }).catch(
        (error: unknown) => {
          throw ofOption(name, error);
        },
      );
    }
  }
}

/** The faults of the searched option itself. What does not go together is for the checks of the trials to say: none of them may have it. */
function ofOption(name: string, error: unknown): unknown {
  if (!(error instanceof UsageError)) return error;
  const own = error.faults.filter(
    ({ option: of = '' }) => of === name || name.startsWith(`${of}.`) || of.startsWith(`${name}.`),
  );
  return own.length === 0
    ? error
    : new UsageError(own.map((fault) => ({ ...fault, where: text`${setting('space')}, ${fault.where ?? name}` })));
}
