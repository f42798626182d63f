// compare: models x seeds x data sets, each run under both protocols, as one job that goes on wherever it was stopped.
import { setting } from '@difsr/errors';
import { UsageError } from '../errors.js';
import { threadsOf } from '../jobs/slots.js';
import type { DataFacts } from '../jobs/types.js';
import { backendChoice } from '../options.js';
import { cellsOf, requireLabels, testMetric, type CellsOfData } from './cells.js';
import { missingPaperData, paperData, requirePaperCounts } from './paper.js';
import { ignoredOptions } from './plan.js';
import { writeReport } from './report.js';
import { ComparisonFolder, jobChange, type Job } from './same-job.js';
import { readSpecification, type CompareOptions } from './specification.js';
import type { GroupSummary } from './report/summary.js';
import type { RunRecord } from './types.js';
import { Work } from './work.js';

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

/**
 * Trains and compares systems: every model on every data set with every seed, ranked under both protocols. With a search, every combination of
 * its values is trained first with one seed, the best on validation targets is chosen, and the other seeds are trained with it.
 * Killed at any moment and called again, it goes on where it was. Each run is trained in a process of its own, `jobs` of them at once.
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
  const { out, signal, jobs = 1, onEvent: emit = () => undefined } = options;
  const folder = new ComparisonFolder(out);
  const before = await folder.job();
  const read = await readSpecification(options, before?.specification);
  const choice = { ...backendChoice(options), threads: options.threads ?? threadsOf(jobs) };
  const named = read.specification.data;
  if (named.length === 0)
    throw new UsageError({
      where: setting('data'),
      option: 'data',
      what:
        before === undefined
          ? `there is none to compare on, and ${out} holds no comparison that could go on`
          : 'there is none to compare on',
      cure: 'name at least one data set',
    });
  const sources = read.paper ? await paperData(named) : named;
  const found: CellsOfData[] = [];
  for (const source of sources) found.push(await cellsOf(source, read, choice));
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
  const cells = found.flatMap((each) => each.cells);
  const job: Job = { version: 1, specification, data: facts };
  const metric = testMetric(specification.metric, found);
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
  const work = new Work({ specification, cells, control: { folder, choice, signal, emit }, jobs });
  await work.announce({ out, added: change.added, ignored, facts });
  const { failed } = work;
  const results = await work.all();
  if (results === undefined)
    return { reason: 'interrupted', out, groups: [], report: [], data: [], records: [], failed };
  const { finals, trials } = results;
  const report = await writeReport(folder, { specification, data: facts, finals, trials, ignored, failed, metric });
  emit({ kind: 'report', files: report.files });
  return { reason: 'finished', out, groups: report.groups, report: report.files, data: facts, records: finals, failed };
}

/** What a job is once it has been written and read. */
function asStored(job: Job): Job {
  return JSON.parse(JSON.stringify(job)) as Job;
}
