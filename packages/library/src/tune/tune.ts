// tune: a search of hyperparameters by successive halving on validation targets, as one job that goes on wherever it was stopped.
import { DifsrError, faultAt, given, setting } from '@difsr/errors';
import { UsageError } from '../errors.js';
import { withOpened, type OpenedData } from '../jobs/opened.js';
import { plannedRun } from '../jobs/planned.js';
import { threadsOf } from '../jobs/slots.js';
import type { DataFacts } from '../jobs/types.js';
import { fixed, title, valuesText } from '../jobs/words.js';
import { backendChoice } from '../options.js';
import { toHtml, toMarkdown } from '../page/document.js';
import { requireModel } from '../train.js';
import { sizesOf } from './halving.js';
import { configurationFile, tuningReport, type TuneReportInput } from './report.js';
import { resultsOf } from './results.js';
import { tuneChange, TuningFolder, type TuneJob } from './same-job.js';
import { spaceSize, trialsOf } from './space.js';
import { commonSettings, readTuning, type ReadTuning, type TuneOptions } from './specification.js';
import type { FinalistResult, RungResult, Trial, TrialResult, TuneSpecification } from './types.js';
import { TuneWork, type PlannedTrial } from './work.js';

/** What was chosen. */
export interface TunedBest {
  /** Number of its trial. */
  readonly trial: number;
  readonly values: Trial['values'];
  /** Its validation metric, with the seed of the search: optimistic, as it was chosen by it. */
  readonly value: number;
  readonly bestEpoch: number;
  /** Its run folder, with the seed of the search. */
  readonly run: string;
  /** The file with its configuration, for `train({ config })`. */
  readonly config: string;
}

/** How a tuning ended. */
export interface TuneOutcome {
  readonly reason: 'finished' | 'interrupted';
  readonly out: string;
  /** What trials were judged by. */
  readonly metric: string;
  readonly data: DataFacts;
  /** Of a tuning that ended, best first. */
  readonly trials: readonly TrialResult[];
  readonly rungs: readonly RungResult[];
  readonly finalists: readonly FinalistResult[];
  /** Undefined where every trial failed. */
  readonly best?: TunedBest;
  /** The files of the report. */
  readonly report: readonly string[];
  /** Runs that failed in a way that may pass, such as for want of memory: called again, the tuning tries them again. */
  readonly failed: readonly { readonly id: string; readonly message: string }[];
}

/**
 * Searches for the configuration of a model with the highest validation metric: trials are drawn from a space, all are trained for a few epochs, one in
 * `factor` goes on to the next rung, until a few are trained in full (successive halving). Trials are trained under the schedule of the whole training and pause at
 * rungs, so nothing is trained twice. Test targets are never ranked. Killed at any moment and called again, it goes on where it was.
 *
 * `OUT/best.yaml` is the configuration that was chosen; `OUT/report` has `tuning.md`, `tuning.html`, `tuning.json` and a JSON per run; `OUT/runs` the run folders.
 *
 * @throws UsageError for what cannot be searched, before anything is trained; DataError for data that cannot be used
 * @example
 * ```ts
 * const { best } = await tune({
 *   model: 'dif-sr',
 *   data: 'data/Beauty',
 *   space: { learningRate: 'log:5e-4..5e-3', hiddenDropout: [0.2, 0.3, 0.5] },
 *   trials: 16,
 *   epochs: [2, 4, 8, 16],
 *   out: 'tunings/beauty',
 * });
 * if (best !== undefined) await train({ config: best.config, out: 'runs/beauty' });
 * ```
 */
export async function tune(options: TuneOptions): Promise<TuneOutcome> {
  const { out, signal, jobs = 1, onEvent: emit = () => undefined } = options;
  const folder = new TuningFolder(out);
  const before = await folder.job();
  const choice = { ...backendChoice(options), threads: options.threads ?? threadsOf(jobs) };
  const read = await readTuning(options, choice, before?.specification);
  const { specification: asked } = read;
  const { trials, data, facts } = await withOpened(asked.data, asked.settings, async (opened) => ({
    trials: await plannedTrials(read, opened, choice),
    ...opened,
  }));
  const specification: TuneSpecification = { ...asked, data };
  const job: TuneJob = { version: 1, specification, data: facts };
  // As it is once it has been written and read.
  const stored = JSON.parse(JSON.stringify(job)) as TuneJob;
  const change = before === undefined ? { added: [], refused: [] } : tuneChange(before, stored);
  if (change.refused.length > 0)
    throw new UsageError({
      where: setting('out', out),
      option: 'out',
      what: `holds another tuning: ${change.refused.join('; ')}`,
      cure: 'tune in another folder, or as before (trials and seeds may be added)',
    });
  signal?.throwIfAborted();
  await folder.requireIdle();
  await folder.writeJob(job);
  const { metric, rungs, factor } = specification;
  const control = { folder, choice, signal, emit };
  const work = new TuneWork({ specification, trials, fingerprint: facts.fingerprint, control, jobs });
  const size = spaceSize(specification.space);
  const sizes = sizesOf(trials.length, rungs, factor);
  emit({
    kind: 'plan',
    out,
    model: specification.model.label,
    data: facts,
    metric,
    space: specification.space,
    ...(Number.isFinite(size) ? { size } : {}),
    trials: trials.length,
    rungs: rungs.map((epochs, at) => ({ epochs, trials: sizes[at] ?? 0 })),
    done: await work.known(),
    added: change.added,
  });
  const found = await work.all();
  const { failed } = work;
  const common = { out, metric, data: facts, failed };
  if (found === undefined)
    return { reason: 'interrupted', ...common, trials: [], rungs: [], finalists: [], report: [] };
  const results = resultsOf(found, specification);
  const input: TuneReportInput = { specification, data: facts, rungs: found.rungs, ...results };
  const best = await writeBest(folder, input, trials);
  if (best !== undefined) emit({ kind: 'chosen', trial: best.trial, values: best.values, value: best.value });
  const report = await writeReport(folder, input, best, failed);
  emit({ kind: 'report', files: report });
  return { reason: 'finished', ...common, ...results, rungs: found.rungs, ...given({ best }), report };
}

/** The trials with their runs, each of which the model and the data allow. @throws UsageError that names the trial */
async function plannedTrials(
  { specification, model }: ReadTuning,
  { dataset, data }: OpenedData,
  choice: ReturnType<typeof backendChoice>,
): Promise<PlannedTrial[]> {
  const { preset, seed } = specification;
  const settings = commonSettings(specification);
  const planned: PlannedTrial[] = [];
  for (const { number, values } of trialsOf(specification.space, specification)) {
    const withSeed: PlannedTrial['withSeed'] = async (own) =>
      plannedRun(model, data, own, values, { specification: { preset, settings }, choice });
    const run = await withSeed(seed);
    try {
      requireModel(run.config, dataset, model.own);
    } catch (error) {
      if (!(error instanceof DifsrError)) throw error;
      const place = `trial ${number} (${valuesText(values)})`;
      throw new UsageError(error.faults.map((fault) => faultAt(place, fault)));
    }
    planned.push({ number, values, run, withSeed });
  }
  return planned;
}

/** Writes the configuration that was chosen; undefined where none was. */
async function writeBest(
  folder: TuningFolder,
  { specification, data, trials, finalists }: TuneReportInput,
  planned: readonly PlannedTrial[],
): Promise<TunedBest | undefined> {
  const number = finalists[0]?.trial;
  const result = trials.find((each) => each.number === number);
  const trial = planned.find((each) => each.number === number);
  if (result?.value === undefined || result.bestEpoch === undefined || trial === undefined) return undefined;
  const { config, modelFile } = trial.run;
  const said = [
    `Chosen by a search over ${trials.length} trials on ${data.label}: trial ${trial.number}, ${valuesText(trial.values)}.`,
    `Validation ${title(specification.metric)} ${fixed(result.value)}, by which it was chosen: it is optimistic. Test targets were not looked at.`,
    'A configuration file for train.',
  ];
  const contents = configurationFile(config, {
    preset: specification.preset,
    modelName: modelFile ?? config.model.name,
    said,
  });
  return {
    trial: trial.number,
    values: trial.values,
    value: result.value,
    bestEpoch: result.bestEpoch,
    run: folder.run(trial.run.id),
    config: await folder.writeBeside('best.yaml', contents),
  };
}

/** Writes `tuning.md`, `tuning.html` and `tuning.json`. */
async function writeReport(
  folder: TuningFolder,
  input: TuneReportInput,
  best: TunedBest | undefined,
  failed: TuneOutcome['failed'],
): Promise<string[]> {
  const { specification, data, trials, rungs, finalists } = input;
  const { data: _, ...asked } = specification; // where files lie on one machine is nobody else's business
  const document = tuningReport(input);
  const json = {
    version: 1,
    specification: asked,
    data,
    trials: trials.map(({ seconds: __, ...trial }) => trial),
    rungs,
    finalists,
    ...(best === undefined ? {} : { best: { trial: best.trial, values: best.values, value: best.value } }),
    failed,
    // Apart, as they alone differ between equal tunings.
    times: Object.fromEntries(trials.flatMap(({ id, seconds }) => (seconds === undefined ? [] : [[id, seconds]]))),
  };
  return [
    await folder.writeReport('tuning.md', toMarkdown(document)),
    await folder.writeReport('tuning.html', toHtml(document)),
    await folder.writeReport('tuning.json', `${JSON.stringify(json, null, 2)}\n`),
  ];
}
