// The few shapes that our pictures are made of, as SVG text. Colours are CSS variables: in the site they come from
// docs/.vitepress/theme/pictures.css, in a file of its own from the style below, by the reader's light or dark setting.

/** Names of the colours. @typedef {'ink' | 'faint' | 'line' | 'paper' | 'item' | 'side' | 'position' | 'fused'} Colour */

/** @type {Readonly<Record<Colour, readonly [light: string, dark: string]>>} */
const COLOURS = {
  ink: ['#2b2f36', '#dfe3ea'],
  faint: ['#6b727d', '#9aa2af'],
  line: ['#d4d8de', '#3d424b'],
  paper: ['#ffffff', '#1b1b1f'],
  item: ['#2f6fdb', '#7fb0ff'],
  side: ['#c2611f', '#f2a066'],
  position: ['#6f5bb5', '#b7a5f2'],
  fused: ['#1d7f58', '#62cfa0'],
};

/** Declarations of the colours' variables. @param {0 | 1} theme light or dark */
const variables = (theme) =>
  Object.entries(COLOURS)
    .map(([name, values]) => `--picture-${name}:${values[theme]}`)
    .join(';');

/** The style sheet of the site's pictures. */
export function styleSheet() {
  /** @param {string} selector @param {0 | 1} theme */
  const rule = (selector, theme) =>
    `${selector} {\n  ${variables(theme).replaceAll(':', ': ').replaceAll(';', ';\n  ')};\n}`;
  return `/* Made by scripts/docs-pictures.mjs: the colours of the pictures, which stand in the page as SVG. */
${rule('.picture', 0)}
${rule('.dark .picture', 1)}
.picture {
  display: block;
  width: 100%;
  max-width: 720px;
  height: auto;
  margin: 16px auto;
}
`;
}

/** @param {Colour} name */
export const colour = (name) => `var(--picture-${name})`;

/** @param {string} value */
const escaped = (value) =>
  value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** A coordinate, short. @param {number} x */
export const short = (x) => String(Number(x.toFixed(2)));

/**
 * Text; `anchor` is where x is.
 *
 * @param {number} x @param {number} y the base line
 * @param {string} value
 * @param {{ fill?: Colour, size?: number, anchor?: 'start' | 'middle' | 'end', weight?: number }} [options]
 */
export function text(x, y, value, { fill = 'ink', size = 12, anchor = 'start', weight = 400 } = {}) {
  const bold = weight === 400 ? '' : ` font-weight="${weight}"`;
  return `<text x="${short(x)}" y="${short(y)}" fill="${colour(fill)}" font-size="${size}" text-anchor="${anchor}"${bold}>${escaped(value)}</text>`;
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {{ fill?: Colour | 'none', stroke?: Colour, opacity?: number, radius?: number }} [options] */
export function rect(x, y, width, height, { fill = 'none', stroke, opacity = 1, radius = 0 } = {}) {
  const colours = `fill="${fill === 'none' ? 'none' : colour(fill)}"${stroke === undefined ? '' : ` stroke="${colour(stroke)}"`}`;
  const rest = `${opacity === 1 ? '' : ` fill-opacity="${short(opacity)}"`}${radius === 0 ? '' : ` rx="${radius}"`}`;
  return `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" ${colours}${rest}/>`;
}

/** A line through points. @param {readonly (readonly [number, number])[]} points @param {{ stroke?: Colour, width?: number, dash?: string }} [options] */
export function line(points, { stroke = 'line', width = 1, dash } = {}) {
  const d = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${short(x)} ${short(y)}`).join('');
  return `<path d="${d}" fill="none" stroke="${colour(stroke)}" stroke-width="${width}"${dash === undefined ? '' : ` stroke-dasharray="${dash}"`}/>`;
}

/**
 * A picture.
 *
 * @param {number} width @param {number} height in user units, one of which is a pixel at full width
 * @param {string} label what it shows, for those who cannot see it
 * @param {readonly string[]} content
 */
export function picture(width, height, label, content) {
  const style = `<style>.picture{${variables(0)}}@media (prefers-color-scheme:dark){.picture{${variables(1)}}}</style>`;
  return `<svg class="picture" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(label)}" font-family="system-ui, sans-serif">
${style}
${content.join('\n')}
</svg>
`;
}
