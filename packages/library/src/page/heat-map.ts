// A matrix as coloured cells in SVG, without a library. Cells of one shade are one path, so that fifty rows and columns stay small; ink is
// `currentColor`, so one drawing serves light and dark pages.
import { escapeXml } from './escape.js';

/** A matrix with names. */
export interface HeatMap {
  readonly title: string;
  /** Rows of equal length; what is not finite stays empty. */
  readonly rows: readonly (readonly number[])[];
  /** Names of rows, and of columns where these are the same. */
  readonly labels: readonly string[];
  /** Values of full colour; below zero another colour. Default: the largest magnitude there is. */
  readonly full?: number;
}

/** Above zero and below it, told apart by colour-blind people (Okabe and Ito). */
const COLORS = { above: '#0a7cc4', below: '#d55e00' };
const SHADES = 16;
/** Letters of a name that are shown. */
const LETTERS = 22;
const CELL = { most: 14, width: 420 };

/**
 * Draws a matrix; the names of its rows stand on the left.
 *
 * @example heatMap({ title: 'attention', rows: [[1, 0], [0.4, 0.6]], labels: ['boots', 'socks'] });
 */
export function heatMap({ title, rows, labels, full = fullOf(rows) }: HeatMap): string {
  const columns = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const size = Math.max(4, Math.min(CELL.most, CELL.width / Math.max(1, columns)));
  const left =
    6.2 *
      Math.min(
        LETTERS,
        labels.reduce((most, { length }) => Math.max(most, length), 0),
      ) +
    8;
  const [width, height] = [left + columns * size, rows.length * size];
  const paths = new Map<string, string>();
  rows.forEach((row, i) =>
    row.forEach((value, j) => {
      const shade =
        full > 0 && Number.isFinite(value) ? Math.min(SHADES, Math.round((Math.abs(value) / full) * SHADES)) : 0;
      if (shade === 0) return;
      const key = `${value > 0 ? COLORS.above : COLORS.below} ${shade}`;
      paths.set(key, `${paths.get(key) ?? ''}M${j} ${i}h1v1h-1z`);
    }),
  );
  const cells = [...paths].map(([key, path]) => {
    const [color, shade] = key.split(' ');
    return `<path d="${path}" fill="${color}" fill-opacity="${round(Number(shade) / SHADES)}"/>`;
  });
  const font = Math.min(11, size);
  const names = labels
    .slice(0, rows.length)
    .map(
      (label, i) =>
        `<text x="${round(left - 5)}" y="${round(i * size + size / 2 + font / 3)}" text-anchor="end" fill="currentColor"><title>${escapeXml(label)}</title>${escapeXml(shortened(label))}</text>`,
    );
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeXml(`${title}: ${rows.length} by ${columns}, full colour at ${Number(full.toPrecision(3))}`)}" viewBox="0 0 ${round(width + 1)} ${round(height + 1)}" style="max-width: ${Math.ceil(1.4 * width)}px" font-family="system-ui, sans-serif" font-size="${round(font)}">
<g transform="translate(${round(left)} 0) scale(${round(size)})">${cells.join('')}</g>
<rect x="${round(left)}" y="0.5" width="${round(columns * size)}" height="${round(height)}" fill="none" stroke="currentColor" stroke-opacity="0.3"/>
${names.join('\n')}
</svg>`;
}

function fullOf(rows: HeatMap['rows']): number {
  return rows.reduce(
    (most, row) => row.reduce((own, x) => (Number.isFinite(x) ? Math.max(own, Math.abs(x)) : own), most),
    0,
  );
}

function shortened(label: string): string {
  const letters = [...label];
  return letters.length <= LETTERS ? label : `${letters.slice(0, LETTERS - 1).join('')}…`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
