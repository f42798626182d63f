// Charts as SVG, drawn without a browser (ECharts on the server). One drawing serves light and dark pages: what is ink is `currentColor`.
import { type EChartsOption, init } from 'echarts';
import type { Chart } from './charts.js';
import { escapeXml } from '@difsr/library/parts';

/** Colours that colour-blind people tell apart (Okabe and Ito), legible on white and on near-black. */
const COLORS = ['#0a7cc4', '#8c8c8c', '#e69f00', '#d55e00'];
/** A colour that stands for the ink of the page and is nowhere else. */
const INK = '#010203';
const SIZE = { width: 640, height: 340 };

/** Where a drawing goes: into a page, which gives it ink and ground, or into a file of its own. */
export type Ground = 'page' | 'file';

/**
 * Draws a chart. The SVG carries its title and summary for screen readers.
 *
 * @example
 * await writeFile('lengths.svg', renderChart(chart, 'file'));
 */
export function renderChart(chart: Chart, ground: Ground): string {
  const drawing = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  try {
    drawing.setOption(optionOf(chart, ground));
    // What hovering needs goes, and names that count every drawing of the process get this chart's: equal data, equal bytes.
    const svg = drawing
      .renderToSVGString()
      .replaceAll(/<style\b[\s\S]*?<\/style>\s*/g, '')
      .replaceAll(/ (?:class|ecmeta_\w+)="[^"]*"/g, '')
      .replaceAll(/\bzr\d+-/g, `${chart.name}-`);
    const inked = svg.replaceAll(INK, ground === 'page' ? 'currentColor' : '#1b1f24');
    const spoken = `<title>${escapeXml(chart.title)}</title><desc>${escapeXml(chart.summary)}</desc>`;
    const role = `role="img" aria-label="${escapeXml(`${chart.title}. ${chart.summary}`)}"`;
    return inked.replace(/<svg ([^>]*)>/, (_, attributes: string) => `<svg ${role} ${attributes}>${spoken}`);
  } finally {
    drawing.dispose();
  }
}

function optionOf(chart: Chart, ground: Ground): EChartsOption {
  const { kind, title, summary, x, y, categories, series } = chart;
  const curve = kind === 'curve';
  const text = { color: INK };
  const axis = {
    nameTextStyle: text,
    axisLabel: text,
    axisLine: { lineStyle: { color: INK } },
    splitLine: { lineStyle: { color: INK, opacity: 0.15 } },
  };
  return {
    animation: false,
    backgroundColor: ground === 'file' ? '#ffffff' : 'transparent',
    textStyle: { fontFamily: 'system-ui, sans-serif', ...text },
    ...(ground === 'file'
      ? { title: { text: title, subtext: summary, left: 10, top: 6, textStyle: text, subtextStyle: text } }
      : {}),
    ...(series.length > 1
      ? { legend: { top: ground === 'file' ? 56 : 4, right: 24, itemGap: 24, textStyle: text } }
      : {}),
    color: COLORS,
    grid: { left: 80, right: 30, top: ground === 'file' ? 90 : 40, bottom: 60 },
    xAxis: curve
      ? { ...axis, type: 'value', min: 0, max: 100, name: x, nameLocation: 'middle', nameGap: 32 }
      : { ...axis, type: 'category', data: [...categories], name: x, nameLocation: 'middle', nameGap: 32 },
    yAxis: { ...axis, type: 'value', min: 0, name: y, ...(curve ? { max: 100 } : { minInterval: 1 }) },
    series: series.map(({ name, values }, index) =>
      curve
        ? {
            type: 'line' as const,
            name,
            symbol: 'none',
            lineStyle: { type: index === 0 ? ('solid' as const) : ('dashed' as const) },
            data: values.map((value, at) => [Number(categories[at]), value]),
          }
        : {
            type: 'bar' as const,
            name,
            barCategoryGap: '10%',
            ...(kind === 'stacked' ? { stack: 'parts', color: PART_COLORS[name] ?? COLORS[index] ?? INK } : {}),
            data: [...values],
          },
    ),
  };
}

/** Parts keep their colour, whichever of them a split has. */
const PART_COLORS: Readonly<Record<string, string>> = {
  train: '#0a7cc4',
  context: '#8c8c8c',
  valid: '#e69f00',
  test: '#d55e00',
};
