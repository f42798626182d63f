// What jobs are asked for in common, checked: models and data sets, and settings with every option under its full name.
import {
  chooseByName,
  didYouMean,
  needed,
  option,
  optionFaults,
  setting,
  text,
  type Fault,
  type OptionRule,
  type OptionRules,
  type Text,
} from '@difsr/errors';
import { METRIC_KINDS } from '@difsr/metrics';
import type { ModelDefinition } from '@difsr/models';
import type { OwnModel } from '@difsr/training';
import {
  assignmentLayer,
  isTree,
  mergeTrees,
  nested,
  parseSetting,
  readConfigFile,
  type Tree,
} from '../config/layers.js';
import { withLists } from '../config/lists.js';
import { isModelFile, loadOwnModel } from '../config/own-model.js';
import { allPaths, configSchema, modelsByName, nodeAt } from '../config/schema.js';
import { UsageError } from '../errors.js';
import type { JobData, JobModel, SearchValue } from './types.js';

/** A model of a job: its name or file, or that with a label and settings of its own. */
export type ModelAsked =
  | string
  | {
      readonly name: string;
      readonly label?: string | undefined;
      /** In sections, as in a configuration file, or by dotted names. */
      readonly settings?: Tree | undefined;
    };

/** A data set of a job: its path, or that with a label and how it is read (`fields`, `userMin`, ..). */
export type DataAsked = string | ({ readonly path: string; readonly label?: string | undefined } & Tree);

/** A model of a job with its definition. */
export interface DefinedModel extends JobModel {
  readonly own: OwnModel;
  readonly definition: ModelDefinition;
}

/** What a kind of job sets itself: its name with an article, and the cure for each option that is set all the same. */
export interface OwnOptions {
  readonly job: string;
  readonly cures: Readonly<Record<string, Text>>;
}

/** The rule of a {@link ModelAsked}. */
export const modelRule: OptionRule = option.either(
  option.text,
  option.object<Exclude<ModelAsked, string>>({
    name: needed(option.text),
    label: option.text,
    settings: option.record(option.given),
  }),
);

/** The rule of a {@link DataAsked}. */
export const dataRule: OptionRule = option.either(option.text, option.record(option.given));

/** What a file (YAML) asks for, by the rules of its keys. @throws UsageError */
export async function askedInFile<T extends object>(path: string, rules: OptionRules<T>): Promise<T> {
  const { values } = await readConfigFile(path);
  // Checked here; what keeps the rules is what was asked.
  const asked = values as T;
  const faults = optionFaults(path, asked, rules);
  if (faults.length > 0) throw new UsageError(faults.map((fault): Fault => ({ ...fault, where: path })));
  return asked;
}

/** A model with its definition and its settings. @throws UsageError */
export async function readModel(asked: ModelAsked, own: OwnOptions): Promise<DefinedModel> {
  const { name, label, settings = {} } = typeof asked === 'string' ? { name: asked } : asked;
  const loaded: OwnModel = isModelFile(name) ? await loadOwnModel(name) : {};
  const definition = loaded.definition ?? chooseByName('model', name, modelsByName, UsageError, setting('model', name));
  const model = { name, label: label ?? definition.name, definition, own: loaded, settings: {} };
  return { ...model, settings: settingsTree(settings, [model], `models, ${model.label}`, own) };
}

/** A data set; its label is empty where none is given. @throws UsageError */
export function readData(asked: DataAsked): JobData {
  if (typeof asked === 'string') return { label: '', config: { path: asked } };
  const { label = '', ...config } = asked;
  if (typeof config.path !== 'string' || config.path === '')
    throw new UsageError('data: an entry has no path', 'write path: FOLDER, or the path alone');
  return { label, config };
}

/** @throws UsageError for a name that is there twice */
export function requireDistinct(what: 'models' | 'search' | 'seeds' | 'space', names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return;
  throw new UsageError({
    where: setting(what),
    option: what,
    what: `"${twice}" is there twice`,
    cure:
      what === 'models'
        ? 'give each a label of its own in the specification: { name: .., label: .., settings: .. }'
        : 'name it once',
  });
}

/** @throws UsageError for what is no ranking metric */
export function requireMetric(metric: string): void {
  if (METRIC_KINDS.some((kind) => metric.startsWith(`${kind}@`)) && /@[1-9]\d*$/.test(metric)) return;
  throw new UsageError({
    where: setting('metric', metric),
    option: 'metric',
    what: 'is no metric',
    cure:
      didYouMean(
        metric,
        METRIC_KINDS.map((kind) => `${kind}@10`),
      ) ?? 'write for example ndcg@10',
  });
}

/** @throws UsageError for a metric at a cut-off that evaluation does not have */
export function requireComputed(metric: string | undefined, ks: readonly number[]): void {
  if (metric === undefined || ks.includes(Number(metric.split('@')[1]))) return;
  throw new UsageError({
    where: setting('metric', metric),
    option: 'metric',
    what: `is not computed: evaluation.ks is ${ks.join(', ')}`,
    cure: 'use one of these cut-offs, or add it to evaluation.ks',
  });
}

type Defined = Pick<DefinedModel, 'label' | 'definition'>;

/** Settings in sections, whichever way their names were written. @throws UsageError */
export function settingsTree(settings: Tree, models: readonly Defined[], where: string, own: OwnOptions): Tree {
  return Object.entries(settings).reduce<Tree>((tree, [key, value]) => {
    const inSection =
      isTree(value) && ['model', 'training', 'evaluation', 'data', 'pretraining', 'distillation'].includes(key);
    const leaves: [string, unknown][] = inSection
      ? Object.entries(value).map(([name, each]) => [`${key}.${name}`, each])
      : [[key, value]];
    return leaves.reduce(
      (all, [name, each]) => mergeTrees(all, nested(fullName(name, models, where, own).split('.'), each)),
      tree,
    );
  }, {});
}

/** `--set` texts; a list may be written with commas where the option of a model that has it is one. @throws UsageError */
export function settingsSaid(texts: readonly string[], models: readonly Defined[], own: OwnOptions): Tree {
  const parsed = texts.map((each) => {
    const assignment = parseSetting(each);
    const path = fullName(assignment.path, models, setting('set', each), own);
    return { ...assignment, path };
  });
  const listed = parsed.map((assignment) => {
    const owner = models.find((model) => hasOption(model, assignment.path)) ?? models[0];
    const [read = assignment] = owner === undefined ? [] : withLists([assignment], configSchema(owner.definition));
    return read;
  });
  return assignmentLayer(listed).values;
}

/** The full name of an option: `learningRate` is `training.learningRate`. @throws UsageError where no model has it, or several are meant */
export function fullName(name: string, models: readonly Defined[], where: Text, { job, cures }: OwnOptions): string {
  const schemas = models.map(({ definition }) => configSchema(definition));
  const known = [...new Set(schemas.flatMap((schema) => allPaths(schema)))];
  const exact = schemas.some((schema) => nodeAt(schema, name.split('.')) !== undefined) && name.includes('.');
  const named = exact ? [name] : known.filter((path) => path.endsWith(`.${name}`));
  // The stage before has options of the same names: they are meant by their full names alone.
  const training = named.filter((each) => !each.startsWith('pretraining.'));
  const meant = training.length > 0 ? training : named;
  const [path, second] = meant;
  if (path !== undefined && second === undefined) {
    const cure = cures[path];
    if (cure === undefined) return path;
    throw new UsageError({ where, what: `${job} sets ${path} itself`, cure });
  }
  throw new UsageError({
    where,
    what: second === undefined ? `no model has an option "${name}"` : `"${name}" may be ${meant.join(' or ')}`,
    cure:
      second === undefined
        ? (didYouMean(name, known) ?? 'docs/configuration.md lists every option')
        : text`write ${meant[0] ?? name}`,
  });
}

/** Whether a model has an option; all have those outside of the section "model". */
export function hasOption({ definition }: Defined, path: string): boolean {
  return nodeAt(configSchema(definition), path.split('.')) !== undefined;
}

/** Whether values of an option make a difference for a model: it has the option, and is trained where that is one of training. */
export function isSearched(model: Defined, name: string): boolean {
  const ofTraining = /^(pre)?training\./.test(name);
  return hasOption(model, name) && !(ofTraining && model.definition.count !== undefined);
}

/** A value as it is typed, read as YAML reads it; what is neither a number nor true or false is a word. */
export function searchValue(word: string): SearchValue {
  const value: unknown = parseSetting(`value=${word}`).value;
  return typeof value === 'number' || typeof value === 'boolean' ? value : word.trim();
}
