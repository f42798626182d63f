// What stays on the terminal when a run has ended: medians and the ratios that matter, a line per case.
import { engineTitle, type CandidateName } from '../attention/candidate.js';
import { caseTitle } from '../attention/case.js';
import { milliseconds, textTable, threeDigits } from '../terminal/format.js';
import type { AttentionReport, CaseResult } from './result.js';

const COLUMNS: readonly CandidateName[] = ['plain', 'unfused', 'fused', 'tabulated', 'straightforward'];
const RATIOS: readonly (readonly [CandidateName, CandidateName])[] = [
  ['fused', 'unfused'],
  ['fused', 'plain'],
  ['tabulated', 'plain'],
];

/** Lines of the summary. */
export function summaryLines(report: AttentionReport): string[] {
  const rows = summaryRows(report);
  if (rows.length === 0) return ['nothing was measured'];
  return [...(report.complete ? [] : ['interrupted; cases are missing']), ...textTable(rows)];
}

/** The summary as a table with a heading; empty where nothing was measured. */
export function summaryRows(report: AttentionReport): string[][] {
  const measured = report.cases.filter(({ rounds }) => rounds > 0);
  if (measured.length === 0) return [];
  const head = ['milliseconds, medians', ...COLUMNS, ...RATIOS.map(([of, to]) => `${of}/${to}`)];
  const rows = measured.map((result) => [
    `${engineTitle(result)}: ${caseTitle(result.case)}`,
    ...COLUMNS.map((name) => time(result, name)),
    ...RATIOS.map(([of, to]) => ratio(result, of, to)),
  ]);
  return [head, ...rows];
}

function time({ candidates }: CaseResult, name: CandidateName): string {
  const own = candidates.find((candidate) => candidate.name === name);
  if (own === undefined) return '';
  return own.milliseconds === null ? 'failed' : milliseconds(own.milliseconds.median);
}

function ratio({ ratios }: CaseResult, of: CandidateName, to: CandidateName): string {
  const found = ratios.find((own) => own.of === of && own.to === to);
  return found === undefined ? '' : threeDigits(found.ratio.median);
}
