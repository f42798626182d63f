// A part of somebody's ONNX model as a model of its own: what lies between some of its tensors and others.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { create, toBinary } from '@bufbuild/protobuf';
import { formatShape, type Shape } from '@difsr/graph';
import { decodeModel, elementTypeName, nearest, OnnxModelError } from '../file/decode.js';
import { tensorValue } from '../file/encode.js';
import { ModelProtoSchema, ValueInfoProtoSchema, type GraphProto, type ValueInfoProto } from '../protobuf/onnx_pb.js';
import { liveNodes, readsOf, sweep } from './rewire.js';
import { ValueTypes } from './types.js';

/** What {@link extractOnnx} takes out. */
export interface Extraction {
  /** Tensors that become inputs, with the shape to declare; texts are symbols: `{ hidden: ['batch', 'length', 64] }`. */
  readonly inputs: Readonly<Record<string, Shape>>;
  /** Tensors that become outputs. */
  readonly outputs: readonly string[];
}

const OPTIONS: OptionRules<Extraction> = {
  inputs: needed(option.record(option.given)),
  outputs: needed(option.list(option.text)),
};

/**
 * Takes a part out of an ONNX model: the nodes and weights with which `outputs` are computed of `inputs`, untouched, at the
 * model's own operator set.
 *
 * @param bytes of an .onnx file; they are not changed.
 * @returns the bytes of the part.
 * @throws OnnxModelError where a tensor is not there, the outputs need something else than the inputs, a shape is not what
 * the model says, or the model does not say of which type a tensor is.
 * @example
 * ```ts
 * const block = extractOnnx(bytes, { inputs: { '/norm/out': ['batch', 'length', 64] }, outputs: ['/layer.0/out'] });
 * ```
 */
export function extractOnnx(bytes: Uint8Array, extraction: Extraction): Uint8Array {
  checkOptions('extractOnnx', extraction, OPTIONS, OnnxModelError);
  const { model, graph } = decodeModel(bytes);
  const tensors: Tensors = { names: namesOf(graph), types: new ValueTypes(graph) };
  const inputs = Object.entries(extraction.inputs).map(([name, shape]) => inputOf(tensors, name, shape));
  const outputs = extraction.outputs.map((name) => outputOf(tensors, name));
  const given = new Set(inputs.map(({ name }) => name));
  const nodes = liveNodes(
    graph.node.filter(({ output }) => !output.some((name) => given.has(name))),
    extraction.outputs,
  );
  const known = new Set([
    ...given,
    ...graph.initializer.map(({ name }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
    ...nodes.flatMap(({ output }) => output),
  ]);
  for (const name of [...nodes.flatMap(readsOf), ...extraction.outputs])
    if (!known.has(name) && tensors.names.has(name))
      throw new OnnxModelError({
        what: `the outputs also need "${name}", which the inputs do not give`,
        option: 'inputs',
        cure: 'add it to the inputs, or name inputs further on',
      });
  graph.node = nodes;
  graph.input = inputs;
  graph.output = outputs;
  sweep(graph, given);
  // Before IR 4 every tensor of a model is also one of its inputs.
  if (model.irVersion < 4n)
    for (const { name, dims, dataType } of graph.initializer)
      graph.input.push(create(ValueInfoProtoSchema, tensorValue(name, dataType, dims.map(Number))));
  return toBinary(ModelProtoSchema, model);
}

/** The tensors of a model outside of bodies. */
interface Tensors {
  readonly names: ReadonlySet<string>;
  readonly types: ValueTypes;
}

function namesOf(graph: GraphProto): Set<string> {
  return new Set([...graph.input.map(({ name }) => name), ...graph.node.flatMap(({ output }) => output)]);
}

function inputOf(tensors: Tensors, name: string, shape: Shape): ValueInfoProto {
  const known = tensors.types.of(name);
  const found = known.dims ?? (known.last === undefined ? undefined : [...shape.slice(0, -1), known.last]);
  const clash = (size: unknown, axis: number): boolean => {
    const other = found?.[axis];
    return typeof size === 'number' && typeof other === 'number' && size !== other;
  };
  if (found !== undefined && (found.length !== shape.length || shape.some(clash)))
    throw new OnnxModelError(
      `"${name}" is [${found.map((size) => size ?? '?').join(', ')}] in the model, to be declared as ${formatShape(shape)}`,
    );
  return create(ValueInfoProtoSchema, tensorValue(name, elementType(tensors, name), shape));
}

function outputOf(tensors: Tensors, name: string): ValueInfoProto {
  return create(ValueInfoProtoSchema, tensorValue(name, elementType(tensors, name), tensors.types.of(name).dims));
}

function elementType({ names, types }: Tensors, name: string): number {
  if (!names.has(name)) throw new OnnxModelError(`the model has no tensor "${name}"${nearest(name, names)}`);
  const { elementType: type, noTensor } = types.of(name);
  if (noTensor !== undefined) throw new OnnxModelError(`"${name}" is no tensor but a ${noTensor}`);
  if (type === undefined || elementTypeName(type) === 'undefined')
    throw new OnnxModelError({
      what: `the model does not say of which type "${name}" is`,
      cure: 'name a tensor before or after it, or infer types first, in Python: onnx.shape_inference.infer_shapes(model)',
    });
  return type;
}
