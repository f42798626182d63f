// Lines over one axis as SVG, without a library: learning curves, spectra. Ink is `currentColor`, so one drawing serves light and dark pages.
import { escapeXml } from './escape.js';

/** A line by its points; several may share a name, and then have one colour and one entry of the legend. */
export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** Colours that colour-blind people tell apart (Okabe and Ito), legible on white and on near-black; then the same, dashed and dotted. */
const COLORS = ['#0a7cc4', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c8c8c'];
const DASHES = ['', '6 3', '2 3'];
const SIZE = { width: 720, height: 360 };
const PLOT = { left: 64, right: 16, top: 12, bottom: 44 };
/** Height of a row of the legend, and how many names stand in one. */
const LEGEND = { row: 20, columns: 3 };

/**
 * Draws lines. Equal lines, equal bytes.
 *
 * @example lineChart([{ name: 'sasrec', points: [{ x: 1, y: 0.02 }, { x: 2, y: 0.03 }] }], { x: 'epoch', y: 'NDCG@10' });
 */
export function lineChart(
  lines: readonly Line[],
  axes: {
    readonly x: string;
    readonly y: string;
    /** `y` by its powers of ten; what is not above 0 has no place and is left out. */
    readonly logarithmic?: boolean;
  },
): string {
  if (axes.logarithmic !== true) return drawn(lines, axes, shortened);
  const powers = lines.map(({ name, points }) => ({
    name,
    points: points.filter(({ y }) => y > 0).map(({ x, y }) => ({ x, y: Math.log10(y) })),
  }));
  return drawn(powers, axes, (power) => (power === 0 ? '1' : `1e${shortened(power)}`));
}

function drawn(
  lines: readonly Line[],
  axes: { readonly x: string; readonly y: string },
  ofY: (value: number) => string,
): string {
  const names = [...new Set(lines.map(({ name }) => name))];
  const rows = Math.ceil(names.length / LEGEND.columns);
  const height = SIZE.height + rows * LEGEND.row;
  const points = lines.flatMap((line) => line.points);
  const [xs, ys] = [
    ticksOf(
      points.map(({ x }) => x),
      true,
    ),
    ticksOf(
      points.map(({ y }) => y),
      false,
    ),
  ];
  const bottom = SIZE.height - PLOT.bottom;
  const right = SIZE.width - PLOT.right;
  const place = (value: number, ticks: readonly number[], from: number, to: number): number => {
    const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
    return round(from + ((value - low) / (high - low || 1)) * (to - from));
  };
  const atX = (x: number): number => place(x, xs, PLOT.left, right);
  const atY = (y: number): number => place(y, ys, bottom, PLOT.top);
  const style = (name: string): { stroke: string; dash: string } => {
    const at = names.indexOf(name);
    return {
      stroke: COLORS[at % COLORS.length] ?? 'currentColor',
      dash: DASHES[Math.floor(at / COLORS.length) % DASHES.length] ?? '',
    };
  };
  const stroke = (name: string): string => {
    const { stroke: color, dash } = style(name);
    return `stroke="${color}" stroke-width="1.8" fill="none"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}`;
  };
  const parts = [
    ...ys.map(
      (y) =>
        `<line x1="${PLOT.left}" x2="${right}" y1="${atY(y)}" y2="${atY(y)}" stroke="currentColor" stroke-opacity="0.15"/>` +
        words(PLOT.left - 8, atY(y) + 4, 'end', ofY(y)),
    ),
    ...xs.map((x) => words(atX(x), bottom + 18, 'middle', shortened(x))),
    `<line x1="${PLOT.left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="currentColor"/>`,
    words((PLOT.left + right) / 2, bottom + 38, 'middle', axes.x),
    `<g transform="translate(14 ${round((PLOT.top + bottom) / 2)}) rotate(-90)">${words(0, 0, 'middle', axes.y)}</g>`,
    ...lines
      .filter((line) => line.points.length > 0)
      .map(
        ({ name, points: own }) =>
          `<polyline points="${own.map(({ x, y }) => `${atX(x)},${atY(y)}`).join(' ')}" ${stroke(name)}/>` +
          (own.length === 1 && own[0] !== undefined
            ? `<circle cx="${atX(own[0].x)}" cy="${atY(own[0].y)}" r="3" fill="${style(name).stroke}"/>`
            : ''),
      ),
    ...names.map((name, at) => {
      const x = PLOT.left + (at % LEGEND.columns) * ((right - PLOT.left) / LEGEND.columns);
      const y = SIZE.height + 4 + Math.floor(at / LEGEND.columns) * LEGEND.row;
      return `<line x1="${round(x)}" x2="${round(x + 22)}" y1="${y}" y2="${y}" ${stroke(name)}/>${words(x + 28, y + 4, 'start', name)}`;
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeXml(`${axes.y} by ${axes.x}: ${names.join(', ')}`)}" viewBox="0 0 ${SIZE.width} ${height}" font-family="system-ui, sans-serif" font-size="12">\n${parts.join('\n')}\n</svg>`;
}

function words(x: number, y: number, anchor: 'start' | 'middle' | 'end', text: string): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="currentColor">${escapeXml(text)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function shortened(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** About five round numbers that hold all values between them; from 0 on where values are small shares. */
function ticksOf(values: readonly number[], whole: boolean): number[] {
  const [low, high] = values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const span = high - low || Math.abs(high) || 1;
  const rough = 10 ** Math.floor(Math.log10(span / 5));
  const step = [1, 2, 5, 10].map((factor) => factor * rough).find((each) => span / each <= 6) ?? 10 * rough;
  const unit = whole ? Math.max(1, step) : step;
  const first = Math.floor(low / unit);
  const last = Math.max(first + 1, Math.ceil(high / unit));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * unit).toPrecision(12)));
}
