// From a graph to the bytes of an ONNX model: walks the nodes, applies the lowering table, names the results.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import {
  at,
  GraphError,
  type Graph,
  type HostTensor,
  type Node,
  type NodeOf,
  type OpInputs,
  type OpName,
  type Tensor,
} from '@difsr/graph';
import { hostArray } from '@difsr/graph/backend-parts';
import { encodeModel } from '../file/encode.js';
import { takeHistories, type HistoryInput } from '../file/histories.js';
import {
  renameValues,
  withoutDeadNodes,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
} from '../file/model.js';
import { withOpset } from '../file/opset.js';
import { crossEntropies, crossEntropy, required } from './cross-entropy.js';
import { elementwise } from './elementwise.js';
import { Emitter, onnxDTypes, type ComposableOperator, type Target } from './emitter.js';
import { kernels } from './kernels.js';
import type { Lowering, Surroundings } from './lowering.js';
import { plan, type Unit } from './plan.js';
import type { Arithmetic } from './precision.js';
import { products } from './products.js';
import { rows } from './rows.js';
import { recurrence } from './scan.js';
import { shapes } from './shape.js';
import { Values } from './values.js';

/** Every lowering, by op. */
export const lowerings: { readonly [N in OpName]: Lowering<N> } = {
  ...shapes,
  ...elementwise,
  ...products,
  ...rows,
  ...kernels,
  ...crossEntropies,
  ...recurrence,
};

/** Operator set and file format of each target. Opset 17 and IR 8 are what the oldest runtimes still in use read. */
export const targets: { readonly [T in Target]: { readonly opset: number; readonly irVersion: number } } = {
  runtime: { opset: 21, irVersion: 10 },
  export: { opset: 17, irVersion: 8 },
};

/** What {@link toOnnx} takes beside the graph. */
export interface ToOnnxOptions {
  /** `runtime` for ONNX Runtime's own sessions, `export` for files that anything reads. */
  readonly target: Target;
  /** Name of the model's graph. */
  readonly name?: string;
  /** Inputs with these names become tensors of the model instead of inputs. */
  readonly initializers?: Readonly<Record<string, HostTensor>>;
  /** Operator set of an export, 9 to 26; default 17. Not every op can be written at every set. */
  readonly opset?: number;
  /** An input of item ids that takes rows of any length; without it, inputs are the graph's. */
  readonly histories?: HistoryInput;
  /** Written into the file as `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Written into the file as its `doc_string`. */
  readonly description?: string;
}

/**
 * Writes a graph as an ONNX model. Symbolic dimensions become ONNX's dynamic ones, of the same names; inputs and
 * outputs keep their names.
 *
 * @throws GraphError where a size is needed that no input has, an output has the name of another input, or an op cannot
 * be written at the operator set asked for.
 * @example
 * ```ts
 * const x = input('x', ['batch', 3]);
 * writeFileSync('double.onnx', toOnnx(createGraph({ y: mul(x, 2) }), { target: 'export', name: 'double' }));
 * ```
 */
export function toOnnx(graph: Graph, options: ToOnnxOptions): Uint8Array {
  checkOptions('toOnnx', options, OPTIONS, GraphError);
  return encodeModel(lowerModel(graph, options));
}

const OPTIONS: OptionRules<ToOnnxOptions> = {
  target: needed(option.oneOf('runtime', 'export')),
  name: option.text,
  initializers: option.record(option.given),
  opset: option.whole(1),
  histories: option.object<HistoryInput>({
    input: needed(option.text),
    items: needed(option.whole(1)),
    longest: needed(option.whole(1)),
    beside: option.list(option.text),
  }),
  metadata: option.record(option.text),
  description: option.text,
};

/** What sessions of this package can ask for beyond that. */
export interface LowerOptions extends ToOnnxOptions {
  /** Default `float32`; files are float32 always. */
  readonly arithmetic?: Arithmetic;
  /** Operators that the device lacks. */
  readonly lacks?: ReadonlySet<ComposableOperator>;
}

/** The model as plain data. */
export function lowerModel(graph: Graph, options: LowerOptions): OnnxModel {
  const { opset, irVersion } = targets[options.target];
  const { histories, metadata = {}, description = '' } = options;
  const own = lowerGraph(graph, options);
  const lowered = histories === undefined ? own : takeHistories(own, histories);
  const vendor = usesVendor(lowered.nodes);
  const opsets = { '': opset, ...(vendor ? { 'com.microsoft': 1 } : {}) };
  const model = { irVersion, opsets, graph: lowered, metadata, description };
  return options.opset === undefined ? model : withOpset(model, options.opset);
}

function usesVendor(nodes: readonly OnnxNode[]): boolean {
  return nodes.some(
    ({ domain, attributes }) =>
      domain !== '' ||
      Object.values(attributes).some(
        (value) => typeof value === 'object' && 'nodes' in value && usesVendor(value.nodes),
      ),
  );
}

/** The ONNX graph as plain data. */
export function lowerGraph(
  graph: Graph,
  { target, name = 'graph', initializers = {}, arithmetic = 'float32', lacks = new Set() }: LowerOptions,
): OnnxGraph {
  const emitter = Emitter.create(graph, target, lacks);
  const values = new Values(emitter, target === 'runtime' ? arithmetic : 'float32');
  lowerNodes(emitter, graph, values);
  const inputs = new Map([...graph.inputs].filter(([input]) => !(input in initializers)));
  for (const [input, tensor] of Object.entries(initializers)) {
    const declared = graph.inputs.get(input);
    if (declared !== undefined)
      emitter.initializer({
        name: input,
        dtype: onnxDTypes[declared.dtype],
        shape: tensor.shape,
        data: hostArray(input, tensor),
      });
  }
  return nameOutputs(name, graph, emitter, values, inputs, target);
}

/** Lowers the nodes of a graph, or of a body, whose inputs have values already. */
function lowerNodes(emitter: Emitter, graph: Graph, values: Values): void {
  const surroundings = surroundingsOf(graph, values);
  const positions = new Map(graph.nodes.map((node, position) => [node.id, position]));
  const { prefix } = emitter;
  for (const unit of plan(graph)) {
    if (unit.node.op === 'input' && values.has(at(unit.node.outputs, 0))) continue;
    const own = `${unit.node.op}_${positions.get(unit.node.id) ?? ''}`;
    emitter.prefix = prefix === '' ? own : `${prefix}/${own}`;
    lowerUnit(emitter, unit, values, surroundings);
  }
  emitter.prefix = prefix;
}

/** A body is float32 whatever the program: its sums grow over many steps. */
function lowerBody(inner: Emitter, body: Graph, inputs: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const values = new Values(inner, 'float32');
  for (const [name, tensor] of body.inputs) values.assign(tensor, inputs.get(name) ?? '');
  lowerNodes(inner, body, values);
  return new Map([...body.outputs].map(([name, tensor]) => [name, values.nameOf(tensor)]));
}

function surroundingsOf(graph: Graph, values: Values): Surroundings {
  const uses = new Map<Tensor, number>();
  const reads = [
    ...graph.nodes.flatMap((node): readonly (Tensor | undefined)[] => node.inputs),
    ...graph.outputs.values(),
  ];
  for (const tensor of reads) if (tensor !== undefined) uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  return {
    uses: (tensor) => uses.get(tensor) ?? 0,
    valueOf: (tensor) => values.nameOf(tensor),
    lowerBody,
  };
}

function lowerUnit(emitter: Emitter, unit: Unit, values: Values, surroundings: Surroundings): void {
  const { node } = unit;
  const assign = (of: Node, names: readonly string[]): void =>
    of.outputs.forEach((output, i) => values.assign(output, names[i] ?? ''));
  values.enter(node);
  if (unit.kind === 'node') {
    assign(node, lowerNode(emitter, unit.node, surroundings));
    return;
  }
  const [h, table, classes, weights] = unit.gradient.inputs.map(surroundings.valueOf);
  const { loss, gradH, gradTable } = crossEntropy(
    emitter,
    unit.node,
    { h: h ?? '', table: table ?? '', targets: classes ?? '', weights: weights ?? '' },
    true,
  );
  assign(unit.node, required(loss));
  assign(unit.gradient, required(gradH, gradTable));
}

function lowerNode<N extends OpName>(emitter: Emitter, node: NodeOf<N>, surroundings: Surroundings): readonly string[] {
  const lowering: Lowering<N> = lowerings[node.op];
  const inputs = node.inputs.map((tensor) => tensor && surroundings.valueOf(tensor));
  if (!hasArityOf(node, inputs)) throw new GraphError(`${node.op} #${node.id} has a wrong number of inputs`);
  return lowering(emitter, node, inputs, surroundings);
}

/** A list mapped from a node's inputs has their arity, which the types of `map` cannot tell. */
function hasArityOf<N extends OpName>(
  node: NodeOf<N>,
  names: readonly (string | undefined)[],
): names is OpInputs<N, string> {
  return names.length === node.inputs.length;
}

/** The name of an output in the model: its own, unless an input has it. */
export function onnxOutputName(graph: Graph, name: string): string {
  return graph.inputs.has(name) ? `output/${name}` : name;
}

/** Gives results the names of the graph's outputs, by renaming where that is possible and by Identity elsewhere. */
function nameOutputs(
  name: string,
  graph: Graph,
  emitter: Emitter,
  values: Values,
  inputs: ReadonlyMap<string, Tensor>,
  target: Target,
): OnnxGraph {
  values.leave();
  const named = new Map([...graph.outputs.values()].map((tensor) => [tensor, values.nameOf(tensor)]));
  const produced = new Set(emitter.nodes.flatMap(({ outputs }) => outputs));
  const renamed = new Map<string, string>();
  const copies: OnnxNode[] = [];
  const outputs: OnnxValue[] = [];
  for (const [given, tensor] of graph.outputs) {
    const output = onnxOutputName(graph, given);
    if (output !== given && target === 'export')
      throw new GraphError(
        `"${given}" names both an input and an output, which ONNX does not allow: rename the output`,
      );
    const value = named.get(tensor) ?? '';
    if (produced.has(value) && !renamed.has(value)) renamed.set(value, output);
    else copies.push({ type: 'Identity', domain: '', inputs: [value], outputs: [output], attributes: {} });
    outputs.push({ name: output, dtype: onnxDTypes[tensor.dtype], shape: tensor.shape });
  }
  const nodes = withoutDeadNodes(
    renameValues([...emitter.nodes, ...copies], renamed),
    outputs.map((output) => output.name),
  );
  const read = new Set(nodes.flatMap((node) => allReads(node)));
  return {
    name,
    nodes,
    inputs: [...inputs].map(([input, { dtype, shape }]) => ({ name: input, dtype: onnxDTypes[dtype], shape })),
    outputs,
    initializers: emitter.initializers.filter((initializer) => read.has(initializer.name)),
  };
}

function allReads(node: OnnxNode): string[] {
  const inner = Object.values(node.attributes).flatMap((value) =>
    typeof value === 'object' && 'nodes' in value ? value.nodes.flatMap(allReads) : [],
  );
  return [...node.inputs, ...inner];
}
