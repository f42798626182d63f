// The configuration of a run from its four sources: preset < configuration file < options < --set.
// Every problem names where the value was written, the value, what is allowed and the cure.
import {
  allowed,
  alternativesOf,
  chooseByName,
  type ConfigOption,
  didYouMean,
  type Fault,
  keysOf,
  type SchemaNode,
  setting,
  type SettingValue,
  type Text,
  text,
} from '@difsr/errors';
import { METRIC_KINDS } from '@difsr/metrics';
import type { ModelDefinition } from '@difsr/models';
import { runConfigSchema, type OwnModel, type RunConfig } from '@difsr/training';
import { parse } from 'yaml';
import type { z } from 'zod';
import {
  assignmentLayer,
  mergeTrees,
  originOf,
  parseSetting,
  readConfigFile,
  type Assignment,
  type Layer,
  type Tree,
} from './layers.js';
import { allPaths, configSchema, modelsByName, nodeAt, valueAt } from './schema.js';
import { UsageError } from '../errors.js';
import { withLists } from './lists.js';
import { differenceOf, exampleValue, keysMeant } from './other-names.js';
import { isModelFile, loadOwnModel } from './own-model.js';
import { defaultPreset, presetsOf } from './presets.js';

/** What the command line says about the configuration. */
export interface ConfigSources {
  readonly preset?: string | undefined;
  /** Path of a YAML file. */
  readonly config?: string | undefined;
  /** Values that a program gives, in sections. */
  readonly values?: Tree | undefined;
  /** The model, where it is none of this project and no file. */
  readonly definition?: ModelDefinition | undefined;
  /** Options such as `--epochs`, in the order of `--help`. */
  readonly flags?: readonly Assignment[];
  /** Settings as texts: `training.epochs=30`. */
  readonly set?: readonly string[];
  /** How a text of `set` was given, for errors; default: as it stands. */
  readonly shown?: (text: string) => string;
}

/** Problems that are shown at once. */
const MOST_PROBLEMS = 8;

/**
 * The validated configuration with all defaults filled in, the model's own options included.
 *
 * @throws UsageError
 * @example
 * const config = await resolveConfig({ preset: 'small', set: ['training.epochs=30'] });
 */
export async function resolveConfig(sources: ConfigSources): Promise<RunConfig> {
  return (await resolveRun(sources)).config;
}

/**
 * The same, with the definition where the model's name is that of a file.
 *
 * @throws UsageError
 */
export async function resolveRun(
  sources: ConfigSources,
): Promise<{ readonly config: RunConfig; readonly own: OwnModel }> {
  const { presetName, file } = await readFileLayer(sources.config);
  const settings = (sources.set ?? []).map((text) => parseSetting(text, sources.shown?.(text)));
  const named = [
    ...(file === undefined ? [] : [file]),
    { values: sources.values ?? {}, origins: new Map<string, string>() },
    ...[sources.flags ?? [], settings].map(assignmentLayer),
  ];
  const writtenName = String(valueAt(merge(named), ['model', 'name']) ?? 'dif-sr');
  const own = await ownModel(sources, writtenName);
  const model =
    own?.definition ?? chooseByName('model', writtenName, modelsByName, UsageError, originOf(named, ['model', 'name']));
  const schema = configSchema(model);
  const layers = [...named.slice(0, -1), assignmentLayer(withLists(settings, schema))];
  const written = merge(layers);

  const preset = chooseByName(
    'preset',
    sources.preset ?? presetName ?? defaultPreset,
    presetsOf(model),
    UsageError,
    sources.preset === undefined ? sources.config : setting('preset'),
  );
  const merged = mergeTrees({ ...preset }, written);
  const problems = new Problems(layers, merged, schema);
  const run = runConfigSchema.safeParse(merged);
  if (!run.success) problems.add(run.error.issues, []);
  const { name: _, ...options } = asTree(merged['model']);
  const parsed = model.config.safeParse(options);
  if (!parsed.success) problems.add(parsed.error.issues, ['model']);
  if (!run.success || !parsed.success) throw problems.error();
  checkMetric(run.data, layers);
  return { config: { ...run.data, model: { ...parsed.data, name: model.name } }, own: own ?? {} };
}

/** The definition, where the model is none of this project. */
async function ownModel(
  { definition }: ConfigSources,
  name: string,
): Promise<(OwnModel & { readonly definition: ModelDefinition }) | undefined> {
  if (definition !== undefined) return { definition };
  return isModelFile(name) ? loadOwnModel(name) : undefined;
}

/** Layers in one; later ones win. */
function merge(layers: readonly Layer[]): Tree {
  return layers.reduce<Tree>((tree, { values }) => mergeTrees(tree, values), {});
}

/** The metric of early stopping must be one that evaluation computes, or the first epoch would be in vain. */
function checkMetric({ training, evaluation }: RunConfig, layers: readonly Layer[]): void {
  const { metric } = training.earlyStopping;
  const known = METRIC_KINDS.flatMap((kind) => evaluation.ks.map((k) => `${kind}@${k}`));
  if (metric === 'loss' || known.includes(metric)) return;
  const option = 'training.earlyStopping.metric';
  const kind = METRIC_KINDS.find((each) => metric.startsWith(`${each}@`));
  const cure =
    kind === undefined
      ? didYouMean(metric, known)
      : `add the cut-off to evaluation.ks (it is [${evaluation.ks.join(', ')}]), or use ${kind}@${evaluation.ks[0]}`;
  throw new UsageError({
    where: originOf(layers, option.split('.')) ?? option,
    option,
    what: `"${metric}" is not a metric that is computed; those are ${METRIC_KINDS.join(', ')} at ${evaluation.ks.join(', ')}`,
    cure: cure ?? 'write for example ndcg@10',
  });
}

/** The configuration file's layer, without its `preset`, which is not part of a run's configuration. */
async function readFileLayer(path: string | undefined): Promise<{ presetName?: string; file?: Layer }> {
  if (path === undefined) return {};
  const { values, ...layer } = await readConfigFile(path);
  const { preset, ...rest } = values;
  return { ...(preset === undefined ? {} : { presetName: String(preset) }), file: { ...layer, values: rest } };
}

function asTree(value: unknown): Tree {
  return mergeTrees({}, typeof value === 'object' && value !== null ? { ...value } : {});
}

/** Turns issues of zod into one error. */
class Problems {
  readonly #layers: readonly Layer[];
  readonly #values: Tree;
  readonly #schema: SchemaNode;
  readonly #faults: Fault[] = [];

  constructor(layers: readonly Layer[], values: Tree, schema: SchemaNode) {
    this.#layers = layers;
    this.#values = values;
    this.#schema = schema;
  }

  add(issues: readonly z.core.$ZodIssue[], prefix: readonly PropertyKey[]): void {
    for (const issue of issues) {
      const path = [...prefix, ...issue.path];
      if (issue.code === 'unrecognized_keys') for (const key of issue.keys) this.#unknown(path, key);
      else if (issue.code === 'invalid_union' && this.#unknownInUnion(path, issue)) continue;
      else this.#invalid(path);
    }
  }

  error(): UsageError {
    return new UsageError(this.#faults.slice(0, MOST_PROBLEMS), { total: this.#faults.length });
  }

  #where(path: readonly PropertyKey[]): string {
    const origin = originOf(this.#layers, path);
    const dotted = path.join('.');
    // What was typed names its key; a line of a file does not.
    const typed = this.#layers.some(
      ({ origins, isFile }) => isFile !== true && [...origins.values()].includes(origin ?? ''),
    );
    return origin === undefined ? dotted : typed ? origin : `${origin}, ${dotted}`;
  }

  #unknown(path: readonly PropertyKey[], key: string): void {
    const full = [...path, key];
    const section = nodeAt(this.#schema, path);
    const known = section === undefined ? [] : keysOf(section);
    const prefix = path.length === 0 ? '' : `${path.join('.')}.`;
    // A key of another section, or its name elsewhere, is likelier meant than a similar one of this section.
    const meant = keysMeant(key, allPaths(this.#schema), path.join('.'));
    const near =
      meant.length > 0
        ? text`did you mean ${meant.map((each) => `${each}${differenceOf(each)}`).join(' or ')}?${this.#example(meant, valueAt(this.#values, full))}`
        : didYouMean(key, known, (near) => `${prefix}${near}`);
    const has =
      known.length > 0
        ? `${path.length === 0 ? 'the configuration' : path.join('.')} has ${known.join(', ')}`
        : 'no keys are allowed there';
    this.#faults.push({
      where: this.#where(full),
      option: full.join('.'),
      what: `there is no option ${full.join('.')}; ${has}`,
      cure: near ?? 'remove it; docs/configuration.md lists every option',
    });
  }

  /** How the first of some keys is set. */
  #example([path = '']: readonly string[], typed?: unknown): Text {
    const written = typeof typed === 'object' || typed === undefined ? undefined : String(typed);
    const node = nodeAt(this.#schema, path.split('.'));
    const value = exampleValue(path, node?.default, written);
    const isList = node !== undefined && [node, ...alternativesOf(node)].some(({ type }) => type === 'array');
    // A path of the schema, and plain data; a list of words is written with commas.
    const example = parse(isList && !value.startsWith('[') ? `[${value}]` : value) as SettingValue;
    return text` e.g. ${setting(path as ConfigOption, example)}`;
  }

  /** An alternative chosen by its `kind` that has a key too many or too few. */
  #unknownInUnion(path: readonly PropertyKey[], issue: z.core.$ZodIssueInvalidUnion): boolean {
    const [only, second] = issue.errors;
    if (only === undefined || second !== undefined) return false;
    this.add(only, path);
    return true;
  }

  #invalid(path: readonly PropertyKey[]): void {
    const node = nodeAt(this.#schema, path) ?? {};
    const value = valueAt(this.#values, path);
    const meaning = node.description === undefined ? '' : ` (${node.description})`;
    const may = allowed(node);
    const near =
      typeof value === 'string' && node.enum !== undefined ? didYouMean(value, node.enum.map(String)) : undefined;
    // Of a value in a list, the list is what is set.
    const key = typeof path.at(-1) === 'number' ? path.slice(0, -1) : path;
    this.#faults.push({
      where: this.#where(path),
      option: path.join('.'),
      what: `${value === undefined ? 'missing' : JSON.stringify(value)} is not ${may}${meaning}`,
      cure: near ?? this.#howToSet(key.join('.'), nodeAt(this.#schema, key) ?? {}),
    });
  }

  #howToSet(key: string, node: SchemaNode): Text {
    const example = node.type === 'array' ? text`,${this.#example([key])}` : '';
    const otherwise = node.default === undefined ? '' : `; the default is ${JSON.stringify(node.default)}`;
    return text`set ${key} to ${allowed(node)}${example}${otherwise}`;
  }
}
