// The order in which nodes are lowered, and which are lowered together: a cross-entropy and its gradient on the same
// operands share one computation of the logits.
import { type Graph, type Node, type NodeOf, type Tensor } from '@difsr/graph';

/** One step of the lowering. */
export type Unit =
  | { readonly kind: 'node'; readonly node: Node }
  | {
      readonly kind: 'crossEntropyWithGradient';
      readonly node: NodeOf<'tableCrossEntropy'>;
      readonly gradient: NodeOf<'tableCrossEntropyGrad'>;
    };

/** All nodes, each once, inputs before uses. */
export function plan(graph: Graph): Unit[] {
  const unitOf = new Map<number, Unit>();
  for (const pair of crossEntropyPairs(graph)) {
    unitOf.set(pair.node.id, pair);
    unitOf.set(pair.gradient.id, pair);
  }
  for (const node of graph.nodes) if (!unitOf.has(node.id)) unitOf.set(node.id, { kind: 'node', node });
  const order: Unit[] = [];
  const visited = new Set<Unit>();
  // Depth first with an explicit stack, as a pair may need nodes that stand behind its first half in the graph's order.
  for (const { id: root } of graph.nodes) {
    const stack: { readonly unit: Unit; entered: boolean }[] = [];
    const push = (id: number): void => {
      const unit = unitOf.get(id);
      if (unit !== undefined && !visited.has(unit)) stack.push({ unit, entered: false });
    };
    push(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.entered || visited.has(top.unit)) {
        stack.pop();
        if (!visited.has(top.unit)) {
          visited.add(top.unit);
          order.push(top.unit);
        }
        continue;
      }
      top.entered = true;
      for (const tensor of unitInputs(top.unit).toReversed()) push(tensor.node.id);
    }
  }
  return order;
}

function unitInputs(unit: Unit): Tensor[] {
  const inputs: readonly (Tensor | undefined)[] = unit.kind === 'node' ? unit.node.inputs : unit.gradient.inputs;
  return inputs.filter((tensor) => tensor !== undefined);
}

/** Pairs on the same operands whose gradient's weights do not depend on such a loss (a pair is computed at once). */
function crossEntropyPairs(graph: Graph): Extract<Unit, { kind: 'crossEntropyWithGradient' }>[] {
  const pairs: Extract<Unit, { kind: 'crossEntropyWithGradient' }>[] = [];
  const paired = new Set<number>();
  const afterLoss = dependents(graph);
  for (const gradient of graph.nodes) {
    if (gradient.op !== 'tableCrossEntropyGrad') continue;
    const partner = graph.nodes.find(
      (node): node is NodeOf<'tableCrossEntropy'> =>
        node.op === 'tableCrossEntropy' &&
        !paired.has(node.id) &&
        node.attributes.firstClass === gradient.attributes.firstClass &&
        node.inputs.every((tensor, i) => tensor === gradient.inputs[i]),
    );
    if (partner === undefined || afterLoss.has(gradient.inputs[3].node.id)) continue;
    paired.add(partner.id);
    pairs.push({ kind: 'crossEntropyWithGradient', node: partner, gradient });
  }
  return pairs;
}

/** Ids of the nodes that depend on any cross-entropy. */
function dependents(graph: Graph): Set<number> {
  const reached = new Set<number>();
  for (const node of graph.nodes) {
    if (
      node.op === 'tableCrossEntropy' ||
      node.inputs.some((input) => input !== undefined && reached.has(input.node.id))
    )
      reached.add(node.id);
  }
  return reached;
}
