// Singular values of attention scores, on a logarithmic axis: where a curve falls to nothing is the rank.
import { line, picture, text } from './svg.mjs';

const [LEFT, TOP, WIDTH, HEIGHT] = [58, 16, 560, 260];
/** Powers of ten that are drawn. */
const DECADES = 9;

/** How many values are more than round-off. @param {readonly number[]} values */
export const rank = (values) => values.filter((x) => x > 1e-12).length;

/** @param {import('./measure.mjs').Measured['spectrum']} spectrum */
export function spectrumPicture({ length, headSize, curves }) {
  const x = (/** @type {number} */ k) => LEFT + (k / length) * WIDTH;
  const y = (/** @type {number} */ value) => TOP + (Math.min(-Math.log10(value), DECADES) / DECADES) * HEIGHT;
  const colours = /** @type {const} */ (['item', 'fused']);
  const content = [
    ...Array.from({ length: DECADES / 3 + 1 }, (_, i) => i * 3).flatMap((decade) => [
      line([
        [LEFT, y(10 ** -decade)],
        [LEFT + WIDTH, y(10 ** -decade)],
      ]),
      text(LEFT - 8, y(10 ** -decade) + 4, decade === 0 ? '1' : `1e-${decade}`, {
        size: 11,
        anchor: 'end',
        fill: 'faint',
      }),
    ]),
    ...[10, 20, 30, 40, 50].map((k) =>
      text(x(k), TOP + HEIGHT + 16, String(k), { size: 11, anchor: 'middle', fill: 'faint' }),
    ),
    line(
      [
        [x(headSize), TOP],
        [x(headSize), TOP + HEIGHT],
      ],
      { stroke: 'faint', dash: '3 4' },
    ),
    text(x(headSize) - 6, TOP + 14, `head size ${headSize}`, { size: 11, anchor: 'end', fill: 'faint' }),
    ...curves.flatMap(({ name, values }, c) => {
      const stroke = colours[c % 2] ?? 'ink';
      const kept = rank(values);
      /** @type {[number, number][]} */
      const points = values.slice(0, kept).map((value, k) => [x(k + 1), y(value)]);
      const end = points.at(-1);
      if (kept < values.length && end !== undefined) points.push([end[0], TOP + HEIGHT]);
      return [
        line(points, { stroke, width: 2 }),
        line(
          [
            [LEFT + 14, TOP + HEIGHT - 40 + c * 20],
            [LEFT + 38, TOP + HEIGHT - 40 + c * 20],
          ],
          { stroke, width: 2 },
        ),
        text(LEFT + 46, TOP + HEIGHT - 36 + c * 20, `${name}: rank ${kept} of ${length}`, { size: 12 }),
      ];
    }),
    text(LEFT + WIDTH / 2, TOP + HEIGHT + 36, 'singular value, by size', { anchor: 'middle', size: 11, fill: 'faint' }),
  ];
  return picture(
    640,
    TOP + HEIGHT + 46,
    `Singular values of attention scores over the largest: ${curves.map(({ name, values }) => `${name} has rank ${rank(values)} of ${length}`).join(', ')}`,
    content,
  );
}
