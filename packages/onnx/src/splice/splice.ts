// Puts a graph into somebody's ONNX model: one tensor of the model is from then on computed by our graph, from tensors
// that the model has and from new inputs. All that no output needs any more goes; the rest stays as it was.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { create, toBinary } from '@bufbuild/protobuf';
import { formatShape, formatType, type Graph, type HostTensor, type Tensor } from '@difsr/graph';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProto_DataType,
  ValueInfoProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from '../protobuf/onnx_pb.js';
import { lowerModel } from '../lower/to-onnx.js';
import { decodeModel, elementTypeName, nearest, OnnxModelError, type OnnxValueSummary } from '../file/decode.js';
import { graphMessage, onnxDataType, tensorValue } from '../file/encode.js';
import { renameValues, type OnnxDType, type OnnxGraph, type OnnxNode, type OnnxValue } from '../file/model.js';
import { allNames, bodyThatHolds, liveNodes, sweep } from './rewire.js';
import { opsetRange, withOpset } from '../file/opset.js';
import { ValueTypes, type Known, type KnownDim } from './types.js';

/** Where an input of the graph comes from: a tensor of the model by name, or an input that the model gets. */
export type SpliceSource = string | { readonly input: string };

/** What {@link spliceGraph} puts where. */
export interface Splice {
  /** Has one output. */
  readonly graph: Graph;
  /** The tensor of the model that the graph's output takes the place of. */
  readonly replace: string;
  /** By input of the graph. */
  readonly connect: Readonly<Record<string, SpliceSource>>;
  /** Inputs of the graph with these names become tensors of the model instead. */
  readonly initializers?: Readonly<Record<string, HostTensor>>;
  /** Before all new names; default `dif`, or `dif_2` and so on where the model has such names. */
  readonly prefix?: string;
}

const newInput = option.object<Extract<SpliceSource, object>>({ input: needed(option.text) });
const OPTIONS: OptionRules<Splice> = {
  graph: needed(option.given),
  replace: needed(option.text),
  connect: needed(option.record((value, path) => (typeof value === 'string' ? undefined : newInput(value, path)))),
  initializers: option.record(option.given),
  prefix: option.text,
};

/** What the model says of a tensor. */
export type TypeOf = (tensor: string) => OnnxValueSummary;

/**
 * Splices a graph into an ONNX model.
 *
 * The graph is written at the model's own operator set (9 to 26), so that no other node changes its meaning. New values
 * are named `PREFIX/...`. Nodes and tensors that no output needs any more are dropped; inputs stay, used or not, so
 * that callers feed what they fed before. Element types are converted where the model says that they differ (a float16
 * model stays one outside of the new part). Tensors in external files stay there: save the result beside them.
 *
 * @param bytes of an .onnx file; they are not changed.
 * @param splice or a function that makes it, knowing the model's tensors. Symbols of the graph's inputs (`batch`,
 * `length`) take the model's sizes.
 * @returns the bytes of the new model.
 * @throws OnnxModelError where a tensor is not found, cannot be replaced, or has another rank, width or type.
 * @throws GraphError where the graph has an operator that the model's operator set lacks.
 * @example
 * ```ts
 * const x = input('x', ['batch', 'length', 64]);
 * const graph = createGraph({ y: mul(x, 0.5) });
 * const changed = spliceGraph(bytes, { graph, replace: 'encoder/norm', connect: { x: 'encoder/add' } });
 * ```
 */
export function spliceGraph(bytes: Uint8Array, splice: Splice | ((typeOf: TypeOf) => Splice)): Uint8Array {
  const { model, graph: target } = decodeModel(bytes);
  const types = new ValueTypes(target);
  const options = typeof splice === 'function' ? splice((tensor) => types.summary(tensor)) : splice;
  checkOptions('spliceGraph', options, OPTIONS, OnnxModelError);
  const { graph } = options;
  if (model.trainingInfo.length > 0)
    throw new OnnxModelError('the model holds training information: export it for inference, without');
  const [output] = graph.outputs.values();
  if (output === undefined || graph.outputs.size !== 1)
    throw new OnnxModelError(`the graph must have one output, it has ${graph.outputs.size}`);
  const producer = producerOf(target, options.replace);
  const prefix = freshPrefix(target, options.prefix ?? 'dif');
  const connections = connect(target, types, prefix, options);
  const result = checkOutput(options.replace, output, types.of(options.replace), connections.sizes);

  const opset = standardOpset(model);
  const part = withOpset(
    lowerModel(graph, { target: 'export', initializers: options.initializers ?? {} }),
    opset,
  ).graph;
  const { nodes, initializers } = rename(part, prefix, connections, result, options.replace);
  const message = create(
    GraphProtoSchema,
    graphMessage({ ...part, nodes, initializers, inputs: connections.added, outputs: [] }),
  );

  // Nodes are named after what they compute, and this name was another node's.
  for (const node of message.node) if (node.output.includes(options.replace)) node.name = `${prefix}/replacement`;
  // The old result gives up its name; whatever computed nothing else dies with it.
  producer.output = producer.output.map((name) => (name === options.replace ? `${prefix}/replaced` : name));
  const at = target.node.indexOf(producer);
  const all = [...target.node.slice(0, at), ...message.node, ...target.node.slice(at)];
  const live = liveNodes(
    all,
    target.output.map(({ name }) => name),
  );
  if (!live.some((node) => node.output.includes(options.replace)))
    throw new OnnxModelError(
      `no output of the model depends on "${options.replace}", so replacing it changes nothing: name the tensor that the next layer reads`,
    );
  setOpset(model, opset);
  target.node = live;
  target.input.push(...message.input);
  target.initializer.push(...message.initializer);
  // Before IR 4 every tensor of a model is also one of its inputs.
  if (model.irVersion < 4n)
    target.input.push(
      ...message.initializer.map(({ name, dims, dataType }) =>
        create(ValueInfoProtoSchema, tensorValue(name, dataType, dims.map(Number))),
      ),
    );
  sweep(target, new Set(message.input.map(({ name }) => name)));
  return toBinary(ModelProtoSchema, model);
}

function producerOf(graph: GraphProto, replace: string): NodeProto {
  const producer = graph.node.find(({ output }) => output.includes(replace));
  if (producer !== undefined) {
    // A node's other outputs stay as they are, but this one must be free to vanish.
    if (replace === '') throw new OnnxModelError('"" names no tensor: name the one that the attention computes');
    return producer;
  }
  const body = bodyThatHolds(graph, replace);
  if (body !== undefined)
    throw new OnnxModelError(
      `tensor "${replace}" is computed inside the body of a node ${body}; only tensors of the model's main graph can be replaced: export the model without control flow`,
    );
  const given = graph.input.some(({ name }) => name === replace) ? 'an input' : 'a constant';
  if (given === 'an input' || graph.initializer.some(({ name }) => name === replace))
    throw new OnnxModelError(`"${replace}" is ${given} of the model and computed by no node: name a node's output`);
  throw new OnnxModelError(
    `the model computes no tensor "${replace}"${nearest(
      replace,
      graph.node.flatMap(({ output }) => output),
    )}`,
  );
}

function freshPrefix(graph: GraphProto, wanted: string): string {
  const names = [...allNames(graph)];
  let prefix = wanted;
  for (let i = 2; names.some((name) => name === prefix || name.startsWith(`${prefix}/`)); i++)
    prefix = `${wanted}_${i}`;
  return prefix;
}

/** The model's version of the standard operators. */
function standardOpset({ opsetImport }: ModelProto): number {
  const entry = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  if (entry === undefined) return 17; // a model of vendor operators alone
  const version = Number(entry.version);
  if (version < opsetRange.oldest || version > opsetRange.newest)
    throw new OnnxModelError(
      `the model uses opset ${version}; ${opsetRange.oldest} to ${opsetRange.newest} can be spliced into. Convert it first, in Python: onnx.version_converter.convert_version(model, 17)`,
    );
  return version;
}

function setOpset({ opsetImport }: ModelProto, opset: number): void {
  if (opsetImport.some(({ domain }) => domain === '' || domain === 'ai.onnx')) return;
  opsetImport.push({ $typeName: 'onnx.OperatorSetIdProto', domain: '', version: BigInt(opset) });
}

/** How the inputs of a graph meet the model. */
interface Connections {
  /** Name in the model by input of the graph. */
  readonly names: ReadonlyMap<string, string>;
  readonly casts: readonly OnnxNode[];
  readonly added: readonly OnnxValue[];
  /** What the graph's symbols are in the model. */
  readonly sizes: ReadonlyMap<string, number | string>;
}

function connect(
  target: GraphProto,
  types: ValueTypes,
  prefix: string,
  { graph, connect: sources, initializers = {} }: Splice,
): Connections {
  const names = new Map<string, string>();
  const casts: OnnxNode[] = [];
  const sizes = new Map<string, number | string>();
  const missing: [input: string, tensor: Tensor, name: string][] = [];
  const known = allTensors(target);
  for (const input of Object.keys(sources)) {
    if (!graph.inputs.has(input) || input in initializers)
      throw new OnnxModelError(
        `nothing to connect to "${input}"; the graph reads ${[...graph.inputs.keys()].filter((name) => !(name in initializers)).join(', ')}`,
      );
  }
  for (const [input, tensor] of graph.inputs) {
    if (input in initializers) continue;
    const source = sources[input];
    if (source === undefined)
      throw new OnnxModelError(`"${input}" (${formatType(tensor)}) is connected to nothing: name a tensor or an input`);
    const name = typeof source === 'string' ? source : source.input;
    if (!known.has(name)) {
      if (typeof source === 'string')
        throw new OnnxModelError(
          `"${input}" should come from "${name}", which the model does not have${nearest(name, known)}; a new input is written { input: "${name}" }`,
        );
      missing.push([input, tensor, name]);
      continue;
    }
    const type = types.of(name);
    checkShape(`"${name}" (for "${input}")`, tensor, type, sizes);
    const wanted = inputTypes[tensor.dtype];
    const converted = `${prefix}/connect/${input}`;
    const cast = wanted.castFrom(type.elementType, name);
    names.set(input, cast ? converted : name);
    if (cast) casts.push(castNode(name, converted, onnxDataType(wanted.dtype)));
  }
  const added = new Map<string, OnnxValue>();
  const symbols = types.symbols();
  for (const [input, tensor, name] of missing) {
    if (added.has(name)) throw new OnnxModelError(`two inputs of the graph are to be one new input "${name}"`);
    names.set(input, name);
    const shape = tensor.shape.map((dim) =>
      typeof dim === 'number' ? dim : (sizes.get(dim) ?? (symbols.has(dim) ? `${prefix}/${dim}` : dim)),
    );
    added.set(name, { name, dtype: inputTypes[tensor.dtype].dtype, shape });
  }
  return { names, casts, added: [...added.values()], sizes };
}

function allTensors(graph: GraphProto): Set<string> {
  const names = [graph.input, graph.initializer, graph.node.flatMap(({ output }) => output.map((name) => ({ name })))]
    .flat()
    .map(({ name }) => name);
  return new Set(names.filter((name) => name !== ''));
}

/** Whether rank and sizes fit, as far as they are known; binds the graph's symbols to the model's sizes. */
function checkShape(what: string, tensor: Tensor, known: Known, sizes: Map<string, number | string>): void {
  if (known.noTensor !== undefined) throw new OnnxModelError(`${what} is no tensor but a ${known.noTensor}`);
  const wanted = tensor.shape;
  if (known.dims === undefined) {
    const width = wanted.at(-1);
    if (known.last !== undefined && typeof width === 'number' && width !== known.last)
      throw new OnnxModelError(`${what} has width ${known.last}, ${formatShape(wanted)} is needed`);
    return;
  }
  const found = `[${known.dims.map((dim) => dim ?? '?').join(', ')}]`;
  if (known.dims.length !== wanted.length)
    throw new OnnxModelError(
      `${what} is ${found}, ${formatShape(wanted)} is needed: a tensor of rank ${wanted.length}`,
    );
  wanted.forEach((dim, axis) => {
    const size: KnownDim = known.dims?.[axis];
    if (size === undefined) return;
    const expected = typeof dim === 'number' ? dim : sizes.get(dim);
    if (expected === undefined && typeof dim === 'string') sizes.set(dim, size);
    else if (typeof expected === 'number' && typeof size === 'number' && expected !== size)
      throw new OnnxModelError(
        `${what} is ${found}, ${formatShape(wanted)} is needed${typeof dim === 'string' ? ` with ${dim} = ${expected}` : ''}`,
      );
    // Two symbols may be one size, and a symbol may turn out to be that number: only running tells.
    else if (typeof dim === 'string' && typeof size === 'number') sizes.set(dim, size);
  });
}

const floats: ReadonlySet<number> = new Set([
  TensorProto_DataType.FLOAT,
  TensorProto_DataType.FLOAT16,
  TensorProto_DataType.BFLOAT16,
  TensorProto_DataType.DOUBLE,
]);

/** What each of our element types is in ONNX, and whether a value of the model must be converted to it. */
const inputTypes: {
  readonly [D in Tensor['dtype']]: {
    readonly dtype: OnnxDType;
    readonly castFrom: (type: number | undefined, name: string) => boolean;
  };
} = {
  float32: {
    dtype: 'float',
    castFrom: (type, name) => {
      if (type !== undefined && !floats.has(type))
        throw new OnnxModelError(
          `"${name}" holds ${elementTypeName(type)}, floats are needed: in a quantized model name the tensor after DequantizeLinear`,
        );
      return type !== undefined && type !== TensorProto_DataType.FLOAT;
    },
  },
  // Ids and masks come in many types, and Cast is free where it changes nothing.
  int32: { dtype: 'int32', castFrom: (type) => type !== TensorProto_DataType.INT32 },
  bool: { dtype: 'bool', castFrom: (type) => type !== TensorProto_DataType.BOOL },
};

function castNode(from: string, to: string, type: number): OnnxNode {
  return { type: 'Cast', domain: '', inputs: [from], outputs: [to], attributes: { to: type } };
}

/** The element type that the result must be converted to, if it is another than the graph's. */
function checkOutput(
  replace: string,
  output: Tensor,
  known: Known,
  sizes: ReadonlyMap<string, number | string>,
): number | undefined {
  checkShape(`"${replace}" (to be replaced)`, output, known, new Map(sizes));
  const own = onnxDataType(inputTypes[output.dtype].dtype);
  const { elementType } = known;
  if (elementType === undefined || elementType === own) return undefined;
  if (output.dtype !== 'float32' || !floats.has(elementType))
    throw new OnnxModelError(
      `"${replace}" holds ${elementTypeName(elementType)}, the new part computes ${output.dtype}: in a quantized model name the tensor before QuantizeLinear`,
    );
  return elementType;
}

function rename(
  part: OnnxGraph,
  prefix: string,
  { names, casts }: Connections,
  castTo: number | undefined,
  replace: string,
): Pick<OnnxGraph, 'nodes' | 'initializers'> {
  const output = part.outputs[0]?.name ?? '';
  const result = castTo === undefined ? replace : `${prefix}/result`;
  const renamed = new Map<string, string>(names);
  renamed.set(output, result);
  for (const name of [...part.nodes.flatMap(({ outputs }) => outputs), ...part.initializers.map((each) => each.name)])
    if (!renamed.has(name)) renamed.set(name, `${prefix}/${name}`);
  const nodes = [...casts, ...renameValues(part.nodes, renamed)];
  if (castTo !== undefined) nodes.push(castNode(result, replace, castTo));
  return {
    nodes,
    initializers: part.initializers.map((tensor) => ({ ...tensor, name: renamed.get(tensor.name) ?? tensor.name })),
  };
}
