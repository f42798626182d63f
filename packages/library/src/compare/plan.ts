// The runs of a comparison: what is searched, which folder each run has, and what its configuration is.
import { resolveRun } from '../config/resolve.js';
import { isTree, mergeTrees, type Tree } from '../config/layers.js';
import { isModelFile } from '../config/own-model.js';
import type { BackendChoice } from '../backend.js';
import { settingsOf, type RunConfig } from '@difsr/training';
import { hasOption, type DefinedModel } from './specification.js';
import type { ComparedData, PlannedRun, RunSettings, Search, SearchValue, Specification } from './types.js';

/** One combination of searched values. */
export type Searched = Readonly<Record<string, SearchValue>>;

/** Every combination of the values of options that a model has, the last option fastest; one empty combination without a search. */
export function gridOf(search: Search, model: Pick<DefinedModel, 'label' | 'definition'>): Searched[] {
  return Object.entries(search)
    .filter(([name]) => isSearched(model, name))
    .reduce<Searched[]>(
      (grid, [name, values]) => grid.flatMap((each) => values.map((value) => ({ ...each, [name]: value }))),
      [{}],
    );
}

/** Whether values of an option make a difference for a model: it has the option, and is trained where that is one of training. */
function isSearched(model: Pick<DefinedModel, 'label' | 'definition'>, name: string): boolean {
  const ofTraining = /^(pre)?training\./.test(name);
  return hasOption(model, name) && !(ofTraining && model.definition.count !== undefined);
}

/** What is left out for models that lack it, in words. */
export function ignoredOptions({ settings, search }: Specification, models: readonly DefinedModel[]): string[] {
  const named = [
    ...Object.entries(settings).flatMap(([section, values]) =>
      isTree(values) ? Object.keys(values).map((key) => `${section}.${key}`) : [],
    ),
    ...Object.keys(search),
  ];
  const lacking = [...new Set(named)].flatMap((name) => {
    const without = models.filter((model) => !hasOption(model, name)).map(({ label }) => label);
    return without.length === 0 ? [] : [`${name}: not an option of ${without.join(', ')}`];
  });
  const untrained = Object.keys(search).flatMap((name) => {
    const counted = models.filter((model) => hasOption(model, name) && !isSearched(model, name));
    const labels = counted.map(({ label }) => label).join(', ');
    return counted.length === 0 ? [] : [`${name}: not searched for ${labels}, of which nothing is trained`];
  });
  return [...lacking, ...untrained];
}

/** A planned run with its configuration, defaults filled in. @throws UsageError for what its model does not allow */
export async function plannedRun(
  model: DefinedModel,
  data: ComparedData,
  seed: number,
  searched: Searched,
  { specification, choice }: { readonly specification: Specification; readonly choice: BackendChoice },
): Promise<PlannedRun> {
  const common = onlyOwn(specification.settings, model);
  const values = Object.entries(searched).reduce<Tree>(
    (tree, [path, value]) => mergeTrees(tree, nested(path.split('.'), value)),
    mergeTrees(common, model.settings),
  );
  const { config } = await resolveRun({
    preset: specification.preset,
    values: mergeTrees(values, {
      data: data.config,
      model: { name: model.own.definition === undefined ? model.name : model.definition.name },
      training: { seed },
      ...Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined)),
    }),
    definition: model.own.definition,
  });
  return {
    id: [data.label, model.label, ...valuesSegment(searched), `seed-${seed}`].map(fileName).join('/'),
    data: data.label,
    model: model.label,
    seed,
    searched,
    config,
    ...(isModelFile(model.name) ? { modelFile: model.name } : {}),
  };
}

/** Settings without those that a model does not have. */
function onlyOwn(settings: Tree, model: DefinedModel): Tree {
  return Object.fromEntries(
    Object.entries(settings).map(([section, values]) => [
      section,
      isTree(values)
        ? Object.fromEntries(Object.entries(values).filter(([key]) => hasOption(model, `${section}.${key}`)))
        : values,
    ]),
  );
}

function nested([key = '', ...rest]: readonly string[], value: unknown): Tree {
  return { [key]: rest.length === 0 ? value : nested(rest, value) };
}

function valuesSegment(searched: Searched): string[] {
  const values = Object.entries(searched).map(
    ([name, value]) => `${name.split('.').slice(1).join('.')}=${String(value)}`,
  );
  return values.length === 0 ? [] : [values.join(',')];
}

/** A name for folders on every system; where letters had to go, a number keeps different names apart. */
export function fileName(name: string): string {
  const clean = name.replaceAll(/[^\w.=,+-]+/g, '-').replace(/^\.+/, '');
  if (clean === name && clean.length <= 120) return clean;
  let hash = 2_166_136_261;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return `${clean.slice(0, 100)}-${hash.toString(16)}`;
}

/** What results depend on: not where the data is, what computes, or how often is saved. */
export function settingsOfRun(config: RunConfig): RunSettings {
  const { data, pretraining } = config;
  const { model, training, evaluation } = settingsOf(config);
  const { path: _, streaming: __, ...read } = data;
  const { test: ___, ...evaluated } = evaluation; // the trial that is chosen sees the test targets later
  return {
    data: read,
    model,
    training: { ...training },
    evaluation: evaluated,
    ...(pretraining === undefined ? {} : { pretraining: { ...pretraining } }),
  };
}

/** Where two settings differ, in words; what the older does not know was trained as its default has it. */
export function changesOf(before: unknown, now: unknown, path = ''): string[] {
  if (!isTree(before)) {
    const same = JSON.stringify(before) === JSON.stringify(now);
    return same ? [] : [`${path} was ${JSON.stringify(before)}, is ${JSON.stringify(now) ?? 'not set'}`];
  }
  return Object.entries(before).flatMap(([key, value]) =>
    changesOf(value, isTree(now) ? now[key] : undefined, path === '' ? key : `${path}.${key}`),
  );
}
