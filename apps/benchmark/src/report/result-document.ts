// A result as a document: what report.md and report.html show.
import type { Block, Document, Figure as Drawing } from '@difsr/library/parts';
import type { ComparedRow, Comparison } from '../compare/compare.js';
import type { BenchmarkResult, Figure, Measure, MeasuredCandidate } from '../measure/result.js';
import { duration, threeDigits } from '../terminal/format.js';
import { dotPlot } from './dot-plot.js';

/** The document of a result, and of what it was compared with. */
export function resultDocument(result: BenchmarkResult, comparison: Comparison | undefined): Document {
  return {
    title: `${result.kind}: ${result.model.name}, preset ${result.model.preset}, on ${result.data.name}`,
    blocks: [
      ...(result.complete ? [] : [paragraph('Incomplete: the run was interrupted; rounds are missing.')]),
      ...circumstances(result),
      ...(comparison === undefined ? [] : comparisonBlocks(comparison)),
      ...result.measures.flatMap(measureBlocks),
      { kind: 'heading', level: 2, text: 'How it was measured' },
      { kind: 'list', items: [...result.method, ...COMMON_METHOD] },
    ],
  };
}

const COMMON_METHOD = [
  'Medians and quartiles are over rounds; a ratio is taken within each round, so drift of the machine cancels. Before each visit the process comes to rest, and work of less than half a second is done once untimed.',
];

const paragraph = (text: string): Block => ({ kind: 'paragraph', text });

function circumstances(result: BenchmarkResult): Block[] {
  const { machine, load, data, model, missing, warnings } = result;
  const seconds = (Date.parse(result.finished) - Date.parse(result.started)) / 1000;
  const loads = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(', ');
  const count = (value: number): string => value.toLocaleString('en-US');
  return [
    {
      kind: 'table',
      rows: [
        ['', ''],
        ['command', result.command],
        ['when', `${result.started}, ${duration(seconds)} long`],
        [
          'data',
          `${data.name}: ${count(data.users)} users, ${count(data.items)} items, ${count(data.interactions)} interactions`,
        ],
        ['model', `${model.name}, preset ${model.preset}, ${count(model.parameters)} parameters`],
        [
          'processor',
          `${machine.processor}, ${machine.cores} cores, ${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`,
        ],
        ['system', `${machine.platform}, Node.js ${machine.node}, ${machine.command}`],
        ['load average', `${loads(load.start)} at the start; ${loads(load.end)} at the end`],
        ['peak memory of the process', `${count(Math.round(result.peakMemoryBytes / 2 ** 20))} MiB`],
        ...result.engines.map(({ name, library, threads }) => [
          name,
          `${library}, threads: ${threads ?? 'its own choice'}`,
        ]),
      ],
    },
    ...missing.map(({ backend, device, reason }) => paragraph(`${backend} ${device} does not work here: ${reason}`)),
    ...warnings.map((warning) => paragraph(`Warning: ${warning}`)),
  ];
}

function measureBlocks(measure: Measure): Block[] {
  const { title, rounds, candidates } = measure;
  const measured = candidates.filter(({ samples }) => samples.length > 0);
  const problems = candidates.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`]));
  return [
    { kind: 'heading', level: 2, text: title },
    paragraph(`${rounds} ${rounds === 1 ? 'round' : 'rounds'}; medians, with quartiles in brackets.`),
    { kind: 'list', items: candidates.map((own) => `${own.name}: ${own.title}`) },
    ...(measured.length === 0
      ? []
      : [{ kind: 'table' as const, rows: figureTable(measured) }, drawingOf(measure, measured)]),
    ...(problems.length === 0 ? [] : [paragraph('Not measured:'), { kind: 'list' as const, items: problems }]),
  ];
}

/** A row for each candidate, a column for each figure, and the ratio to the plain implementation. */
export function figureTable(candidates: readonly MeasuredCandidate[]): string[][] {
  const names = [...new Set(candidates.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const compared = candidates.some(({ ratio }) => ratio !== null);
  return [
    ['candidate', ...names.map((name) => titleOf(name, candidates)), ...(compared ? ['of plain'] : [])],
    ...candidates.map((own) => [
      own.name,
      ...names.map((name) => {
        const figure = own.figures.find((one) => one.name === name);
        return figure === undefined ? '' : shown(figure);
      }),
      ...(compared ? [own.ratio === null ? '' : spread(own.ratio.median, own.ratio.q1, own.ratio.q3)] : []),
    ]),
  ];
}

function titleOf(name: string, candidates: readonly MeasuredCandidate[]): string {
  const unit = candidates.flatMap(({ figures }) => figures).find((one) => one.name === name)?.unit ?? '';
  return unit === '/s' ? `${name} a second` : `${name}, ${unit}`;
}

function shown({ value, q1, q3 }: Figure): string {
  return q1 === null || q3 === null ? numberText(value) : spread(value, q1, q3);
}

function spread(median: number, q1: number, q3: number): string {
  return `${numberText(median)} [${numberText(q1)}, ${numberText(q3)}]`;
}

function numberText(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : threeDigits(value);
}

function drawingOf({ title }: Measure, candidates: readonly MeasuredCandidate[]): Block {
  const rows = candidates.flatMap(({ name, samples, milliseconds: own }) =>
    own === null ? [] : [{ label: name, dots: samples, low: own.q1, middle: own.median, high: own.q3 }],
  );
  const drawing: Drawing = {
    title: `${title}: milliseconds of a visit`,
    svg: dotPlot({ unit: 'ms', rows }),
    caption: 'A dot is a round, the bar goes from the first to the third quartile, the line is the median.',
  };
  return { kind: 'figure', ...drawing };
}

function comparisonBlocks({ baseline, rows, confidence, tolerance, notes }: Comparison): Block[] {
  const told = (['slower', 'faster'] as const).flatMap((verdict) =>
    rows.filter((row) => row.verdict === verdict).map((row) => comparedLine(row)),
  );
  return [
    { kind: 'heading', level: 2, text: `Compared with ${baseline.file}` },
    paragraph(
      `${baseline.command}, ${baseline.started}. Ratios above 1 are slower than before; intervals hold with ${Math.round(100 * confidence)} % confidence, all together. Told are differences whose interval lies beyond ${Math.round(100 * tolerance)} %.`,
    ),
    ...(rows.length === 0 ? [paragraph('Nothing was measured in both.')] : []),
    ...(told.length === 0 ? [] : [{ kind: 'list' as const, items: told }]),
    ...(rows.length === 0
      ? []
      : [
          { kind: 'table' as const, rows: comparedTable(rows) },
          {
            kind: 'figure' as const,
            title: 'Times over those of before',
            svg: dotPlot({
              unit: 'times as long as before',
              line: 1,
              rows: rows.map(({ candidate, by, ratio, low, high }) => ({
                label: `${candidate} (${by === 'the large product' ? 'product' : 'plain'})`,
                dots: [],
                low,
                middle: ratio,
                high,
              })),
            }),
            caption: 'Bars are the intervals.',
          },
        ]),
    ...(notes.length === 0 ? [] : [{ kind: 'list' as const, items: notes }]),
  ];
}

/** The rows of a comparison as a table. */
export function comparedTable(rows: readonly ComparedRow[]): string[][] {
  return [
    ['measure, candidate', 'as multiples of', 'rounds', 'ratio', 'from', 'to', ''],
    ...rows.map(({ measure, candidate, by, rounds, ratio, low, high, verdict }) => [
      `${measure}, ${candidate}`,
      by,
      rounds.join(' and '),
      threeDigits(ratio),
      threeDigits(low),
      threeDigits(high),
      verdict,
    ]),
  ];
}

/** `slower: training, onnxruntime cpu takes 1.31 times as long as before, by the large product (1.27 to 1.36)` */
export function comparedLine({ measure, candidate, by, ratio, low, high, verdict }: ComparedRow): string {
  return `${verdict}: ${measure}, ${candidate} takes ${threeDigits(ratio)} times as long as before, by ${by} (${threeDigits(low)} to ${threeDigits(high)})`;
}
