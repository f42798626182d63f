// What loading or preparing did, as lines of text.
import { say } from '@difsr/errors';
import type { LoadReport, ReportKind } from '@difsr/data';
import { commandLine } from '../command-line.js';
import { typed } from '../typed.js';
import { whole } from './table.js';

/** Lines of what was inferred that are shown; what was dropped or noticed is never hidden. */
const MOST_INFERRED = 10;

const ORDER: Readonly<Record<ReportKind, number>> = { dropped: 0, noted: 1, inferred: 2 };

/** A report as lines: drops first, then notes, then what was inferred. */
export function reportLines(report: LoadReport): string[] {
  const sorted = report.toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind]);
  const hidden = Math.max(0, sorted.filter(({ kind }) => kind === 'inferred').length - MOST_INFERRED);
  const lines = sorted.slice(0, sorted.length - hidden).map(({ kind, what, count, why, cure }) => {
    const more = cure === undefined ? '' : `; ${say(cure, typed)}`;
    return `${kind}: ${what}${count > 0 ? ` (${whole(count)})` : ''}: ${why}${more}`;
  });
  if (hidden > 0)
    lines.push(`and ${hidden} more that were inferred; ${commandLine('data', 'stats', 'PATH', '--json')} has all`);
  return lines;
}
