// Runs a graph node by node on values, dropping each value after its last use.
import { bindInputs, type Feeds, type HostTensor } from '../backend.js';
import { bindShape } from '../shapes.js';
import type { OpName, Graph, NodeOf, Tensor } from '../signatures.js';
import { at, GraphError } from '../types.js';
import { kernels, type Kernel, type KernelContext } from './kernels.js';
import { fromFeed, toHost, type Value } from './values.js';

/** A graph with, for each node, the ids of the nodes whose values nobody reads after it. */
export interface Plan {
  readonly graph: Graph;
  readonly lastUses: readonly (readonly number[])[];
}

/** Finds out when each value is read for the last time. */
export function plan(graph: Graph): Plan {
  const lastUser = new Map<number, number>();
  graph.nodes.forEach((node, position) => {
    lastUser.set(node.id, position); // a value that nobody reads dies at once
    for (const tensor of node.inputs) if (tensor !== undefined) lastUser.set(tensor.node.id, position);
  });
  for (const tensor of graph.outputs.values()) lastUser.delete(tensor.node.id);
  const lastUses = graph.nodes.map((): number[] => []);
  for (const [id, position] of lastUser) at(lastUses, position).push(id);
  return { graph, lastUses };
}

const bodyPlans = new WeakMap<Graph, Plan>();

function bodyPlan(body: Graph): Plan {
  const known = bodyPlans.get(body) ?? plan(body);
  bodyPlans.set(body, known);
  return known;
}

/**
 * The values of a plan's outputs.
 *
 * @param outerSizes of a body: what symbols stand for outside.
 * @throws GraphError where inputs do not fit, an id is outside its table, or a size outside its axis; it names the node.
 */
export function interpret(
  { graph, lastUses }: Plan,
  feeds: ReadonlyMap<string, Value>,
  outerSizes: ReadonlyMap<string, number> = new Map(),
): Map<string, Value> {
  const sizes = new Map([...outerSizes, ...bindInputs(graph.inputs, feeds)]);
  const feed = (name: string): Value => {
    const value = feeds.get(name);
    if (value === undefined) throw new GraphError(`input "${name}" was not given`);
    return value;
  };
  const computed = new Map<number, readonly Value[]>();
  const read = (tensor: Tensor): Value => {
    const value = computed.get(tensor.node.id)?.[tensor.index];
    if (value === undefined)
      throw new GraphError(`${tensor.node.op} #${tensor.node.id} was read before it was computed`);
    return value;
  };
  graph.nodes.forEach((node, position) => {
    computed.set(node.id, runNode(node, read, sizes, feed));
    for (const id of lastUses[position] ?? []) computed.delete(id);
  });
  return new Map([...graph.outputs].map(([name, tensor]) => [name, read(tensor)]));
}

function runNode<N extends OpName>(
  node: NodeOf<N>,
  read: (tensor: Tensor) => Value,
  sizes: ReadonlyMap<string, number>,
  feed: (name: string) => Value,
): readonly Value[] {
  const kernel: Kernel<N> = kernels[node.op];
  const inputs: readonly (Value | undefined)[] = node.inputs.map((tensor) => tensor && read(tensor));
  const context: KernelContext<N> = {
    // The list has the arity of the node it was mapped from, which a mapped tuple type cannot express.
    inputs: inputs as KernelContext<N>['inputs'],
    attributes: node.attributes,
    shape: bindShape(at(node.outputs, 0).shape, sizes),
    sizes,
    feed,
    runBody: (body, values) => interpret(bodyPlan(body), values, sizes),
  };
  try {
    return kernel(context);
  } catch (error) {
    throw error instanceof GraphError ? new GraphError(`node #${node.id}: ${error.message}`) : error;
  }
}

/**
 * Evaluates a graph once in double precision, without a backend: for tests, checks and constant folding.
 *
 * @returns the outputs by name; float32 tensors as Float64Array.
 * @throws GraphError where a feed is missing or has another shape or dtype than its input.
 * @example
 * ```ts
 * const x = input('x', ['n']);
 * const { y } = evaluate(createGraph({ y: mul(x, 2) }), { x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
 * // y.data: Float64Array [2, 4]
 * ```
 */
export function evaluate(graph: Graph, feeds: Feeds = {}): Record<string, HostTensor> {
  const values = new Map(Object.entries(feeds).map(([name, feed]) => [name, fromFeed(name, feed)]));
  const outputs = interpret(plan(graph), values);
  return Object.fromEntries([...outputs].map(([name, value]) => [name, toHost(value)]));
}
