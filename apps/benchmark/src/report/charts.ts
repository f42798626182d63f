// Charts of a report as SVG, drawn without a browser: per backend and device one of times and one of costs beside plain
// attention, each with a panel per length and batch.
import { init, type EChartsOption, type LineSeriesOption, type CustomSeriesOption } from 'echarts';
import { candidateTitles, engineTitle, type CandidateName } from '../attention/candidate.js';
import type { Summary } from '../measure/statistics.js';
import type { AttentionReport, CaseResult } from './result.js';

/** One chart. */
export interface Chart {
  readonly file: string;
  readonly title: string;
  /** `onnxruntime cpu` */
  readonly engine: string;
  readonly svg: string;
}

/** Colours that colour-blind people tell apart (Okabe and Ito), and symbols for those who see none. */
const LOOKS: { readonly [N in CandidateName]: { readonly color: string; readonly symbol: string } } = {
  plain: { color: '#555555', symbol: 'circle' },
  'plain-fused': { color: '#999999', symbol: 'emptyCircle' },
  unfused: { color: '#D55E00', symbol: 'rect' },
  fused: { color: '#0072B2', symbol: 'diamond' },
  tabulated: { color: '#009E73', symbol: 'triangle' },
  straightforward: { color: '#CC79A7', symbol: 'emptyRect' },
};

const PANEL = { width: 470, height: 300 };
const MARGIN = { left: 70, right: 20, top: 120, bottom: 50, gap: 80 };

/** What one panel shows. */
interface Panel {
  readonly title: string;
  readonly categories: readonly string[];
  /** Neighbours of one run are joined by a line. */
  readonly runs: readonly string[];
  readonly lines: readonly { readonly name: CandidateName; readonly points: readonly (Summary | undefined)[] }[];
}

/** The charts of a report; an engine of which nothing was measured has none. */
export function renderCharts(report: AttentionReport): Chart[] {
  return report.engines.flatMap((engine) => {
    const name = engineTitle(engine);
    const results = report.cases.filter(
      ({ backend, device, rounds }) => backend === engine.backend && device === engine.device && rounds > 0,
    );
    const times = panelsOf(
      results,
      ({ candidates }, of) => candidates.find((own) => own.name === of)?.milliseconds ?? undefined,
    );
    const costs = panelsOf(
      results,
      ({ ratios }, of) => ratios.find((own) => own.of === of && own.to === 'plain')?.ratio,
    );
    const file = (kind: string): string => `attention-${engine.backend}-${engine.device}-${kind}.svg`;
    return [
      { kind: 'times', panels: times, title: `${name}: milliseconds`, unit: 'ms' },
      { kind: 'costs', panels: costs, title: `${name}: time over that of plain attention`, unit: 'x plain' },
    ].flatMap(({ kind, panels, title, unit }): Chart[] =>
      panels.length === 0 ? [] : [{ file: file(kind), title, engine: name, svg: draw(title, unit, panels) }],
    );
  });
}

/** A panel per length and batch; its categories are fusions and numbers of sides. */
function panelsOf(
  results: readonly CaseResult[],
  value: (result: CaseResult, name: CandidateName) => Summary | undefined,
): Panel[] {
  const titles = [...new Set(results.map(shapeTitle))];
  return titles.flatMap((title): Panel[] => {
    const own = results.filter((result) => shapeTitle(result) === title);
    const lines = candidateNames().flatMap((name) => {
      const points = own.map((result) => value(result, name));
      return points.some((point) => point !== undefined) ? [{ name, points }] : [];
    });
    return lines.length === 0
      ? []
      : [{ title, categories: own.map(categoryTitle), runs: own.map(({ case: { fusion } }) => fusion), lines }];
  });
}

function shapeTitle({ case: { batch, length } }: CaseResult): string {
  return `batch ${batch}, length ${length}`;
}

function categoryTitle({ case: { fusion, sides, position } }: CaseResult): string {
  return sides === 0 && !position ? 'plain' : `${fusion} ${sides}${position ? '+p' : ''}`;
}

/** Names in the order of reports. */
function candidateNames(): CandidateName[] {
  const names: Record<CandidateName, unknown> = candidateTitles;
  // The keys of this record are exactly the names: its type says so, Object.keys does not.
  return Object.keys(names) as CandidateName[];
}

function draw(title: string, unit: string, panels: readonly Panel[]): string {
  const columns = Math.min(2, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const width = columns * (PANEL.width + MARGIN.left) + MARGIN.right;
  const height = MARGIN.top + rows * (PANEL.height + MARGIN.gap) - MARGIN.gap + MARGIN.bottom;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(optionOf({ title, unit, panels, columns }));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function optionOf(parts: {
  readonly title: string;
  readonly unit: string;
  readonly panels: readonly Panel[];
  readonly columns: number;
}): EChartsOption {
  const { title, unit, panels, columns } = parts;
  const place = (index: number): { left: number; top: number; width: number; height: number } => ({
    left: MARGIN.left + (index % columns) * (PANEL.width + MARGIN.left),
    top: MARGIN.top + Math.floor(index / columns) * (PANEL.height + MARGIN.gap),
    width: PANEL.width - MARGIN.right,
    height: PANEL.height,
  });
  const names = [...new Set(panels.flatMap(({ lines }) => lines.map(({ name }) => name)))];
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: [
      { text: title, subtext: 'median; bars from the first to the third quartile', left: 10, top: 5 },
      ...panels.map((panel, index) => ({
        text: `${panel.title} (${unit})`,
        textStyle: { fontSize: 13 },
        left: place(index).left,
        top: place(index).top - 30,
      })),
    ],
    legend: { data: names, top: 54, left: 10 },
    grid: panels.map((_, index) => place(index)),
    xAxis: panels.map(({ categories }, gridIndex) => {
      const places = categories.map((_, i) => i);
      return {
        type: 'value' as const,
        gridIndex,
        min: -0.5,
        max: categories.length - 0.5,
        splitLine: { show: false },
        axisTick: { show: true, customValues: places },
        axisLabel: { customValues: places, fontSize: 11, formatter: (value: number) => categories[value] ?? '' },
      };
    }),
    yAxis: panels.map((_, gridIndex) => ({ type: 'value' as const, gridIndex, min: 0, axisLine: { show: false } })),
    series: panels.flatMap((panel, index) =>
      panel.lines.flatMap(({ name, points }, nth) => {
        const shift = (nth - (panel.lines.length - 1) / 2) * SHIFT;
        return seriesOf({ name, points, runs: panel.runs, index, shift });
      }),
    ),
  };
}

/** How far apart candidates stand, so that their quartiles can be told apart; one category is 1 wide. */
const SHIFT = 0.09;

/** Medians as a line, broken where the fusion changes, and quartiles as bars upon it. */
function seriesOf(parts: {
  readonly name: CandidateName;
  readonly points: readonly (Summary | undefined)[];
  readonly runs: readonly string[];
  readonly index: number;
  readonly shift: number;
}): [LineSeriesOption, CustomSeriesOption] {
  const { name, points, runs, index, shift } = parts;
  const { color, symbol } = LOOKS[name];
  const axes = { xAxisIndex: index, yAxisIndex: index };
  const line: LineSeriesOption = {
    type: 'line',
    name,
    ...axes,
    symbol,
    symbolSize: 7,
    showAllSymbol: true,
    color,
    lineStyle: { width: 1.2 },
    data: points.flatMap((point, i): (number | string)[][] => {
      const own = point === undefined ? [] : [[i + shift, Number(point.median.toPrecision(4))]];
      return i > 0 && runs[i] !== runs[i - 1] ? [[i - 0.5, '-'], ...own] : own;
    }),
  };
  const bars: CustomSeriesOption = {
    type: 'custom',
    name,
    ...axes,
    color,
    z: 3,
    silent: true,
    encode: { x: 0, y: [1, 2] },
    data: points.flatMap((point, i) => (point === undefined ? [] : [[i + shift, point.q1, point.q3]])),
    renderItem: (_, api) => {
      const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)]);
      const [, high = 0] = api.coord([api.value(0), api.value(2)]);
      const segment = (x1: number, y1: number, x2: number, y2: number): CustomElement => ({
        type: 'line',
        shape: { x1, y1, x2, y2 },
        style: { stroke: color, lineWidth: 1.2 },
      });
      return {
        type: 'group',
        children: [segment(x, low, x, high), segment(x - 3, low, x + 3, low), segment(x - 3, high, x + 3, high)],
      };
    },
  };
  return [line, bars];
}

/** A line of a custom series. */
interface CustomElement {
  readonly type: 'line';
  readonly shape: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };
  readonly style: { readonly stroke: string; readonly lineWidth: number };
}
