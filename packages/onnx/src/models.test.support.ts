// Models for the tests, built as messages, so that they have what our own writer never writes.
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  ModelProtoSchema,
  TensorProto_DataType,
  type GraphProtoSchema,
  type NodeProtoSchema,
} from './protobuf/onnx_pb.js';

/** A graph's fields as plain data. */
type GraphInit = Omit<Extract<MessageInitShape<typeof GraphProtoSchema>, { readonly $typeName?: never }>, '$typeName'>;
type NodeInit = Extract<MessageInitShape<typeof NodeProtoSchema>, { readonly $typeName?: never }>;

type ValueInit = NonNullable<GraphInit['input']>[number];
type TensorInit = NonNullable<GraphInit['initializer']>[number];

const { FLOAT } = TensorProto_DataType;

/** A declared value; a string is a symbol. */
export function value(name: string, elemType: number, dims?: readonly (number | string)[]): ValueInit {
  const dim = dims?.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  );
  return {
    name,
    type: { value: { case: 'tensorType' as const, value: { elemType, ...(dim ? { shape: { dim } } : {}) } } },
  };
}

/** A float tensor. */
export function floats(name: string, dims: readonly number[], values: readonly number[]): TensorInit {
  return { name, dataType: FLOAT, dims: dims.map(BigInt), floatData: [...values] };
}

/** A node; inputs and outputs in words. It is named after its outputs. */
export function node(opType: string, inputs: string, output: string, more: NodeInit = {}): NodeInit {
  return { opType, name: `node ${output}`, input: inputs.split(' '), output: output.split(' '), ...more };
}

/** The bytes of a model. */
export function model(graph: GraphInit, { opset = 17, ir = 8 }: { opset?: number; ir?: number } = {}): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: BigInt(ir),
      opsetImport: [{ domain: '', version: BigInt(opset) }],
      graph: { name: 'g', ...graph },
    }),
  );
}

/** x -> h = x * w -> (old = tanh h) -> y = old + h: `old` is what the tests replace, by h / 2 unless they say otherwise. */
export function host(
  type: number = FLOAT,
  options: { opset?: number; ir?: number } = {},
  more: GraphInit = {},
): Uint8Array {
  const cast = (name: string, to: number) => [{ name, type: AttributeProto_AttributeType.INT, i: BigInt(to) }];
  return model(
    {
      input: [value('x', FLOAT, ['batch', 3])],
      output: [value('y', FLOAT, ['batch', 3])],
      initializer: [floats('w', [3], [1, 2, 3])],
      ...more,
      node: [
        ...(type === FLOAT
          ? [node('Mul', 'x w', 'h'), node('Tanh', 'h', 'old'), node('Add', 'old h', 'y')]
          : [
              node('Mul', 'x w', 'h0'),
              node('Cast', 'h0', 'h', { attribute: cast('to', type) }),
              node('Tanh', 'h', 'old'),
              node('Add', 'old h', 'y0'),
              node('Cast', 'y0', 'y', { attribute: cast('to', FLOAT) }),
            ]),
        ...(more.node ?? []),
      ],
    },
    options,
  );
}
