// A run of a job: which folder it has, what its configuration is, and what of it results depend on.
import { settingsOf, type RunConfig } from '@difsr/training';
import type { BackendChoice } from '../backend.js';
import { isTree, mergeTrees, nested, type Tree } from '../config/layers.js';
import { isModelFile } from '../config/own-model.js';
import { resolveRun } from '../config/resolve.js';
import { hasOption, type DefinedModel } from './asked.js';
import type { JobData, PlannedRun, RunSettings, SearchValue } from './types.js';

/** One combination of searched values. */
export type Searched = Readonly<Record<string, SearchValue>>;

/** A planned run with its configuration, defaults filled in. @throws UsageError for what its model does not allow */
export async function plannedRun(
  model: DefinedModel,
  data: JobData,
  seed: number,
  searched: Searched,
  {
    specification,
    choice,
  }: {
    /** What is configured where nothing else is said, and what is set for every run. */
    readonly specification: { readonly preset?: string | undefined; readonly settings: Tree };
    readonly choice: BackendChoice;
  },
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

/** What every record of a run says first: which run it is, and what it was trained with. */
export function identityOf(
  run: PlannedRun,
  fingerprint: string,
): Pick<PlannedRun, 'id' | 'data' | 'model' | 'seed' | 'searched'> & {
  readonly version: 1;
  readonly fingerprint: string;
  readonly settings: RunSettings;
} {
  const { id, data, model, seed, searched, config } = run;
  return { version: 1, id, data, fingerprint, model, seed, searched, settings: settingsOfRun(config) };
}

/** What results depend on: not where the data is, what computes, or how often is saved. */
export function settingsOfRun(config: RunConfig): RunSettings {
  const { data, pretraining } = config;
  const { model, training, evaluation, distillation } = settingsOf(config);
  const { path: _, streaming: __, ...read } = data;
  const { test: ___, ...evaluated } = evaluation; // the trial that is chosen sees the test targets later
  return {
    data: read,
    model,
    training: { ...training },
    evaluation: evaluated,
    ...(pretraining === undefined ? {} : { pretraining: { ...pretraining } }),
    ...(distillation === undefined ? {} : { distillation }),
  };
}
