// Reads .onnx files: what is in them, and the tensors written in them (somebody's weights) as host tensors.
import { DifsrError } from '@difsr/errors';
import { fromBinary } from '@bufbuild/protobuf';
import type { HostTensor } from '@difsr/graph';
import {
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProto_DataTypeSchema,
  type GraphProto,
  type ModelProto,
  type TensorProto,
  type ValueInfoProto,
} from '../protobuf/onnx_pb.js';

/** An ONNX model that cannot be read or changed as asked; says what was found and what cures it. */
export class OnnxModelError extends DifsrError {
  override readonly name = 'OnnxModelError';
}

/** Name, element type and shape of a value; a string is a symbolic dimension, undefined an unknown one. */
export interface OnnxValueSummary {
  readonly name: string;
  /** In ONNX's words, lower case: `float`, `float16`, `int64`, `bool`; `unknown` where the file does not say. */
  readonly type: string;
  /** Undefined where the file does not even give the rank. */
  readonly shape: readonly (number | string | undefined)[] | undefined;
}

/** What is in an .onnx file: enough to find the tensors to name to a splice. */
export interface OnnxSummary {
  readonly irVersion: number;
  readonly producer: string;
  /** Version by operator domain; `''` is the standard one. */
  readonly opsets: Readonly<Record<string, number>>;
  /** `metadata_props`: what the file says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly OnnxValueSummary[];
  readonly outputs: readonly OnnxValueSummary[];
  /** In the order of the file. */
  readonly nodes: readonly {
    readonly name: string;
    readonly type: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
  }[];
  /** Tensors written in the model. */
  readonly initializers: readonly OnnxValueSummary[];
}

/** The model's message and its main graph. @throws OnnxModelError where the bytes are no model. */
export function decodeModel(bytes: Uint8Array): { readonly model: ModelProto; readonly graph: GraphProto } {
  const model = parse(bytes);
  const { graph } = model;
  if (graph === undefined || model.opsetImport.length === 0)
    throw new OnnxModelError(
      `${bytes.length} bytes are no ONNX model (no ${graph === undefined ? 'graph' : 'operator set'} in it): pass the bytes of an .onnx file, whole and uncompressed`,
    );
  return { model, graph };
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new OnnxModelError(
      `${bytes.length} bytes are no ONNX model (${error instanceof Error ? error.message : String(error)}): pass the bytes of an .onnx file, whole and uncompressed`,
      { cause: error },
    );
  }
}

/** ONNX's name of an element type. */
export function elementTypeName(type: number): string {
  return TensorProto_DataTypeSchema.values.find(({ number }) => number === type)?.name.toLowerCase() ?? `type ${type}`;
}

/**
 * What a model holds, without running it.
 *
 * @throws OnnxModelError where the bytes are no model.
 * @example
 * ```ts
 * const { nodes } = describeOnnx(readFileSync('encoder.onnx'));
 * console.log(nodes.filter(({ type }) => type === 'MatMul').map(({ outputs }) => outputs[0]));
 * ```
 */
export function describeOnnx(bytes: Uint8Array): OnnxSummary {
  const { graph, model } = decodeModel(bytes);
  const { irVersion, producerName, producerVersion, opsetImport } = model;
  const fixed = new Set(graph.initializer.map(({ name }) => name));
  return {
    irVersion: Number(irVersion),
    producer: `${producerName} ${producerVersion}`.trim(),
    opsets: Object.fromEntries(
      opsetImport.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : domain, Number(version)]),
    ),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    inputs: graph.input.filter(({ name }) => !fixed.has(name)).map(summaryOf),
    outputs: graph.output.map(summaryOf),
    nodes: graph.node.map(({ name, opType, input, output }) => ({
      name,
      type: opType,
      inputs: [...input],
      outputs: [...output],
    })),
    initializers: graph.initializer.map(({ name, dataType, dims }) => ({
      name,
      type: elementTypeName(dataType),
      shape: dims.map(Number),
    })),
  };
}

function summaryOf({ name, type }: ValueInfoProto): OnnxValueSummary {
  const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined;
  return {
    name,
    type: tensor === undefined ? (type?.value.case ?? 'unknown') : elementTypeName(tensor.elemType),
    shape: tensor?.shape?.dim.map(({ value }) => (value.case === undefined ? undefined : dimension(value))),
  };
}

function dimension(
  value: { case: 'dimValue'; value: bigint } | { case: 'dimParam'; value: string },
): number | string | undefined {
  if (value.case === 'dimValue') return Number(value.value);
  return value.value === '' ? undefined : value.value;
}

/** A tensor written in a model. */
export function writtenTensors(graph: GraphProto): Map<string, TensorProto> {
  const tensors = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const { opType, domain, output, attribute } of graph.node) {
    const value =
      opType === 'Constant' && domain === '' ? attribute.find(({ name }) => name === 'value')?.t : undefined;
    const [name] = output;
    if (value !== undefined && name !== undefined) tensors.set(name, value);
  }
  return tensors;
}

/**
 * Tensors written in a model (initializers and `Constant` nodes), such as an attention's weights. Floating-point ones
 * come as float32, integers as int32. ONNX exporters write the weight of `x W` as `[in, out]`: see
 * {@link transposed}.
 *
 * @param names all are returned where none are given, less those that cannot be (strings, external data, large integers).
 * @throws OnnxModelError where a named tensor is not there or cannot be read.
 * @example
 * ```ts
 * const { 'encoder.query.weight': weight } = readOnnxTensors(readFileSync('encoder.onnx'), ['encoder.query.weight']);
 * ```
 */
export function readOnnxTensors(bytes: Uint8Array, names?: readonly string[]): Record<string, HostTensor> {
  const written = writtenTensors(decodeModel(bytes).graph);
  if (names === undefined) {
    return Object.fromEntries(
      [...written].flatMap(([name, tensor]) => {
        const values = hostTensorOf(tensor);
        return typeof values === 'string' ? [] : [[name, values] as const];
      }),
    );
  }
  return Object.fromEntries(
    names.map((name) => {
      const tensor = written.get(name);
      if (tensor === undefined)
        throw new OnnxModelError(`no tensor "${name}" is written in the model${nearest(name, written.keys())}`);
      const values = hostTensorOf(tensor);
      if (typeof values === 'string') throw new OnnxModelError(`tensor "${name}" ${values}`);
      return [name, values];
    }),
  );
}

/** A matrix with its axes exchanged: `[in, out]`, as exporters write weights, to `[out, in]` as they are used here. */
export function transposed(matrix: HostTensor): HostTensor {
  const [rows, columns] = matrix.shape;
  if (rows === undefined || columns === undefined || matrix.shape.length !== 2)
    throw new OnnxModelError(`a matrix has 2 axes, got a tensor of shape [${matrix.shape.join(', ')}]`);
  const data = matrix.data.slice();
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      data[column * rows + row] = matrix.data[row * columns + column] ?? 0;
  return { dtype: matrix.dtype, shape: [columns, rows], data };
}

/** The values of a tensor, or why they cannot be had. */
function hostTensorOf(tensor: TensorProto): HostTensor | string {
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL)
    return 'lies in a file of its own (external data): load the model in Python and save it in one file, or read that file yourself';
  const reader = readers[tensor.dataType];
  if (reader === undefined) return `is of type ${elementTypeName(tensor.dataType)}, which is no weight`;
  const shape = tensor.dims.map(Number);
  const count = shape.reduce((a, b) => a * b, 1);
  const data = reader(tensor);
  if (typeof data === 'string') return data;
  if (data.length !== count) return `has ${data.length} values, but shape [${shape.join(', ')}]`;
  const dtype = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'bool';
  return { dtype, shape, data };
}

type Data = Float32Array | Int32Array | Uint8Array | string;

/** By element type. A tensor's values stand in `raw_data` (little-endian), or in the list for its type. */
const readers: Readonly<Partial<Record<number, (tensor: TensorProto) => Data>>> = {
  [TensorProto_DataType.FLOAT]: ({ rawData, floatData }) =>
    rawData.length > 0 ? new Float32Array(aligned(rawData)) : Float32Array.from(floatData),
  [TensorProto_DataType.DOUBLE]: ({ rawData, doubleData }) =>
    Float32Array.from(rawData.length > 0 ? new Float64Array(aligned(rawData)) : doubleData),
  [TensorProto_DataType.FLOAT16]: ({ rawData, int32Data }) =>
    Float32Array.from(rawData.length > 0 ? new Uint16Array(aligned(rawData)) : int32Data, halfToNumber),
  [TensorProto_DataType.INT32]: ({ rawData, int32Data }) =>
    rawData.length > 0 ? new Int32Array(aligned(rawData)) : Int32Array.from(int32Data),
  [TensorProto_DataType.INT64]: ({ rawData, int64Data }) => {
    const values = rawData.length > 0 ? new BigInt64Array(aligned(rawData)) : int64Data;
    const narrow = Int32Array.from(values, Number);
    return narrow.every((value, i) => BigInt(value) === values[i]) ? narrow : 'has integers beyond 32 bits';
  },
  [TensorProto_DataType.BOOL]: ({ rawData, int32Data }) =>
    rawData.length > 0 ? rawData.slice() : Uint8Array.from(int32Data),
};

/** A copy that starts on a boundary of any element. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer;
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** `; the nearest names are "a", "b"`: those most like the one that was not found; nothing where there are none. */
export function nearest(wanted: string, names: Iterable<string>): string {
  const scored = [...new Set(names)]
    .filter((name) => name !== '')
    .map((name) => ({ name, distance: difference(wanted.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 5);
  return scored.length === 0 ? '' : `; the nearest names are ${scored.map(({ name }) => `"${name}"`).join(', ')}`;
}

/** Share of pairs of neighbouring letters that only one of two names has: 0 for equal names, 1 for strangers. */
function difference(a: string, b: string): number {
  const pairs = (text: string): Set<string> =>
    new Set(Array.from({ length: text.length + 1 }, (_, i) => `${text[i - 1] ?? '^'}${text[i] ?? '$'}`));
  const [of, and] = [pairs(a), pairs(b)];
  const shared = [...of].filter((pair) => and.has(pair)).length;
  return 1 - (2 * shared) / (of.size + and.size);
}
