// What was loaded, in a few lines.
import type { DataSummary } from '@difsr/library';
import { reportLines } from './report.js';
import { whole } from './table.js';
import type { Terminal } from './terminal.js';

/** Says what was loaded, and everything that was dropped, inferred or noticed. */
export function showData(terminal: Terminal, summary: DataSummary): void {
  const { name, format, users, items, interactions, streamed, sides, report } = summary;
  terminal.value({ ...summary, kind: 'data' });
  terminal.line(
    `${terminal.style('bold', name)} (${format}${streamed ? ', sequences on disk' : ''}): ${whole(users)} users, ${whole(items)} items, ${whole(interactions)} interactions; side information: ${sides.join(', ') || 'none'}`,
  );
  for (const line of reportLines(report)) terminal.line(terminal.style('dim', `  ${line}`));
}
