// The scores of each source, their sum and the attention that follows, of one head and one history, as coloured matrices.
import { picture, rect, text } from './svg.mjs';

/** @typedef {import('./measure.mjs').Measured['attention']} AttentionMeasured */

const CELL = 14;
const LABELS = 138;
const GAP = 26;

/**
 * A row of scores less the mean of those that the query may see: the softmax does not feel what a whole row has in common.
 *
 * @param {number[][]} scores
 * @returns {number[][]} the lower triangle
 */
export function centred(scores) {
  return scores.map((row, i) => {
    const visible = row.slice(0, i + 1);
    const mean = visible.reduce((a, b) => a + b, 0) / visible.length;
    return visible.map((x) => x - mean);
  });
}

/** @param {AttentionMeasured} attention */
export function scoresPicture({ labels, sources, fused, probabilities }) {
  const n = labels.length;
  const size = n * CELL;
  const panels = [
    ...sources.map(({ name, scores }) => ({ title: `scores of ${name}`, rows: centred(scores), share: false })),
    { title: 'their sum', rows: centred(fused), share: false },
    { title: 'attention', rows: probabilities.map((row, i) => row.slice(0, i + 1)), share: true },
  ];
  // One scale for all scores, so that the sources can be compared; the few strongest are cut.
  const all = panels
    .filter(({ share }) => !share)
    .flatMap(({ rows }) => rows.flat().map(Math.abs))
    .sort((a, b) => a - b);
  const full = all[Math.floor(all.length * 0.98)] ?? 1;
  const content = panels.flatMap(({ title, rows, share }, p) => {
    const left = LABELS + (p % 3) * (size + GAP);
    const top = 24 + Math.floor(p / 3) * (size + 44);
    return [
      text(left, top - 8, title, { weight: 600 }),
      rect(left, top, size, size, { stroke: 'line' }),
      ...(p % 3 === 0
        ? labels.map((label, i) =>
            text(left - 8, top + i * CELL + 11, label, { size: 11, anchor: 'end', fill: 'faint' }),
          )
        : []),
      ...rows.flatMap((row, i) =>
        row.flatMap((x, j) => {
          const strength = share ? x : Math.min(Math.abs(x) / full, 1);
          if (strength < 0.02) return [];
          return [
            rect(left + j * CELL, top + i * CELL, CELL, CELL, {
              fill: share ? 'fused' : x > 0 ? 'side' : 'item',
              opacity: strength,
            }),
          ];
        }),
      ),
    ];
  });
  const legend = 24 + 2 * (size + 44) - 4;
  const entry = (
    /** @type {number} */ x,
    /** @type {'side' | 'item' | 'fused'} */ fill,
    /** @type {string} */ value,
  ) => [rect(x, legend - 10, 12, 12, { fill }), text(x + 18, legend, value, { size: 11, fill: 'faint' })];
  content.push(
    ...entry(LABELS, 'side', 'more attention than the row’s mean'),
    ...entry(LABELS + 222, 'item', 'less'),
    ...entry(LABELS + 284, 'fused', 'share (rows are queries, columns keys)'),
  );
  return picture(
    LABELS + 3 * size + 2 * GAP + 46,
    legend + 10,
    `Scores of ${sources.map(({ name }) => name).join(', ')}, their sum and the attention, for a history of ${n} items`,
    content,
  );
}
