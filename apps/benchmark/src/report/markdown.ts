// The report as a page of Markdown: the machine, then tables per backend and device.
import { candidateTitles, engineTitle, type CandidateName } from '../attention/candidate.js';
import type { Case } from '../attention/case.js';
import type { Summary } from '../measure/statistics.js';
import { duration, markdownTable, milliseconds, percent, threeDigits } from '../terminal/format.js';
import type { Chart } from './charts.js';
import { judgeGoals } from './goals.js';
import type { AttentionReport, CaseResult, EngineResult } from './result.js';

/** The page. */
export function renderMarkdown(report: AttentionReport, charts: readonly Chart[]): string {
  const sections = [
    heading(report),
    goals(report),
    ...report.engines.map((engine) => engineSection(report, engine, charts)),
    problems(report),
    ['## How it was measured', '', ...report.method.map((line) => `- ${line}`)].join('\n'),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading(report: AttentionReport): string {
  const { machine, load, missing, warnings, complete } = report;
  const seconds = (Date.parse(report.finished) - Date.parse(report.started)) / 1000;
  const loads = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(', ');
  const lines = [
    '# DIF attention, measured',
    '',
    ...(complete ? [] : ['**Incomplete: the run was interrupted; cases are missing.**', '']),
    markdownTable([
      ['', ''],
      ['command', `\`${report.command}\``],
      ['when', `${report.started}, ${duration(seconds)} long`],
      ['processor', `${machine.processor}, ${machine.cores} cores, ${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
      ['system', `${machine.platform}, Node.js ${machine.node}, ${machine.command}`],
      ['load average', `${loads(load.start)} at the start; ${loads(load.end)} at the end`],
    ]),
    '',
    engineTable(report.engines),
    ...missing.map(({ backend, device, reason }) => `\n${backend} ${device} does not work here: ${reason}`),
    ...warnings.map((warning) => `\n**Warning:** ${warning}.`),
  ];
  return lines.join('\n');
}

function engineTable(engines: readonly EngineResult[]): string {
  return markdownTable([
    ['backend and device', 'library', 'threads', 'large product, GFLOP/s', 'at the end', 'differs from float64 by'],
    ...engines.map((engine) => [
      engineTitle(engine),
      engine.library,
      engine.threads === null ? 'its own choice' : String(engine.threads),
      `${threeDigits(engine.rate.start.median)} (${engine.productSize}^3)`,
      engine.rate.end === null ? '-' : threeDigits(engine.rate.end.median),
      engine.difference.toExponential(0),
    ]),
  ]);
}

function goals(report: AttentionReport): string {
  const judged = judgeGoals(report);
  if (judged.length === 0) return '';
  return `## Goals (onnxruntime cpu, batch 128, length 50)\n\n${markdownTable([
    ['goal', 'worst median ratio [quartiles]', ''],
    ...judged.map(({ goal, found, verdict }) => [goal, found, verdict === 'met' ? verdict : `**${verdict}**`]),
  ])}`;
}

function engineSection(report: AttentionReport, engine: EngineResult, charts: readonly Chart[]): string {
  const results = report.cases.filter(({ backend, device }) => backend === engine.backend && device === engine.device);
  const measured = results.filter(({ rounds }) => rounds > 0);
  if (measured.length === 0) return '';
  const names = Object.keys(candidateTitles).filter((name) =>
    measured.some(({ candidates }) => candidates.some((own) => own.name === name)),
  );
  const columns = [...new Set(measured.flatMap(({ candidates }) => candidates.map(({ name }) => name)))].toSorted(
    (a, b) => names.indexOf(a) - names.indexOf(b),
  );
  const pairs = [
    ...new Map(measured.flatMap(({ ratios }) => ratios.map(({ of, to }) => [`${of} / ${to}`, { of, to }]))).values(),
  ];
  return [
    `## ${engineTitle(engine)}`,
    '',
    ...columns.map((name) => `- **${name}**: ${candidateTitles[name]}`),
    '',
    'Milliseconds, median [quartiles], and the fraction of the rate of the large product:',
    '',
    markdownTable([
      ['case', 'rounds', ...columns],
      ...measured.map((result) => [
        rowTitle(result.case),
        String(result.rounds),
        ...columns.map((name) => timeCell(result, name)),
      ]),
    ]),
    '',
    'Ratios of times, median [quartiles] over rounds:',
    '',
    markdownTable([
      ['case', ...pairs.map(({ of, to }) => `${of} / ${to}`)],
      ...measured.map((result) => [rowTitle(result.case), ...pairs.map(({ of, to }) => ratioCell(result, of, to))]),
    ]),
    ...charts
      .filter(({ engine: own }) => own === engineTitle(engine))
      .map(({ file, title }) => `\n![${title}](${file})`),
  ].join('\n');
}

function rowTitle({ fusion, sides, length, batch, position }: Case): string {
  const what = sides === 0 && !position ? 'plain' : `${fusion}, ${sides}${position ? ' + position' : ''}`;
  return `${batch} x ${length}, ${what}`;
}

function timeCell(result: CaseResult, name: CandidateName): string {
  const own = result.candidates.find((candidate) => candidate.name === name);
  if (own === undefined) return '';
  if (own.milliseconds === null || own.fraction === null) return own.problem === null ? '-' : 'failed';
  return `${spread(own.milliseconds, milliseconds)} ${percent(own.fraction.median)}`;
}

function ratioCell(result: CaseResult, of: CandidateName, to: CandidateName): string {
  const found = result.ratios.find((ratio) => ratio.of === of && ratio.to === to);
  return found === undefined ? '' : spread(found.ratio, threeDigits);
}

function spread({ median, q1, q3 }: Summary, show: (value: number) => string): string {
  return `${show(median)} [${show(q1)}, ${show(q3)}]`;
}

/** What went wrong and what was left out. */
function problems(report: AttentionReport): string {
  const lines = report.cases.flatMap((result) => {
    const title = `${engineTitle(result)}, ${rowTitle(result.case)}`;
    return [
      ...(result.skipped === null ? [] : [`- ${title}: not measured; ${result.skipped}`]),
      ...result.candidates.flatMap(({ name, problem }) =>
        problem === null ? [] : [`- ${title}, ${name}: ${problem}`],
      ),
    ];
  });
  return lines.length === 0 ? '' : ['## Not measured', '', ...lines].join('\n');
}
