// How much arithmetic a graph asks for: the floor under any implementation's time, once divided by what the machine can do.
import { at, bindShape, type Graph, type Node, type Shape } from '@difsr/graph';

/** Floating-point operations of a graph's matrix products (a multiplication and an addition are two), for given sizes of its symbols. */
export function operations({ nodes }: Pick<Graph, 'nodes'>, sizes: ReadonlyMap<string, number>): number {
  return nodes.reduce((sum, node) => sum + nodeOperations(node, sizes), 0);
}

function nodeOperations(node: Node, sizes: ReadonlyMap<string, number>): number {
  const count = (shape: Shape): number => bindShape(shape, sizes).reduce((product, size) => product * size, 1);
  switch (node.op) {
    case 'matmul': {
      const inner = at(node.inputs[0].shape, node.attributes.transA ? -2 : -1);
      return 2 * count(at(node.outputs, 0).shape) * count([inner]);
    }
    case 'contract':
      return 2 * count(node.inputs[0].shape) * count([at(node.inputs[1].shape, -1)]);
    case 'tableCrossEntropy': // logits
      return 2 * count(node.inputs[0].shape) * count([at(node.inputs[1].shape, 0)]);
    case 'tableCrossEntropyGrad': // two products more, on the same logits
      return 4 * count(node.inputs[0].shape) * count([at(node.inputs[1].shape, 0)]);
    case 'scan': {
      const states = node.inputs[node.attributes.states];
      const [steps = 0] = states === undefined ? [] : bindShape([at(states.shape, 0)], sizes);
      return steps * operations(node.attributes.body, sizes);
    }
    default:
      return 0;
  }
}

/** GFLOP/s of a product of square matrices that took so many milliseconds. */
export function gigaflopsOf(size: number, milliseconds: number): number {
  return (2 * size ** 3) / (milliseconds * 1e6);
}
