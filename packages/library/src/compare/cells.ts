// The systems of a comparison on its data sets: each data set is opened once, to say what it holds and whether every configuration fits it.
import { setting, text } from '@difsr/errors';
import { UsageError } from '../errors.js';
import { requireComputed, type DefinedModel } from '../jobs/asked.js';
import { withOpened } from '../jobs/opened.js';
import { plannedRun, type Searched } from '../jobs/planned.js';
import type { DataFacts, JobData } from '../jobs/types.js';
import { requireModel } from '../train.js';
import { gridOf } from './plan.js';
import type { JobControl } from './run-one.js';
import type { ReadSpecification } from './specification.js';

/** One system on one data set. */
export interface Cell {
  readonly model: DefinedModel;
  readonly data: JobData;
  readonly facts: DataFacts;
  readonly grid: readonly Searched[];
}

/** The systems on one data set. */
export interface CellsOfData {
  readonly data: JobData;
  readonly facts: DataFacts;
  readonly cells: readonly Cell[];
  /** What their runs stop by. */
  readonly metrics: ReadonlySet<string>;
}

/** Opens a data set, and checks every configuration of it. @throws UsageError, DataError */
export async function cellsOf(
  asked: JobData,
  { specification, models }: ReadSpecification,
  choice: JobControl['choice'],
): Promise<CellsOfData> {
  return withOpened(asked, specification.settings, async ({ dataset, data, facts }) => {
    const cells = models.map((model): Cell => ({ model, data, facts, grid: gridOf(specification.search, model) }));
    const metrics = new Set<string>();
    for (const { model, grid } of cells)
      for (const searched of grid) {
        const run = await plannedRun(model, data, 0, searched, { specification, choice });
        requireModel(run.config, dataset, model.own);
        requireComputed(specification.metric, run.config.evaluation.ks);
        metrics.add(run.config.training.earlyStopping.metric);
      }
    return { data, facts, cells, metrics };
  });
}

/** What systems are tested by: as it is asked for, or what all of them stop by. @throws UsageError where these are several */
export function testMetric(asked: string | undefined, found: readonly CellsOfData[]): string {
  if (asked !== undefined) return asked;
  const metrics = [...new Set(found.flatMap(({ metrics: own }) => [...own]))];
  const [first = 'ndcg@10', second] = metrics;
  if (second === undefined) return first;
  throw new UsageError({
    where: setting('training.earlyStopping.metric'),
    what: `systems stop by ${metrics.join(' and ')}`,
    cure: text`say by which they are compared (${setting('metric', first)}), or let all stop by one`,
  });
}

/** @throws UsageError for two data sets of one label */
export function requireLabels(facts: readonly DataFacts[]): void {
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
