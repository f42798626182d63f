// Runs a graph on the active tfjs device, synchronously: node by node, each value disposed when nobody reads it any more.
import {
  at,
  bindInputs,
  bindShape,
  GraphError,
  type DType,
  type Graph,
  type NodeOf,
  type OpName,
  truthBytes,
  type Tensor,
} from '@difsr/graph';
import { engine, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { bitsOf, bringHere, hasHostMemory } from './host.js';
import { alias, run, scalar, tensorOf, type Values } from './kernel.js';
import { lower } from './lower/table.js';
import type { LowerContext, Lowering } from './lower/lowering.js';
import { planOf, type Plan } from './plan.js';

/** Tensors by name, such as a graph's inputs. */
export type NamedTensors = Readonly<Record<string, TfTensor>>;

/**
 * Computes a graph's outputs on the active tfjs device.
 *
 * The graph is planned at the first call. Inputs stay the caller's and are not disposed. Outputs are new tensors, the
 * caller's to dispose, and nothing else is left alive; an output that is an input as it stands is another handle on the
 * same memory, which stays valid when the input is disposed. No gradient is recorded: see `differentiableGraph`.
 *
 * @param inputs a tensor for every input of the graph, of its shape and dtype; symbols such as `batch` are bound by them. In
 * bool tensors, all but 0 is true.
 * @returns the outputs by name.
 * @throws GraphError where inputs do not fit, an id is outside its table, or a size outside its axis.
 * @example
 * ```ts
 * const x = input('x', ['n']);
 * const graph = createGraph({ y: mul(x, 2) });
 * const { y } = runGraph(graph, { x: tf.tensor1d([1, 2]) }); // y: tf.Tensor [2, 4]
 * ```
 */
export function runGraph(graph: Graph, inputs: NamedTensors): Record<string, TfTensor> {
  return runChecked(graph, inputs, truthful);
}

/** {@link runGraph} of tensors that this package made, whose truth values are 0 and 1. */
export function runOwn(graph: Graph, inputs: NamedTensors): Record<string, TfTensor> {
  return runChecked(graph, inputs, (tensor) => tensor);
}

function runChecked(
  graph: Graph,
  inputs: NamedTensors,
  taken: (tensor: TfTensor) => TfTensor,
): Record<string, TfTensor> {
  const plan = planOf(graph);
  const { state } = engine();
  state.kernelDepth++; // as inside a kernel: tfjs records nothing on its tape
  try {
    return engine().tidy(() => execute(plan, new Map(Object.entries(inputs)), taken)); // tidy: disposes all where a kernel throws
  } finally {
    state.kernelDepth--;
  }
}

/** Somebody's truth values as 0 and 1: the same tensor where its memory shows that they are, else a new one. */
function truthful(tensor: TfTensor): TfTensor {
  if (tensor.dtype !== 'bool') return tensor;
  if (!hasHostMemory()) return run('NotEqual', { a: tensor, b: scalar(0) });
  const bytes = bitsOf(tensor);
  const truth = truthBytes(bytes);
  return truth === bytes ? tensor : tensorOf(truth, tensor.shape, 'bool');
}

/** @param outerSizes of a body: what symbols stand for outside. */
function execute(
  plan: Plan,
  inputs: ReadonlyMap<string, TfTensor>,
  taken: (tensor: TfTensor) => TfTensor,
  outerSizes: ReadonlyMap<string, number> = new Map(),
): Record<string, TfTensor> {
  const { graph, lastUses } = plan;
  const sizes = new Map([...outerSizes, ...bindInputs(graph.inputs, typesOf(inputs))]);
  for (const tensor of inputs.values()) bringHere(tensor);
  const fed = new Map([...inputs].map(([name, tensor]) => [name, taken(tensor)]));
  const feed = (name: string): TfTensor => {
    const tensor = fed.get(name);
    if (tensor === undefined) throw new GraphError(`input "${name}" was not given`);
    return tensor;
  };
  const computed = new Map<number, readonly TfTensor[]>();
  const read = (tensor: Tensor): TfTensor => {
    const value = computed.get(tensor.node.id)?.[tensor.index];
    if (value === undefined)
      throw new GraphError(`${tensor.node.op} #${tensor.node.id} was read before it was computed`);
    return value;
  };
  graph.nodes.forEach((node, position) => {
    // An input is read where it stands, and is not ours to dispose.
    if (node.op === 'input') computed.set(node.id, [feed(node.attributes.name)]);
    else computed.set(node.id, runNode(node, { read, sizes, feed, constants: plan.constants }));
    for (const id of lastUses[position] ?? []) {
      if (!plan.inputs.has(id)) for (const tensor of computed.get(id) ?? []) tensor.dispose();
      computed.delete(id);
    }
  });
  const outputs = [...graph.outputs].map(([name, tensor]) => [name, alias(read(tensor))] as const);
  for (const [id, tensors] of computed) if (!plan.inputs.has(id)) for (const tensor of tensors) tensor.dispose();
  return Object.fromEntries(outputs);
}

interface NodeValues {
  readonly read: (tensor: Tensor) => TfTensor;
  readonly sizes: ReadonlyMap<string, number>;
  readonly feed: (name: string) => TfTensor;
  readonly constants: ReadonlyMap<number, Values>;
}

function runNode<N extends OpName>(node: NodeOf<N>, { read, sizes, feed, constants }: NodeValues): readonly TfTensor[] {
  const lowering: Lowering<N> = lower[node.op];
  const inputs: readonly (TfTensor | undefined)[] = node.inputs.map((tensor) => tensor && read(tensor));
  const temporary: TfTensor[] = [];
  const context: LowerContext<N> = {
    // The list has the arity of the node it was mapped from, which a mapped tuple type cannot express.
    inputs: inputs as LowerContext<N>['inputs'],
    attributes: node.attributes,
    shape: bindShape(at(node.outputs, 0).shape, sizes),
    sizes,
    scratch: (tensor) => {
      temporary.push(tensor);
      return tensor;
    },
    feed,
    runBody: (body, values) => execute(planOf(body), values, (tensor) => tensor, sizes),
    constant: () => {
      const values = constants.get(node.id);
      if (values === undefined) throw new GraphError(`constant #${node.id} has no values`);
      return values;
    },
  };
  try {
    return lowering(context);
  } catch (error) {
    throw error instanceof GraphError ? new GraphError(`node #${node.id}: ${error.message}`) : error;
  } finally {
    for (const tensor of temporary) tensor.dispose();
  }
}

function typesOf(
  inputs: ReadonlyMap<string, TfTensor>,
): Map<string, { readonly dtype: DType; readonly shape: readonly number[] }> {
  const types = new Map<string, { readonly dtype: DType; readonly shape: readonly number[] }>();
  for (const [name, { dtype, shape, isDisposed }] of inputs) {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
      throw new GraphError(`input "${name}" is a ${dtype} tensor: graphs take float32, int32 and bool`);
    if (isDisposed) throw new GraphError(`input "${name}" was disposed before the run`);
    types.set(name, { dtype, shape });
  }
  return types;
}
