// Singular values of a small matrix, to tell the rank of attention scores. One-sided Jacobi: slow, short and accurate down to
// round-off even for the small ones, which is what a rank is about.

/**
 * The singular values of a matrix, largest first.
 *
 * @param {readonly (readonly number[])[]} matrix rows of equal length
 * @returns {number[]} as many as there are columns
 * @example singularValues([[3, 0], [0, -4]]); // [4, 3]
 */
export function singularValues(matrix) {
  const columns = (matrix[0] ?? []).map((_, j) => matrix.map((row) => Number(row[j])));
  const dot = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
    a.reduce((sum, x, i) => sum + x * Number(b[i]), 0);
  for (let sweep = 0, turned = true; turned && sweep < 60; sweep++) {
    turned = false;
    for (const [p, a] of columns.entries()) {
      for (const b of columns.slice(p + 1)) {
        const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
        if (Math.abs(ab) <= 1e-15 * Math.sqrt(aa * bb)) continue;
        turned = true;
        // The rotation that makes the two columns orthogonal.
        const zeta = (bb - aa) / (2 * ab);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + t * t);
        const sine = cosine * t;
        for (const [i, x] of a.entries()) {
          const y = Number(b[i]);
          a[i] = cosine * x - sine * y;
          b[i] = sine * x + cosine * y;
        }
      }
    }
  }
  return columns.map((column) => Math.sqrt(dot(column, column))).sort((a, b) => b - a);
}
