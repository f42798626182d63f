// A drawing of samples: a row each with a dot for every round, a bar from the first to the third quartile and a line at the middle. Colours
// follow the page, light or dark.
import { escapeXml } from '@difsr/library/parts';
import { threeDigits } from '../terminal/format.js';

/** A row of the drawing. */
export interface DotRow {
  readonly label: string;
  readonly dots: readonly number[];
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

export interface DotPlot {
  /** What numbers are: `ms`. */
  readonly unit: string;
  readonly rows: readonly DotRow[];
  /** A number with a line of its own, such as 1 for ratios. */
  readonly line?: number;
}

const WIDTH = 720;
const LABELS = 260;
const RIGHT = 30;
const ROW = 34;
const BOTTOM = 40;
const TICKS = 5;

/** The drawing as SVG. */
export function dotPlot({ unit, rows, line }: DotPlot): string {
  const numbers = rows.flatMap(({ dots, low, high }) => [...dots, low, high]).concat(line ?? []);
  const from = line === undefined ? 0 : Math.min(...numbers) * 0.95;
  const to = Math.max(...numbers, Number.MIN_VALUE) * 1.03;
  const x = (value: number): string => (LABELS + ((value - from) / (to - from)) * (WIDTH - LABELS - RIGHT)).toFixed(1);
  const height = rows.length * ROW + BOTTOM;
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => from + ((to - from) * i) / TICKS);
  const parts = [
    ...ticks.map(
      (tick) =>
        `<line x1="${x(tick)}" x2="${x(tick)}" y1="0" y2="${height - BOTTOM}" stroke="currentColor" stroke-opacity=".15"/>` +
        `<text x="${x(tick)}" y="${height - BOTTOM + 18}" text-anchor="middle">${threeDigits(tick)}</text>`,
    ),
    `<text x="${WIDTH - RIGHT}" y="${height - 4}" text-anchor="end">${escapeXml(unit)}</text>`,
    ...(line === undefined
      ? []
      : [
          `<line x1="${x(line)}" x2="${x(line)}" y1="0" y2="${height - BOTTOM}" stroke="currentColor" stroke-dasharray="4 3"/>`,
        ]),
    ...rows.map((row, i) => rowSvg(row, i * ROW + ROW / 2, x)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-size="12" font-family="system-ui, sans-serif" fill="currentColor">${parts.join('')}</svg>`;
}

function rowSvg({ label, dots, low, middle, high }: DotRow, y: number, x: (value: number) => string): string {
  return [
    `<text x="${LABELS - 10}" y="${y + 4}" text-anchor="end">${escapeXml(label)}</text>`,
    ...dots.map((dot) => `<circle cx="${x(dot)}" cy="${y}" r="3" fill-opacity=".35"/>`),
    `<line x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}" stroke="#0072B2" stroke-width="4" stroke-opacity=".8"/>`,
    `<line x1="${x(middle)}" x2="${x(middle)}" y1="${y - 8}" y2="${y + 8}" stroke="#D55E00" stroke-width="2.5"/>`,
  ].join('');
}
