// Whether two answers to the same question are the same, up to the rounding of a sum in another order.

/** Scores that differ by less, as a part of what scores are in size, count as equal: items that have them may change places. */
const TOLERANCE = 1e-5;

/** @typedef {{ readonly id: string; readonly score: number }} Scored */

/**
 * What is wrong with an answer, beside that to the same question asked alone; undefined where they are the same: the same number of items,
 * the same scores place by place, each item with the score that it has alone, and no item that the other has not, but where the last
 * scores are equal.
 *
 * @param {readonly Scored[]} together
 * @param {readonly Scored[]} alone
 * @param {number} size How large scores are: one near 0 is a sum of terms of that size, and rounded as they are.
 * @returns {string | undefined}
 */
export function difference(together, alone, size) {
  /** @param {number} a @param {number} b */
  const differ = (a, b) => !(Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b), size));
  if (together.length !== alone.length) return `${together.length} items together, ${alone.length} alone`;
  for (const [place, { id, score }] of together.entries()) {
    const other = alone[place];
    if (other === undefined || differ(score, other.score))
      return `place ${place}: ${id} (${score}) together, ${other?.id} (${other?.score}) alone`;
  }
  const seen = new Set();
  const twice = together.find(({ id }) => seen.size === seen.add(id).size);
  if (twice !== undefined) return `${twice.id} is there twice together`;
  return (
    missing(differ, ['together', together], ['alone', alone]) ??
    missing(differ, ['alone', alone], ['together', together])
  );
}

/**
 * @param {(a: number, b: number) => boolean} differ
 * @param {readonly [string, readonly Scored[]]} one
 * @param {readonly [string, readonly Scored[]]} other
 */
function missing(differ, [here, items], [there, others]) {
  const scores = new Map(others.map(({ id, score }) => [id, score]));
  // An item that only one of both has was cut off at the end, beside one that is as good.
  const last = others.at(-1)?.score ?? Number.NaN;
  for (const { id, score } of items) {
    const other = scores.get(id);
    if (other === undefined && differ(score, last)) return `${id} (${score}) ${here}, and not among those ${there}`;
    if (other !== undefined && differ(score, other)) return `${id}: ${score} ${here}, ${other} ${there}`;
  }
  return undefined;
}
