// From outputs to a graph: what they reach, in an order in which it can be computed.
import { GraphError } from './types.js';
import type { Graph, Node, Tensor } from './signatures.js';

/** Every node that the tensors depend on, inputs first; the order is that of a depth-first walk, so it does not depend on unrelated nodes. */
export function reachable(tensors: Iterable<Tensor>): Node[] {
  const order: Node[] = [];
  const state = new Set<number>();
  // An explicit stack: deep graphs (unrolled layers, chained gradients) must not overflow the call stack.
  for (const { node: root } of tensors) {
    const stack: { node: Node; next: number }[] = state.has(root.id) ? [] : [{ node: root, next: 0 }];
    state.add(root.id);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const input = top.node.inputs[top.next++];
      if (top.next > top.node.inputs.length) {
        order.push(top.node);
        stack.pop();
      } else if (input !== undefined && !state.has(input.node.id)) {
        state.add(input.node.id);
        stack.push({ node: input.node, next: 0 });
      }
    }
  }
  return order;
}

/**
 * The graph of named outputs.
 *
 * @param keep inputs that the graph has even where no output needs them.
 * @throws GraphError where two different inputs carry one name.
 * @example
 * ```ts
 * const x = input('x', ['batch', 3]);
 * const graph = createGraph({ y: mul(x, 2) });
 * ```
 */
export function createGraph(outputs: Readonly<Record<string, Tensor>>, keep: readonly Tensor[] = []): Graph {
  const named = new Map(Object.entries(outputs));
  const nodes = reachable([...keep, ...named.values()]);
  const inputs = new Map<string, Tensor>();
  for (const node of nodes) {
    if (node.op !== 'input') continue;
    const { name } = node.attributes;
    if (inputs.has(name))
      throw new GraphError(`two different inputs are named "${name}": create an input once and reuse the tensor`);
    const [tensor] = node.outputs;
    if (tensor !== undefined) inputs.set(name, tensor);
  }
  return { inputs, outputs: named, nodes };
}
