// Turns a model, plain data, into the bytes of an .onnx file.
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  ModelProtoSchema,
  TensorProto_DataType,
  type AttributeProtoSchema,
  type GraphProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from '../protobuf/onnx_pb.js';
import {
  isGraph,
  type AttributeValue,
  type OnnxDType,
  type OnnxGraph,
  type OnnxModel,
  type OnnxTensor,
  type OnnxValue,
} from './model.js';

const dataTypes: { readonly [D in OnnxDType]: TensorProto_DataType } = {
  float: TensorProto_DataType.FLOAT,
  float16: TensorProto_DataType.FLOAT16,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

/** The number that ONNX gives an element type (for `Cast`). */
export function onnxDataType(dtype: OnnxDType): number {
  return dataTypes[dtype];
}

/** The bytes of a model. */
export function encodeModel(model: OnnxModel): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: BigInt(model.irVersion),
      producerName: 'difsr',
      opsetImport: Object.entries(model.opsets).map(([domain, version]) => ({ domain, version: BigInt(version) })),
      graph: graphMessage(model.graph),
      metadataProps: Object.entries(model.metadata ?? {}).map(([key, value]) => ({ key, value })),
      docString: model.description ?? '',
    }),
  );
}

/** A graph as the message that a model holds. */
export function graphMessage(graph: OnnxGraph): MessageInitShape<typeof GraphProtoSchema> {
  return {
    name: graph.name,
    node: graph.nodes.map((node) => ({
      // A node is named after its first output: traces and profiles then speak the names of the graph.
      name: node.outputs.find((name) => name !== '') ?? '',
      opType: node.type,
      domain: node.domain,
      input: [...node.inputs],
      output: [...node.outputs],
      attribute: Object.entries(node.attributes).map(([name, value]) => attributeMessage(name, value)),
    })),
    input: graph.inputs.map(valueMessage),
    output: graph.outputs.map(valueMessage),
    initializer: graph.initializers.map(tensorMessage),
  };
}

function attributeMessage(name: string, value: AttributeValue): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'number') return { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) };
  if (typeof value === 'string')
    return { name, type: AttributeProto_AttributeType.STRING, s: Uint8Array.from(new TextEncoder().encode(value)) };
  if (isGraph(value)) return { name, type: AttributeProto_AttributeType.GRAPH, g: graphMessage(value) };
  if ('float' in value) return { name, type: AttributeProto_AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeProto_AttributeType.INTS, ints: value.map((item) => BigInt(item)) };
}

function valueMessage({ name, dtype, shape }: OnnxValue): MessageInitShape<typeof ValueInfoProtoSchema> {
  return tensorValue(name, dataTypes[dtype], shape);
}

/** What a model says of a tensor: ONNX's number of its element type and, where the rank is known, its shape. */
export function tensorValue(
  name: string,
  elemType: number,
  shape: OnnxValue['shape'] | undefined,
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape?.map((size) => {
    if (size === undefined) return {};
    return typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } };
  });
  const tensor = { elemType, ...(dim === undefined ? {} : { shape: { dim } }) };
  return { name, type: { value: { case: 'tensorType', value: tensor } } };
}

function tensorMessage({ name, dtype, shape, data }: OnnxTensor): MessageInitShape<typeof TensorProtoSchema> {
  // Raw data is little-endian by definition, as are typed arrays on every machine that ONNX Runtime is built for.
  const bytes = new Uint8Array(data.byteLength);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { name, dataType: dataTypes[dtype], dims: shape.map((size) => BigInt(size)), rawData: bytes };
}
