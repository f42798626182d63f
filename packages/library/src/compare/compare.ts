// compare: models x seeds x data sets, each run under both protocols, as one job that goes on wherever it was stopped.
import { setting, text } from '@difsr/errors';
import { sequenceStore } from '@difsr/data';
import { fingerprint, type DataConfig } from '@difsr/training';
import { mergeTrees, type Tree } from '../config/layers.js';
import { resolveConfig } from '../config/resolve.js';
import { closeData, loadData, requireTrainable } from '../data/open.js';
import { summaryOf } from '../data/summary.js';
import { UsageError } from '../errors.js';
import { backendChoice } from '../options.js';
import { requireModel } from '../train.js';
import { CompareError } from './child-run.js';
import { JobFolder } from './job-folder.js';
import { missingPaperData, paperData, requirePaperCounts } from './paper.js';
import { gridOf, ignoredOptions, plannedRun, type Searched } from './plan.js';
import { writeReport } from './report.js';
import { doneRecord, testRun, trainRun, type JobControl } from './run-one.js';
import { jobChange, type Job } from './same-job.js';
import { readSpecification, type CompareOptions, type DefinedModel } from './specification.js';
import type { GroupSummary } from './report/summary.js';
import type { ComparedData, DataFacts, PlannedRun, RunRecord, Specification } from './types.js';

/** How a comparison ended. */
export interface CompareOutcome {
  readonly reason: 'finished' | 'interrupted';
  readonly out: string;
  /** Of a comparison that ended: its summaries by data set and protocol, and the files of the report. */
  readonly groups: readonly GroupSummary[];
  readonly report: readonly string[];
  /** Its data sets, and the runs whose test targets were ranked. */
  readonly data: readonly DataFacts[];
  readonly records: readonly RunRecord[];
  /** Runs that did not come to an end; called again, the comparison tries them again. */
  readonly failed: readonly { readonly id: string; readonly message: string }[];
}

/** One system on one data set. */
interface Cell {
  readonly model: DefinedModel;
  readonly data: ComparedData;
  readonly facts: DataFacts;
  readonly grid: readonly Searched[];
}

/**
 * Trains and compares systems: every model on every data set with every seed, ranked under both protocols. With a search, every combination of
 * its values is trained first with one seed, the best on validation targets is chosen, and the other seeds are trained with it.
 * Killed at any moment and called again, it goes on where it was. Each run is trained in a process of its own.
 *
 * `OUT/runs` has the run folders, with every user's ranks; `OUT/report` has aggregates alone: `report.md`, `report.html`, `report.json` and a JSON per run.
 *
 * @throws UsageError for what cannot be compared, before anything is trained; DataError for data that cannot be used
 * @example
 * ```ts
 * const { groups } = await compare({
 *   models: ['sasrec', 'dif-sr'],
 *   data: ['data/Beauty'],
 *   search: { learningRate: [1e-3, 5e-4], hiddenDropout: [0.2, 0.5] },
 *   out: 'comparisons/beauty',
 * });
 * console.log(groups.map(({ protocol, best }) => `${protocol}: ${best}`));
 * ```
 */
export async function compare(options: CompareOptions): Promise<CompareOutcome> {
  const { out, signal, onEvent: emit = () => undefined } = options;
  const folder = new JobFolder(out);
  const before = await folder.job();
  const read = await readSpecification(options, before?.specification);
  const choice = backendChoice(options);
  const named = read.specification.data;
  if (named.length === 0)
    throw new UsageError({
      where: setting('data'),
      option: 'data',
      what: 'there is none to compare on',
      cure: 'name at least one data set',
    });
  const sources = read.paper ? await paperData(named) : named;
  const found = await Promise.all(sources.map(async (data) => factsOf(data, read.specification)));
  const data = found.map(({ data: own }) => own);
  const facts = found.map((each) => each.facts);
  requireLabels(facts);
  if (read.paper) {
    const placed = facts.map((each, i) => ({ ...each, path: data[i]?.config.path ?? '' }));
    if (!read.otherCounts) requirePaperCounts(placed);
    const missing = missingPaperData(placed);
    if (missing.length > 0) emit({ kind: 'note', message: `not given, and left out: ${missing.join(', ')}` });
  }
  const specification = { ...read.specification, data };
  const cells = data.flatMap((own, i) =>
    read.models.map((model): Cell => {
      const ofData = facts[i];
      if (ofData === undefined) throw new TypeError('every data set has facts');
      return { model, data: own, facts: ofData, grid: gridOf(specification.search, model) };
    }),
  );
  const job: Job = { version: 1, specification, data: facts };
  const metric = await requirePlannable(cells, specification, choice);
  const change = before === undefined ? { added: [], refused: [] } : jobChange(before, asStored(job));
  if (change.refused.length > 0)
    throw new UsageError({
      where: setting('out', out),
      option: 'out',
      what: `holds another comparison: ${change.refused.join('; ')}`,
      cure: 'compare in another folder, or as before (models, data sets, seeds and values of the search may be added)',
    });
  signal?.throwIfAborted();
  await folder.requireIdle();
  await folder.writeJob(job);
  const ignored = ignoredOptions(specification, read.models);
  const work = new Work({ specification, cells, control: { folder, choice, signal, emit } });
  await work.announce({ out, added: change.added, ignored, facts });
  for (const cell of cells) if (!(await work.cell(cell))) return { reason: 'interrupted', out, ...work.nothing };
  const { finals, trials, failed } = work;
  const report = await writeReport(folder, { specification, data: facts, finals, trials, ignored, failed, metric });
  emit({ kind: 'report', files: report.files });
  return { reason: 'finished', out, groups: report.groups, report: report.files, data: facts, records: finals, failed };
}

/** What a job is once it has been written and read. */
function asStored(job: Job): Job {
  return JSON.parse(JSON.stringify(job)) as Job;
}

/** The data set of an entry: its label, and what it holds. */
async function factsOf(
  data: ComparedData,
  { settings }: Specification,
): Promise<{ readonly data: ComparedData; readonly facts: DataFacts }> {
  const config = await dataConfig(data, settings);
  const dataset = await loadData(config);
  try {
    requireTrainable(dataset, config.path);
    const { name, users, items, interactions, sides } = summaryOf(dataset);
    const label = data.label === '' ? name : data.label;
    const hash = await fingerprint(dataset, sequenceStore(dataset));
    return {
      data: { ...data, label },
      facts: { label, name, users, items, interactions, fingerprint: hash, sides },
    };
  } finally {
    await closeData(dataset);
  }
}

async function dataConfig(data: ComparedData, settings: Tree): Promise<DataConfig> {
  const values = { data: mergeTrees({ ...(settings['data'] as Tree | undefined) }, data.config) };
  return (await resolveConfig({ values })).data;
}

function requireLabels(facts: readonly DataFacts[]): void {
  const labels = facts.map(({ label }) => label);
  const twice = labels.find((label, at) => labels.indexOf(label) !== at);
  if (twice === undefined) return;
  throw new UsageError({
    where: setting('data'),
    option: 'data',
    what: `two data sets are called "${twice}"`,
    cure: 'give each a label of its own in the specification: { path: .., label: .. }',
  });
}

/** Checks every configuration against its data before anything is trained; the metric of tests, by default that of early stopping. */
async function requirePlannable(
  cells: readonly Cell[],
  specification: Specification,
  choice: JobControl['choice'],
): Promise<string> {
  const metrics = new Set<string>();
  for (const { data } of cells.filter(({ model }) => model === cells[0]?.model)) {
    const dataset = await loadData(await dataConfig(data, specification.settings));
    try {
      for (const { model, grid } of cells.filter((cell) => cell.data === data)) {
        for (const searched of grid) {
          const { config } = await plannedRun(model, data, 0, searched, { specification, choice });
          requireModel(config, dataset, model.own);
          metrics.add(config.training.earlyStopping.metric);
          requireComputed(specification.metric, config.evaluation.ks);
        }
      }
    } finally {
      await closeData(dataset);
    }
  }
  const [first = 'ndcg@10', second] = metrics;
  if (specification.metric !== undefined) return specification.metric;
  if (second === undefined) return first;
  throw new UsageError({
    where: setting('training.earlyStopping.metric'),
    what: `systems stop by ${[...metrics].join(' and ')}`,
    cure: text`say by which they are compared (${setting('metric', first)}), or let all stop by one`,
  });
}

function requireComputed(metric: string | undefined, ks: readonly number[]): void {
  if (metric === undefined || ks.includes(Number(metric.split('@')[1]))) return;
  throw new UsageError({
    where: setting('metric', metric),
    option: 'metric',
    what: `is not computed: evaluation.ks is ${ks.join(', ')}`,
    cure: 'use one of these cut-offs, or add it to evaluation.ks',
  });
}

/** The runs of a job, one after the other. */
class Work {
  readonly #specification: Specification;
  readonly #cells: readonly Cell[];
  readonly #control: JobControl;
  readonly #total: number;
  /** Seconds that runs took, by data set and model. */
  readonly #durations = new Map<string, number[]>();
  #done = 0;
  readonly finals: RunRecord[] = [];
  readonly trials: RunRecord[] = [];
  readonly failed: { readonly id: string; readonly message: string }[] = [];

  constructor({
    specification,
    cells,
    control,
  }: {
    readonly specification: Specification;
    readonly cells: readonly Cell[];
    readonly control: JobControl;
  }) {
    this.#specification = specification;
    this.#cells = cells;
    this.#control = control;
    this.#total = cells.reduce((sum, cell) => sum + this.#runsOf(cell), 0);
  }

  get #searches(): boolean {
    return Object.keys(this.#specification.search).length > 0;
  }

  /** Of a comparison that was interrupted. */
  get nothing(): Pick<CompareOutcome, 'groups' | 'report' | 'data' | 'records' | 'failed'> {
    return { groups: [], report: [], data: [], records: [], failed: this.failed };
  }

  #runsOf({ grid }: Cell): number {
    const seeds = this.#specification.seeds.length;
    return this.#searches ? grid.length + seeds - 1 : seeds;
  }

  /** Says what is to be done. */
  async announce({
    out,
    added,
    ignored,
    facts,
  }: {
    readonly out: string;
    readonly added: readonly string[];
    readonly ignored: readonly string[];
    readonly facts: readonly DataFacts[];
  }): Promise<void> {
    let done = 0;
    for (const cell of this.#cells) {
      const { seeds } = this.#specification;
      const planned = this.#searches
        ? [...(await this.#trials(cell)), ...(await this.#chosenSeeds(cell))]
        : await Promise.all(seeds.map(async (seed) => this.#plan(cell, seed, {}, true)));
      for (const run of planned) {
        const record = await doneRecord(run, cell.facts.fingerprint, this.#control);
        if (record === undefined) continue;
        done++;
        this.#took(record);
      }
    }
    this.#control.emit({
      kind: 'plan',
      out,
      runs: this.#total,
      done,
      data: facts,
      models: [...new Set(this.#cells.map(({ model }) => model.label))],
      added,
      ignored,
    });
  }

  /** Whether all runs of a cell have been done or have failed; false where the comparison was interrupted. */
  async cell(cell: Cell): Promise<boolean> {
    const { seeds } = this.#specification;
    const [first = 0] = seeds;
    let searched: Searched | undefined = {};
    if (this.#searches) {
      const trials = await this.#search(cell);
      if (trials === undefined) return false;
      const best = bestOf(trials);
      searched = best?.searched;
      if (best !== undefined) {
        const { data, model } = best;
        this.#control.emit({ kind: 'chosen', data, model, searched: best.searched });
        const tested = await this.#tested(cell, first, best);
        if (tested === undefined) return false;
      }
    }
    if (searched === undefined) return true; // every trial failed, and each was told
    for (const seed of this.#searches ? seeds.slice(1) : seeds) {
      const outcome = await this.#run(cell, await this.#plan(cell, seed, searched, true));
      if (outcome === 'interrupted') return false;
      if (outcome !== 'failed') this.finals.push(outcome);
    }
    return true;
  }

  /** The runs of the search that came to an end; undefined where the comparison was interrupted. */
  async #search(cell: Cell): Promise<RunRecord[] | undefined> {
    const found: RunRecord[] = [];
    for (const run of await this.#trials(cell)) {
      const outcome = await this.#run(cell, run);
      if (outcome === 'interrupted') return undefined;
      if (outcome !== 'failed') found.push(outcome);
    }
    this.trials.push(...found);
    return found;
  }

  /** Ranks the test targets of the trial that was chosen: it is the run of its seed. */
  async #tested(cell: Cell, seed: number, best: RunRecord): Promise<true | undefined> {
    const run = await this.#plan(cell, seed, best.searched, false);
    try {
      const tested = await testRun(run, best, this.#control);
      if (tested === undefined) return undefined;
      this.finals.push(tested);
      this.#tell(tested);
    } catch (error) {
      this.#failed(run, error);
    }
    return true;
  }

  async #run(cell: Cell, run: PlannedRun): Promise<RunRecord | 'interrupted' | 'failed'> {
    const control = this.#control;
    const { fingerprint: hash } = cell.facts;
    this.#done++;
    const done = await doneRecord(run, hash, control);
    if (done !== undefined) return done;
    if (control.signal?.aborted === true) return 'interrupted';
    try {
      const record = await trainRun(run, hash, control, (resumed) =>
        control.emit({
          kind: 'run',
          id: run.id,
          number: this.#done,
          runs: this.#total,
          resumed,
          secondsLeft: this.#secondsLeft(cell),
        }),
      );
      if (record === undefined) return 'interrupted';
      this.#took(record);
      this.#tell(record);
      return record;
    } catch (error) {
      this.#failed(run, error);
      return 'failed';
    }
  }

  #failed({ id }: PlannedRun, error: unknown): void {
    if (!(error instanceof CompareError)) throw error;
    const { message } = error;
    this.failed.push({ id, message });
    this.#control.emit({ kind: 'failed', id, message });
  }

  #tell(record: RunRecord): void {
    const { metric, value } = record.watched;
    const { maskSeen } = record.settings.evaluation;
    const tested = record.protocols[maskSeen === true ? 'masked' : 'unmasked'].test?.[metric];
    this.#control.emit({
      kind: 'record',
      id: record.id,
      metric,
      value: tested ?? value,
      split: tested === undefined ? 'valid' : 'test',
    });
  }

  async #plan(cell: Cell, seed: number, searched: Searched, test: boolean): Promise<PlannedRun> {
    const options = { specification: this.#specification, choice: this.#control.choice };
    const run = await plannedRun(cell.model, cell.data, seed, searched, options);
    return { ...run, config: { ...run.config, evaluation: { ...run.config.evaluation, test } } };
  }

  /** The runs of the search: their test targets stay unseen. */
  async #trials(cell: Cell): Promise<PlannedRun[]> {
    const [first = 0] = this.#specification.seeds;
    return Promise.all(cell.grid.map(async (searched) => this.#plan(cell, first, searched, false)));
  }

  /** The other seeds of what was chosen before, where the whole search is done. */
  async #chosenSeeds(cell: Cell): Promise<PlannedRun[]> {
    const records: RunRecord[] = [];
    for (const run of await this.#trials(cell)) {
      const record = await doneRecord(run, cell.facts.fingerprint, this.#control);
      if (record === undefined) return [];
      records.push(record);
    }
    const best = bestOf(records);
    if (best === undefined) return [];
    const { seeds } = this.#specification;
    return Promise.all(seeds.slice(1).map(async (seed) => this.#plan(cell, seed, best.searched, true)));
  }

  #took({ data, model, times }: RunRecord): void {
    const key = `${data}\n${model}`;
    this.#durations.set(key, [...(this.#durations.get(key) ?? []), times.seconds]);
  }

  /** By the mean of the runs of the same system and data, else of the same data, else of all; undefined before the first. */
  #secondsLeft(now: Cell): number | undefined {
    const all = [...this.#durations];
    const mean = (values: readonly number[]): number | undefined =>
      values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
    const expected = ({ facts, model }: Cell): number | undefined =>
      mean(this.#durations.get(`${facts.label}\n${model.label}`) ?? []) ??
      mean(all.filter(([key]) => key.startsWith(`${facts.label}\n`)).flatMap(([, each]) => each)) ??
      mean(all.flatMap(([, each]) => each));
    const at = this.#cells.indexOf(now);
    let before = 0;
    let seconds = 0;
    for (const [index, cell] of this.#cells.entries()) {
      const runs = this.#runsOf(cell);
      const each = expected(cell);
      if (each === undefined) return undefined;
      if (index > at) seconds += runs * each;
      if (index === at) seconds += (before + runs - this.#done + 1) * each;
      before += runs;
    }
    return seconds;
  }
}

/** The record with the highest validation metric, the first of equals. */
function bestOf(records: readonly RunRecord[]): RunRecord | undefined {
  return records.reduce<RunRecord | undefined>(
    (best, each) => (best === undefined || each.watched.value > best.watched.value ? each : best),
    undefined,
  );
}
