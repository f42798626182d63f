// The one way to change a graph: walk it inputs first, give each node's outputs a replacement.
import { apply } from './build.js';
import { createGraph, reachable } from './graph.js';
import type { OpName, Graph, Node, NodeOf, Tensor } from './signatures.js';

/** Given a node and the outputs of its rebuilt self, the tensors to use instead. */
export type Rule = (node: Node, rebuilt: readonly Tensor[]) => readonly Tensor[];

/**
 * Rebuilds a graph bottom-up through `rule`; `given` replaces tensors outright.
 * A pass must not change what a program is fed: without `given`, all inputs stay, even one that is no longer used.
 */
export function rewrite(graph: Graph, rule: Rule, given: ReadonlyMap<Tensor, Tensor> = new Map()): Graph {
  const current = replacements(graph.nodes, rule, given);
  const inputs = given.size === 0 ? [...graph.inputs.values()] : [];
  return createGraph(Object.fromEntries([...graph.outputs].map(([name, tensor]) => [name, current(tensor)])), inputs);
}

/** Tensors computed from others: wherever they depend on a tensor of `given`, on its replacement instead. */
export function substitute(tensors: readonly Tensor[], given: ReadonlyMap<Tensor, Tensor>): Tensor[] {
  return tensors.map(replacements(reachable(tensors), (_, rebuilt) => rebuilt, given));
}

function replacements(
  nodes: readonly Node[],
  rule: Rule,
  given: ReadonlyMap<Tensor, Tensor>,
): (tensor: Tensor) => Tensor {
  const replaced = new Map<Tensor, Tensor>(given);
  const current = (tensor: Tensor): Tensor => replaced.get(tensor) ?? tensor;
  for (const node of nodes) {
    const rebuilt = rebuild(node, current);
    const result = rule(rebuilt, rebuilt.outputs);
    node.outputs.forEach((output, i) => {
      const replacement = result[i];
      if (replacement !== undefined && !given.has(output)) replaced.set(output, replacement);
    });
  }
  return current;
}

/** The node itself if none of its inputs changed, else a copy on the new inputs. */
function rebuild(node: Node, current: (tensor: Tensor) => Tensor): Node {
  const inputs = node.inputs.map((tensor) => tensor && current(tensor));
  if (inputs.every((tensor, i) => tensor === node.inputs[i])) return node;
  return copy(node, inputs);
}

function copy<N extends OpName>(node: NodeOf<N>, inputs: readonly (Tensor | undefined)[]): Node {
  // The list has the arity of the node it was mapped from, which a mapped tuple type cannot express.
  const outputs = apply(node.op, inputs as NodeOf<N>['inputs'], node.attributes);
  const [first] = outputs;
  if (first === undefined) throw new Error(`op ${node.op} has no output`);
  return first.node;
}
