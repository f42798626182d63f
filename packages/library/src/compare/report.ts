// Writes the report of a comparison from its records and the ranks that its runs keep.
import { RunError, readRanks, type Protocol } from '@difsr/training';
import { perUserValues } from './record.js';
import { toHtml, toMarkdown } from '../page/document.js';
import { meanOf, summarize, type GroupSummary, type SystemRuns } from './report/summary.js';
import { reportOf, type ReportInput } from './report/tables.js';
import type { ComparisonFolder } from './same-job.js';
import type { RunRecord } from './types.js';

/** What a report is made of. */
export interface ReportSources extends Omit<ReportInput, 'groups'> {
  /** What systems are tested by. */
  readonly metric: string;
}

const PROTOCOLS: readonly Protocol[] = ['unmasked', 'masked'];

/**
 * Writes `report.md`, `report.html` and `report.json`.
 *
 * @throws RunError where the ranks of a run are missing, or of other users than those of another run on the same data
 */
export async function writeReport(
  folder: ComparisonFolder,
  { metric, ...sources }: ReportSources,
): Promise<{ readonly groups: readonly GroupSummary[]; readonly files: readonly string[] }> {
  const { specification, data, finals, trials } = sources;
  const groups: GroupSummary[] = [];
  for (const { label } of data) {
    const own = finals.filter((record) => record.data === label);
    const systems = await systemsOf(
      folder,
      own,
      specification.models.map((model) => model.label),
      metric,
    );
    if (systems.length === 0) continue;
    for (const protocol of PROTOCOLS)
      groups.push(summarize(label, protocol, systems, { metric, baseline: specification.baseline }));
  }
  const input: ReportInput = { ...sources, groups };
  const document = reportOf(input);
  const { data: _, ...asked } = specification; // where files lie on one machine is nobody else's business
  const json = {
    version: 1,
    specification: asked,
    data,
    groups,
    ignored: sources.ignored,
    failed: sources.failed,
    // Apart, as they alone differ between equal comparisons.
    times: Object.fromEntries([...trials, ...finals].map(({ id, times }) => [id, times])),
  };
  return {
    groups,
    files: [
      await folder.writeReport('report.md', toMarkdown(document)),
      await folder.writeReport('report.html', toHtml(document)),
      await folder.writeReport('report.json', `${JSON.stringify(json, null, 2)}\n`),
    ],
  };
}

async function systemsOf(
  folder: ComparisonFolder,
  records: readonly RunRecord[],
  labels: readonly string[],
  metric: string,
): Promise<SystemRuns[]> {
  let users: readonly string[] | undefined;
  const valuesOf = async ({ id }: RunRecord, protocol: Protocol): Promise<Float64Array> => {
    const found = perUserValues(await readRanks(folder.run(id), protocol, 'test'), metric);
    users ??= found.users;
    if (found.users.length !== users.length || found.users.some((user, at) => user !== users?.[at]))
      throw new RunError(`${folder.run(id)} ranks other users than another run on the same data`);
    return found.values;
  };
  const systems: SystemRuns[] = [];
  for (const model of labels) {
    const own = records.filter((record) => record.model === model);
    if (own.length === 0) continue;
    const over = async (protocol: Protocol): Promise<Float64Array> => {
      const lists: Float64Array[] = [];
      for (const record of own) lists.push(await valuesOf(record, protocol));
      return meanOf(lists);
    };
    systems.push({ model, records: own, perUser: { unmasked: await over('unmasked'), masked: await over('masked') } });
  }
  return systems;
}
