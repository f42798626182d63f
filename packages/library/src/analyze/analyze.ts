// analyze: what runs have learned, each read off the graph that its model traces, its weights and its data.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import { importOptional } from '@difsr/errors/packages';
import type { EventValue, Explanation, HistoryEvent } from '@difsr/models';
import { openRun, requireSameData, RunError, type Protocol, type Run } from '@difsr/training';
import { openBackend, precisionOf, type BackendChoice } from '../backend.js';
import { closeData, loadRunData, type TrainingData } from '../data/open.js';
import { UsageError } from '../errors.js';
import { backendChoice, backendRules, ownModelOf, type OwnModelOption } from '../options.js';
import { openRecommender } from '../recommender.js';
import type * as Ranks from './score-ranks.js';
import { isAvailable, MASK, type Analysis, type Available, type MapAnalysis, type RunAnalysis } from './types.js';

/** What is analysed, and of whom. */
export interface AnalyzeOptions extends BackendChoice, OwnModelOption {
  /** Where the data set of the runs is now, if it was moved. */
  readonly data?: string | undefined;
  /** The user of the data whose attention is shown, as its history was before the last held-out target. Default: nobody's is. */
  readonly user?: string | undefined;
  /** Instead of a user: a history whose attention is shown, oldest first. */
  readonly history?: readonly (string | HistoryEvent)[] | undefined;
  /** With `history`: values of fields of users, of a model that reads them. */
  readonly about?: Readonly<Record<string, EventValue>> | undefined;
  /** Ranks are of histories of at least so many items, cut to their last so many. Default: 50. */
  readonly length?: number | undefined;
  /** Of more histories, so many are chosen evenly. Default: 200. */
  readonly histories?: number | undefined;
  /** Batches of training that gradients are of. Default: 8. */
  readonly batches?: number | undefined;
  /** What results by group are of. Default: as each run was evaluated. */
  readonly protocol?: Protocol | undefined;
  /** Told what is being done, a line each. */
  readonly onStep?: ((step: { readonly run: string; readonly what: string }) => void) | undefined;
}

const RULES: OptionRules<AnalyzeOptions> = {
  ...backendRules,
  model: option.given,
  data: option.text,
  user: option.text,
  history: option.list(option.given),
  about: option.given,
  length: option.whole(2),
  histories: option.whole(1),
  batches: option.whole(1),
  protocol: option.oneOf('unmasked', 'masked'),
  onStep: option.callable,
};

/** Options of models that decide whether their ranks can be compared. */
const COMPARED = ['hiddenSize', 'heads', 'layers', 'maxLength'] as const;
const SHOWN = [...COMPARED, 'fusion', 'fusionForm', 'attention', 'sideWidth'] as const;

/**
 * Analyses runs: the rank of their attention scores, the attention of a history, gradients by source, and results by group. What a run does not
 * have is given as a reason (`unavailable`).
 *
 * @param runs Folders of runs, one or several to stand side by side.
 * @throws RunError where a folder holds no trained run, or the data is another; UsageError for a user that the data does not have, and for
 * options that do not go together; DataError, BackendError as `evaluate`.
 * @example
 * ```ts
 * const { runs } = await analyze(['runs/sasrecf', 'runs/dif-sr']);
 * for (const { model, rank } of runs) if ('mean' in rank) console.log(model, rank.mean.effective, rank.histories);
 * ```
 */
export async function analyze(runs: string | readonly string[], options: AnalyzeOptions = {}): Promise<Analysis> {
  checkOptions('analyze', options, RULES, UsageError);
  if (options.user !== undefined && options.history !== undefined)
    throw new UsageError('a user and a history were given', 'give one of them: whose attention is shown');
  const folders = typeof runs === 'string' ? [runs] : runs;
  if (folders.length === 0) throw new UsageError('no run was given', 'name the folder of at least one');
  const own = await ownModelOf(options.model);
  const opened: Run[] = [];
  for (const folder of folders) opened.push(await openRun(folder, own));
  const found: RunAnalysis[] = [];
  let loaded: { readonly key: string; readonly dataset: TrainingData } | undefined;
  try {
    for (const run of opened) {
      // Runs that stand side by side mostly have one data set.
      const key = JSON.stringify([run.config.data, options.data]);
      if (loaded?.key !== key) {
        if (loaded !== undefined) await closeData(loaded.dataset);
        loaded = undefined;
        options.onStep?.({ run: run.folder, what: 'reading the data set' });
        loaded = { key, dataset: await loadRunData(run.config.data, options.data) };
      }
      found.push(await analyzeRun(run, loaded.dataset, options));
    }
  } finally {
    if (loaded !== undefined) await closeData(loaded.dataset);
  }
  return { formatVersion: 1, notes: notesOf(found), runs: found };
}

/** What decomposes matrices is installed by those who analyse. @throws MissingPackageError */
function importRanks(): Promise<typeof Ranks> {
  return importOptional(() => import('./score-ranks.js'), {
    packages: ['ml-matrix'],
    use: 'the ranks of attention scores (analyze)',
    from: import.meta.url,
  });
}

async function analyzeRun(run: Run, dataset: TrainingData, options: AnalyzeOptions): Promise<RunAnalysis> {
  // Loaded by those who analyse.
  const [{ subjectOf }, { scoreRanks }, { attentionMaps }, { sourceGradients }, { resultsByGroup }] = await Promise.all(
    [import('./subject.js'), importRanks(), import('./maps.js'), import('./gradients.js'), import('./by-group.js')],
  );
  const { length = 50, histories = 200, batches = 8, user, history, about, onStep } = options;
  const say = (what: string): void => onStep?.({ run: run.folder, what });
  const subject = subjectOf(run, dataset);
  await requireSameData(run.folder, options.data ?? run.config.data.path, subject, run.vocabulary);
  say('attention');
  const shown = user !== undefined ? { user } : history !== undefined ? { history, about } : undefined;
  const maps = shown === undefined ? undefined : await attentionMaps(subject, shown);
  const explanation = maps === undefined ? undefined : await explanationOf(run, maps, options);
  say('ranks of attention scores');
  const rank = await scoreRanks(subject, { length, histories });
  say('gradients');
  const backendName = options.backend ?? run.config.backend;
  const backend = await openBackend({
    ...backendChoice(options),
    backend: backendName,
    threads: options.threads ?? run.config.threads,
    precision: precisionOf(run.config, backendName, options.precision),
  });
  try {
    const gradients = await sourceGradients(subject, backend, batches);
    say('results by group');
    const groups = await resultsByGroup(
      subject,
      options.protocol ?? (run.config.evaluation.maskSeen ? 'masked' : 'unmasked'),
    );
    return {
      run: run.folder,
      model: run.model.name,
      dataset: dataset.name,
      options: optionsOf(run),
      rank,
      ...(maps === undefined ? {} : { maps }),
      ...(explanation === undefined ? {} : { explanation }),
      gradients,
      groups,
    };
  } finally {
    await backend.dispose();
  }
}

/** What decided the best recommendation for the history that is shown, as a recommender explains it. */
async function explanationOf(
  run: Run,
  maps: Available<MapAnalysis>,
  options: AnalyzeOptions,
): Promise<Available<Explanation>> {
  const { reads } = run.model;
  const [read] = [...reads.events, ...reads.users];
  if (options.history === undefined && read !== undefined)
    return { unavailable: `the model reads "${read.name}" beside items: give the history with it, instead of a user` };
  const told = isAvailable(maps) ? maps.history.filter(({ id }) => id !== MASK).map(({ id }) => id) : [];
  const history = options.history ?? told;
  if (history.length === 0) return { unavailable: 'there is no history to explain' };
  const { backend = run.config.backend } = options;
  const recommender = await openRecommender(run, { ...backendChoice(options), backend });
  try {
    return await recommender.explain(history, options.about === undefined ? {} : { user: options.about });
  } catch (error) {
    if (error instanceof RunError || error instanceof UsageError) return { unavailable: error.message };
    throw error;
  } finally {
    await recommender.dispose();
  }
}

function optionsOf(run: Run): Record<string, string | number> {
  const config = new Map<string, unknown>(Object.entries(run.model.config));
  return Object.fromEntries(
    SHOWN.flatMap((name) => {
      const value = config.get(name);
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}

/** What makes a comparison of runs another one than it looks like. */
function notesOf(runs: readonly RunAnalysis[]): string[] {
  const ranked = runs.flatMap(({ model, run, options, rank }) =>
    isAvailable(rank) ? [{ model, run, options, rank }] : [],
  );
  const differing = COMPARED.filter((name) => new Set(ranked.map(({ options }) => options[name])).size > 1);
  const of = (values: readonly (string | number | undefined)[]): string => [...new Set(values)].join(', ');
  const lengths = ranked.map(({ rank }) => rank.length);
  const protocols = runs.flatMap(({ groups }) => (isAvailable(groups) ? [`${groups.protocol}, ${groups.part}`] : []));
  return [
    ...differing.map(
      (name) =>
        `the runs differ in ${name} (${of(ranked.map(({ options }) => options[name]))}), which bounds or changes ranks: compare runs of equal ${name}`,
    ),
    ...(new Set(lengths).size > 1
      ? [`matrices have different sizes (${of(lengths)}): their ranks are not comparable`]
      : []),
    ...(new Set(runs.map(({ dataset }) => dataset)).size > 1
      ? [`the runs are of different data sets (${of(runs.map(({ dataset }) => dataset))})`]
      : []),
    ...(new Set(protocols).size > 1
      ? [`results by group are of different targets or protocols (${[...new Set(protocols)].join('; ')})`]
      : []),
  ];
}
