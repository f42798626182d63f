// A comparison as it is asked for, from a file and from options: checked, with every option under its full name.
import { checkOptions, chooseByName, needed, option, type OptionRules, setting, text } from '@difsr/errors';
import { models as allModels } from '@difsr/models';
import type { BackendChoice } from '../backend.js';
import { mergeTrees, type Tree } from '../config/layers.js';
import { UsageError } from '../errors.js';
import {
  askedInFile,
  dataRule,
  fullName,
  modelRule,
  readData,
  readModel,
  requireDistinct,
  requireMetric,
  searchValue,
  settingsSaid,
  settingsTree,
  type DataAsked,
  type DefinedModel,
  type ModelAsked,
  type OwnOptions,
} from '../jobs/asked.js';
import type { SearchValue } from '../jobs/types.js';
import { aborts, backendRules } from '../options.js';
import type { CompareEvent, Search, Specification } from './types.js';

/** What a comparison is of; a file (YAML) may hold the same. */
export interface Asked {
  /** Default: all models of difsr. */
  readonly models?: readonly ModelAsked[] | undefined;
  /** At least one; without any, those of the job in the folder. */
  readonly data?: readonly DataAsked[] | undefined;
  /** Default: 1, 2, 3. The search is done with the first. */
  readonly seeds?: readonly number[] | undefined;
  /** What is configured where nothing else is said. Default: `small`. */
  readonly preset?: string | undefined;
  /** Of every run, in sections as in a configuration file, or by dotted names. A model that lacks one is trained without it, and that is said. */
  readonly settings?: Tree | undefined;
  /** Values to try by the names of their options; every combination is trained for every model, and judged on validation targets. */
  readonly search?: Readonly<Record<string, readonly SearchValue[]>> | undefined;
  /** What systems are tested by, such as `ndcg@10`. Default: the metric of early stopping. */
  readonly metric?: string | undefined;
  /** The label of a system that all others are held against. Default: none. */
  readonly baseline?: string | undefined;
  /** The data sets of the DIF-SR paper: their counts are checked before anything is trained. */
  readonly paper?: boolean | undefined;
  /** With `paper`: go on with other counts, which the report then shows without published figures. */
  readonly otherCounts?: boolean | undefined;
}

/** What `compare` takes. */
export interface CompareOptions extends BackendChoice, Asked {
  /** The folder of the job. Where it holds one, that goes on, or is extended. */
  readonly out: string;
  /** A file (YAML) with the same keys; what is given here counts more. */
  readonly specification?: string | undefined;
  /** Settings as texts, `training.epochs=30`, above `settings`. */
  readonly set?: readonly string[] | undefined;
  /** Runs that are trained at once, each with an equal share of the threads. Default 1. Their results do not depend on it, but for the last bits, which go by threads. */
  readonly jobs?: number | undefined;
  /** Aborting it saves a checkpoint of the run that is trained, and ends the comparison; the same call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Told everything that happens, in order. */
  readonly onEvent?: ((event: CompareEvent) => void) | undefined;
}

const ASKED: OptionRules<Asked> = {
  models: option.list(modelRule),
  data: option.list(dataRule),
  seeds: option.list(option.whole(0)),
  preset: option.text,
  settings: option.record(option.given),
  search: option.record(option.list(option.either(option.text, option.finite, option.flag))),
  metric: option.text,
  baseline: option.text,
  paper: option.flag,
  otherCounts: option.flag,
};

const RULES: OptionRules<CompareOptions> = {
  ...ASKED,
  ...backendRules,
  out: needed(option.text),
  specification: option.text,
  set: option.list(option.text),
  jobs: option.whole(1),
  signal: aborts,
  onEvent: option.callable,
};

/** A specification that was read, and what is needed to train what it says. */
export interface ReadSpecification {
  /** Without `data` where none was named: that of the folder then, or an error. */
  readonly specification: Specification;
  readonly models: readonly DefinedModel[];
  readonly paper: boolean;
  readonly otherCounts: boolean;
}

/** What a comparison sets itself. */
const OWN: OwnOptions = {
  job: 'a comparison',
  cures: {
    'training.seed': text`say which in ${setting('seeds')}`,
    'evaluation.test': 'leave it out: test targets are ranked once a configuration is chosen',
    'model.name': text`say which in ${setting('models')}`,
    'data.path': text`say which in ${setting('data')}`,
  },
};

/**
 * Reads what is asked for.
 *
 * @param before The comparison in the folder.
 * @throws UsageError for what is not known or cannot be: every mistake names its place and the cure
 */
export async function readSpecification(options: CompareOptions, before?: Specification): Promise<ReadSpecification> {
  checkOptions('compare', options, RULES, UsageError);
  const file = options.specification === undefined ? {} : await askedInFile(options.specification, ASKED);
  const asked: Asked = { ...file, ...defined(options) };
  // A call that says nothing but the folder goes on with the job in it; what it does say counts more.
  const job = options.specification === undefined ? before : undefined;
  const models = await readModels(asked.models ?? job?.models ?? allModels.map(({ name }) => name));
  const seeds = asked.seeds ?? job?.seeds ?? [1, 2, 3];
  requireDistinct('seeds', seeds.map(String));
  if (seeds.length === 0)
    throw new UsageError({
      where: setting('seeds'),
      option: 'seeds',
      what: 'there are none',
      cure: 'give at least one',
    });
  const said =
    asked.settings === undefined && options.set === undefined
      ? undefined
      : mergeTrees(
          settingsTree(asked.settings ?? {}, models, 'settings', OWN),
          settingsSaid(options.set ?? [], models, OWN),
        );
  const metric = asked.metric ?? job?.metric;
  const baseline = asked.baseline ?? job?.baseline;
  if (metric !== undefined) requireMetric(metric);
  if (baseline !== undefined)
    chooseByName('baseline', baseline, new Map(models.map((each) => [each.label, each])), UsageError);
  return {
    specification: {
      models: models.map(({ label, name, settings: own }) => ({ label, name, settings: own })),
      data: asked.data?.map(readData) ?? job?.data ?? [],
      seeds,
      preset: asked.preset ?? job?.preset,
      settings: said ?? job?.settings ?? {},
      search: asked.search === undefined ? (job?.search ?? {}) : readSearch(asked.search, models),
      metric,
      baseline,
    },
    models,
    paper: asked.paper ?? false,
    otherCounts: asked.otherCounts ?? false,
  };
}

/** The options that say what is compared, as far as they are given. */
function defined(options: CompareOptions): Asked {
  return Object.fromEntries(
    Object.entries(options).filter(([key, value]) => value !== undefined && Object.hasOwn(ASKED, key)),
  );
}

async function readModels(asked: readonly ModelAsked[]): Promise<DefinedModel[]> {
  const read = await Promise.all(asked.map(async (each) => readModel(each, OWN)));
  if (read.length === 0)
    throw new UsageError({
      where: setting('models'),
      option: 'models',
      what: 'there are none',
      cure: 'name at least one',
    });
  requireDistinct(
    'models',
    read.map(({ label }) => label),
  );
  return read;
}

function readSearch(asked: NonNullable<Asked['search']>, models: readonly DefinedModel[]): Search {
  const entries = Object.entries(asked).map(([name, values]): [string, readonly SearchValue[]] => {
    if (values.length === 0)
      throw new UsageError({
        where: setting('search', name),
        option: 'search',
        what: 'has no values',
        cure: 'give some',
      });
    requireDistinct('search', values.map(String));
    return [fullName(name, models, setting('search'), OWN), values];
  });
  requireDistinct(
    'search',
    entries.map(([name]) => name),
  );
  return Object.fromEntries(entries);
}

/**
 * Searches as they are typed: `learningRate=1e-3,5e-4`, values as in YAML.
 *
 * @throws UsageError where one is not of that form, or an option is there twice
 */
export function parseSearch(texts: readonly string[]): Record<string, SearchValue[]> {
  const entries = texts.map((each): [string, SearchValue[]] => {
    const at = each.indexOf('=');
    const name = each.slice(0, at).trim();
    const words = each.slice(at + 1).split(',');
    if (at < 1 || words.some((word) => word.trim() === ''))
      throw new UsageError({
        where: setting('search', each),
        option: 'search',
        what: 'is not of the form key=value,value',
        cure: text`write e.g. ${setting('search', 'learningRate=1e-3,5e-4')}`,
      });
    return [name, words.map(searchValue)];
  });
  requireDistinct(
    'search',
    entries.map(([name]) => name),
  );
  return Object.fromEntries(entries);
}
