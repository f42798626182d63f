// The executable specification of a graph, run after every pass: what holds for each node, and
// between nodes.
import { ops } from './ops.js';
import type { OpName, Graph, NodeOf } from './signatures.js';
import { formatType, GraphError, sameShape, type TensorType } from './types.js';

/**
 * Checks that inputs come before uses, that types are what the op table infers, and that names are in order.
 *
 * @throws GraphError naming the first node that is wrong.
 */
export function verify(graph: Graph): void {
  const known = new Set<number>();
  for (const node of graph.nodes) {
    for (const tensor of node.inputs) {
      if (tensor !== undefined && !known.has(tensor.node.id))
        throw new GraphError(
          `${node.op} #${node.id} uses #${tensor.node.id} (${tensor.node.op}) before it is computed`,
        );
      if (tensor !== undefined && tensor.node.outputs[tensor.index] !== tensor)
        throw new GraphError(`${node.op} #${node.id} uses a tensor that its node does not have`);
    }
    verifyTypes(node);
    if (node.op === 'scan') verify(node.attributes.body);
    known.add(node.id);
    if (node.op === 'input' && graph.inputs.get(node.attributes.name)?.node !== node)
      throw new GraphError(`input "${node.attributes.name}" is not listed among the graph's inputs`);
  }
  for (const [name, tensor] of graph.outputs) {
    if (!known.has(tensor.node.id)) throw new GraphError(`output "${name}" is not computed by the graph`);
  }
}

function verifyTypes<N extends OpName>(node: NodeOf<N>): void {
  const inferred: readonly TensorType[] = ops[node.op].infer(node.inputs, node.attributes);
  if (inferred.length !== node.outputs.length)
    throw new GraphError(
      `${node.op} #${node.id} has ${node.outputs.length} outputs, its rule gives ${inferred.length}`,
    );
  inferred.forEach((type, i) => {
    const output = node.outputs[i];
    if (output === undefined || output.dtype !== type.dtype || !sameShape(output.shape, type.shape)) {
      throw new GraphError(
        `${node.op} #${node.id}: output ${i} is ${output === undefined ? 'missing' : formatType(output)}, its rule gives ${formatType(type)}`,
      );
    }
  });
}
