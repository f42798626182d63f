// What is found out about a graph once: the order of its nodes, and which values nobody reads after each.
import { at, type Graph } from '@difsr/graph';
import type { Values } from './kernel.js';

/** A graph ready to be executed. */
export interface Plan {
  readonly graph: Graph;
  /** For each node, ids of the nodes whose values die with it. */
  readonly lastUses: readonly (readonly number[])[];
  /** Ids of the input nodes. */
  readonly inputs: ReadonlySet<number>;
  /** Values of the constants, by node id. */
  readonly constants: ReadonlyMap<number, Values>;
}

const plans = new WeakMap<Graph, Plan>();

/** The plan of a graph, made at the first call. */
export function planOf(graph: Graph): Plan {
  const known = plans.get(graph);
  if (known !== undefined) return known;
  const inputs = new Set([...graph.inputs.values()].map(({ node }) => node.id));
  const plan = { graph, lastUses: lastUsesOf(graph), inputs, constants: constantsOf(graph) };
  plans.set(graph, plan);
  return plan;
}

function lastUsesOf(graph: Graph): number[][] {
  const lastUser = new Map<number, number>();
  graph.nodes.forEach((node, position) => {
    lastUser.set(node.id, position); // a value that nobody reads dies at once
    for (const tensor of node.inputs) if (tensor !== undefined) lastUser.set(tensor.node.id, position);
  });
  // Values of outputs leave the graph, which the executor sees to.
  for (const tensor of graph.outputs.values()) lastUser.delete(tensor.node.id);
  const lastUses = graph.nodes.map((): number[] => []);
  for (const [id, position] of lastUser) at(lastUses, position).push(id);
  return lastUses;
}

function constantsOf(graph: Graph): Map<number, Values> {
  const constants = new Map<number, Values>();
  for (const node of graph.nodes) {
    if (node.op !== 'constant') continue;
    const { dtype, data } = node.attributes;
    const type = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype];
    constants.set(node.id, type.from(data));
  }
  return constants;
}
