// What a case need not compute once the attributes of its items are tabulated.
import type { Case } from './case.js';

/** Operations that tabulating saves: projections of the side sources, and projections and scores of positions. */
export function tabulatedOperations({ batch, length, width, sideWidth, heads, sides, position }: Case): number {
  const inner = heads * Math.floor(sideWidth / heads);
  const side = 2 * 2 * batch * length * sideWidth * inner;
  const own = 2 * 2 * length * width * width + 2 * length * length * width;
  return sides * side + (position ? own : 0);
}
