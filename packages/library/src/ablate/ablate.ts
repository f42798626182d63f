// ablate: DIF-SR taken apart on one data set, as one resumable job with the tables of the paper.
import { sequenceStore } from '@difsr/data';
import { checkOptions, chooseByName, given, needed, option, type OptionRules } from '@difsr/errors';
import { ownerOf } from '@difsr/models';
import { fieldsNamed, outlineSchema, type RunConfig } from '@difsr/training';
import { aborts, backendChoice, backendRules } from '../options.js';
import type { BackendChoice } from '../backend.js';
import { compare, type CompareOutcome } from '../compare/compare.js';
import { toHtml, toMarkdown } from '../page/document.js';
import { ComparisonFolder } from '../compare/same-job.js';
import type { CompareEvent } from '../compare/types.js';
import { parseSetting, type Tree } from '../config/layers.js';
import { resolveConfig } from '../config/resolve.js';
import { closeData, loadData } from '../data/open.js';
import { UsageError } from '../errors.js';
import { hasOption } from '../jobs/asked.js';
import { modelsByName } from '../config/schema.js';
import { ablationReport } from './report.js';
import { planned, studiesOf, studyNames, WHOLE_LABEL, type StudyName, type Whole } from './studies.js';

/** What is taken apart, and how it is trained. */
export interface AblateOptions extends BackendChoice {
  /** The data set's path. */
  readonly data: string;
  /** The folder of the job. Where it holds one, that goes on, or is extended by studies and seeds. */
  readonly out: string;
  /** Default: all of {@link studyNames}. */
  readonly studies?: readonly string[] | undefined;
  /** Default: 1, 2, 3. */
  readonly seeds?: readonly number[] | undefined;
  /** What is configured where nothing else is said. Default: `small`. */
  readonly preset?: string | undefined;
  /** Settings of every variant as texts, `training.epochs=30`; those of `model.` are of the whole model, and of others as far as they have them. */
  readonly set?: readonly string[] | undefined;
  /** Runs that are trained at once, each with an equal share of the threads. Default 1. */
  readonly jobs?: number | undefined;
  /** Aborting it saves a checkpoint of the run that is trained, and ends the job; the same call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Told everything that happens, in order. */
  readonly onEvent?: ((event: CompareEvent) => void) | undefined;
}

const RULES: OptionRules<AblateOptions> = {
  ...backendRules,
  data: needed(option.text),
  out: needed(option.text),
  studies: option.list(option.text),
  seeds: option.list(option.whole(0)),
  preset: option.text,
  set: option.list(option.text),
  jobs: option.whole(1),
  signal: aborts,
  onEvent: option.callable,
};

/** The models that variants are made of. */
const MODELS = ['dif-sr', 'sasrec', 'bert4rec'] as const;
type ModelName = (typeof MODELS)[number];

/**
 * Trains variants of DIF-SR, each with every seed, and reports what each part is worth: `OUT/report/ablation.md` and `ablation.html` beside
 * the report of the comparison that it is ({@link compare}). Killed at any moment and called again, it goes on where it was.
 *
 * @throws UsageError for a study that does not exist, and as `compare`
 * @example
 * ```ts
 * await ablate({ data: 'data/Beauty', studies: ['fusion', 'integration'], out: 'ablations/beauty' });
 * ```
 */
export async function ablate(options: AblateOptions): Promise<CompareOutcome> {
  checkOptions('ablate', options, RULES, UsageError);
  const { data, out, seeds, preset, set = [], jobs, signal, onEvent } = options;
  const known = new Map(studyNames.map((name) => [name as string, name]));
  const names = (options.studies ?? studyNames).map((name): StudyName =>
    chooseByName('study', name, known, UsageError, 'studies'),
  );
  const resolved = async (name: ModelName): Promise<RunConfig> =>
    resolveConfig({ preset, set: settingsFor(set, name), values: { data: { path: data }, model: { name } } });
  const whole = await resolved('dif-sr');
  const defaults = new Map<string, Tree>();
  for (const name of MODELS) defaults.set(name, (await resolved(name)).model);
  const about: Whole = { model: whole.model, fields: await fieldsOf(whole) };
  const studies = studiesOf(names, about);
  // Fields that are named are the whole model's own, where it names none; with fields of users they are not: those would be left out.
  const named = whole.model['userFields'] === 'none' ? { fields: about.fields } : {};
  const plan = planned(studies, { ...whole.model, ...named }, defaults);
  const outcome = await compare({
    ...backendChoice(options),
    out,
    data: [data],
    models: plan.systems.map(({ label, model, settings }) => ({ name: model, label, settings })),
    baseline: WHOLE_LABEL,
    ...(seeds === undefined ? {} : { seeds }),
    ...(preset === undefined ? {} : { preset }),
    set,
    ...given({ jobs }),
    ...(signal === undefined ? {} : { signal }),
    ...(onEvent === undefined ? {} : { onEvent }),
  });
  const [facts] = outcome.data;
  if (outcome.reason === 'interrupted' || facts === undefined) return outcome;
  const document = ablationReport({
    data: facts,
    studies,
    labels: plan.labels,
    groups: outcome.groups,
    records: outcome.records,
    seeds: seeds ?? [1, 2, 3],
  });
  const folder = new ComparisonFolder(out);
  const files = [
    await folder.writeReport('ablation.md', toMarkdown(document)),
    await folder.writeReport('ablation.html', toHtml(document)),
  ];
  onEvent?.({ kind: 'report', files });
  return { ...outcome, report: [...files, ...outcome.report] };
}

/** Settings as far as a model has them. */
function settingsFor(set: readonly string[], name: ModelName): string[] {
  const definition = chooseByName('model', name, modelsByName, UsageError);
  return set.filter((text) => hasOption({ label: name, definition }, parseSetting(text).path));
}

/** Names of the fields of items and interactions that the model reads. */
async function fieldsOf({ data, model }: RunConfig): Promise<string[]> {
  const dataset = await loadData(data);
  try {
    const names = fieldsNamed(model);
    const { fields } = outlineSchema(dataset, sequenceStore(dataset), names);
    const own = fields.filter((field) => ownerOf(field) !== 'user').map(({ name }) => name);
    return names === undefined ? own : names.filter((name) => own.includes(name));
  } finally {
    await closeData(dataset);
  }
}
