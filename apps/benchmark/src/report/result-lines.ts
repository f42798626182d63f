// What stays on the terminal when train, evaluate, recommend or load has ended.
import { verdicts, type Comparison } from '../compare/compare.js';
import type { BenchmarkResult } from '../measure/result.js';
import { textTable } from '../terminal/format.js';
import { comparedLine, figureTable } from './result-document.js';

/** Lines of the summary. */
export function resultLines(result: BenchmarkResult, comparison: Comparison | undefined): string[] {
  const measures = result.measures.flatMap(({ title, rounds, candidates }) => {
    const measured = candidates.filter(({ samples }) => samples.length > 0);
    const problems = candidates.flatMap(({ name, problem }) =>
      problem === null ? [] : [`not measured: ${name}: ${problem}`],
    );
    const table = measured.length === 0 ? ['nothing was measured'] : textTable(figureTable(measured));
    return [`${title}; ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`, ...table, ...problems, ''];
  });
  const memory = `peak memory of the process: ${Math.round(result.peakMemoryBytes / 2 ** 20)} MiB`;
  return [
    ...(result.complete ? [] : ['interrupted; rounds are missing']),
    ...measures,
    memory,
    ...(comparison === undefined ? [] : ['', ...comparisonLines(comparison)]),
  ];
}

function comparisonLines({ baseline, rows, notes }: Comparison): string[] {
  const told = rows.filter(({ verdict }) => verdict === 'slower' || verdict === 'faster').map(comparedLine);
  const counts = verdicts.flatMap((verdict) => {
    const count = rows.filter((row) => row.verdict === verdict).length;
    return count === 0 ? [] : [`${verdict}: ${count}`];
  });
  return [`compared with ${baseline.file}: ${counts.join(', ') || 'nothing was measured in both'}`, ...told, ...notes];
}
