// How much arithmetic a case asks for: the floor under any implementation's time, once divided by what the machine can do.
import { at, bindShape, type Graph, type Node, type Shape } from '@difsr/graph';
import type { Case } from './case.js';

/** Floating-point operations of a graph's matrix products (a multiplication and an addition are two), for given sizes of its symbols. */
export function operations(graph: Graph, sizes: ReadonlyMap<string, number>): number {
  return graph.nodes.reduce((sum, node) => sum + nodeOperations(node, sizes), 0);
}

function nodeOperations(node: Node, sizes: ReadonlyMap<string, number>): number {
  const count = (shape: Shape): number => bindShape(shape, sizes).reduce((product, size) => product * size, 1);
  if (node.op !== 'matmul') return 0; // attention has no other products
  const inner = at(node.inputs[0].shape, node.attributes.transA ? -2 : -1);
  return 2 * count(at(node.outputs, 0).shape) * count([inner]);
}

/** Operations that tabulating saves: projections of the side sources, and projections and scores of positions. */
export function tabulatedOperations({ batch, length, width, sideWidth, heads, sides, position }: Case): number {
  const inner = heads * Math.floor(sideWidth / heads);
  const side = 2 * 2 * batch * length * sideWidth * inner;
  const own = 2 * 2 * length * width * width + 2 * length * length * width;
  return sides * side + (position ? own : 0);
}
