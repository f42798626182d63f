// The report of `difsr-bench attention` as one HTML file: what stays on the terminal as a table, and the charts. The Markdown has more columns.
import { toHtml, type Block } from '@difsr/library/parts';
import type { Chart } from './charts.js';
import { judgeGoals } from './goals.js';
import type { AttentionReport } from './result.js';
import { summaryRows } from './summary.js';

/** The page. */
export function attentionHtml(report: AttentionReport, charts: readonly Chart[]): string {
  const { machine, command, started, warnings, missing, complete, method } = report;
  const rows = summaryRows(report);
  const goals = judgeGoals(report).map(({ goal, found, verdict }) => `${verdict}: ${goal}; ${found}`);
  const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
  return toHtml({
    title: 'DIF attention, measured',
    blocks: [
      ...(complete ? [] : [paragraph('Incomplete: the run was interrupted; cases are missing.')]),
      {
        kind: 'table',
        rows: [
          ['', ''],
          ['command', command],
          ['when', started],
          ['processor', `${machine.processor}, ${machine.cores} cores`],
          ['system', `${machine.platform}, Node.js ${machine.node}, ${machine.command}`],
        ],
      },
      ...missing.map(({ backend, device, reason }) => paragraph(`${backend} ${device} does not work here: ${reason}`)),
      ...warnings.map((warning) => paragraph(`Warning: ${warning}`)),
      ...(goals.length === 0 ? [] : [{ kind: 'list' as const, items: goals }]),
      ...(rows.length === 0 ? [paragraph('Nothing was measured.')] : [{ kind: 'table' as const, rows }]),
      { kind: 'figures', figures: charts.map(({ title, svg }) => ({ title, svg, caption: '' })) },
      { kind: 'heading', level: 2, text: 'How it was measured' },
      { kind: 'list', items: method },
    ],
  });
}
