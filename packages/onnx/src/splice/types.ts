// What is known of the values of somebody's model without running it: from declared types, written tensors, and a few
// operators whose result is plain. Exporters often declare no inner types, and a wrong width is best found here.
import {
  TensorProto_DataType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type TypeProto,
} from '../protobuf/onnx_pb.js';
import { elementTypeName, writtenTensors, type OnnxValueSummary } from '../file/decode.js';

/** A dimension: a size, a symbol of the model, or unknown. */
export type KnownDim = number | string | undefined;

/** What is known of a value. */
export interface Known {
  /** ONNX's number of the element type. */
  readonly elementType?: number | undefined;
  /** Undefined where not even the rank is known. */
  readonly dims?: readonly KnownDim[] | undefined;
  /** The last dimension, which may be known where the rank is not. */
  readonly last?: number | undefined;
  /** `sequenceType` and the like, where the value is no tensor. */
  readonly noTensor?: string;
}

const nothing: Known = {};

/** Looks values up; answers are kept. */
export class ValueTypes {
  readonly #graph: GraphProto;
  readonly #declared = new Map<string, TypeProto>();
  readonly #written: ReadonlyMap<string, TensorProto>;
  readonly #producers = new Map<string, NodeProto>();
  readonly #answers = new Map<string, Known>();

  constructor(graph: GraphProto) {
    this.#graph = graph;
    for (const { name, type } of [...graph.valueInfo, ...graph.output, ...graph.input])
      if (type !== undefined) this.#declared.set(name, type);
    this.#written = writtenTensors(graph);
    for (const node of graph.node) for (const name of node.output) this.#producers.set(name, node);
  }

  /** Every symbol that a declared shape uses. */
  symbols(): Set<string> {
    const found = new Set<string>();
    for (const { type } of [...this.#graph.valueInfo, ...this.#graph.output, ...this.#graph.input])
      for (const dim of declaredType(type).dims ?? []) if (typeof dim === 'string') found.add(dim);
    return found;
  }

  /** What is known of a value; nothing, at worst. */
  of(name: string): Known {
    const earlier = this.#answers.get(name);
    if (earlier !== undefined) return earlier;
    this.#answers.set(name, nothing); // a cycle would be no model; it ends here
    const known = this.#find(name);
    this.#answers.set(name, known);
    return known;
  }

  /** The same for users: names of types, the shape if the rank is known. */
  summary(name: string): OnnxValueSummary {
    const { elementType, dims, noTensor } = this.of(name);
    return {
      name,
      type: noTensor ?? (elementType === undefined ? 'unknown' : elementTypeName(elementType)),
      shape: dims,
    };
  }

  #find(name: string): Known {
    const declared = declaredType(this.#declared.get(name));
    if (declared.dims !== undefined || declared.noTensor !== undefined) return declared;
    const tensor = this.#written.get(name);
    if (tensor !== undefined) return shaped(tensor.dataType, tensor.dims.map(Number));
    const node = this.#producers.get(name);
    const inferred = node === undefined || node.output[0] !== name ? nothing : this.#infer(node);
    return { ...inferred, elementType: declared.elementType ?? inferred.elementType };
  }

  #infer(node: NodeProto): Known {
    const rule = node.domain === '' || node.domain === 'ai.onnx' ? rules[node.opType] : undefined;
    return rule === undefined
      ? nothing
      : rule(
          node,
          (i) => this.of(node.input[i] ?? ''),
          (i) => this.#integers(node.input[i] ?? ''),
        );
  }

  #integers(name: string): readonly number[] | undefined {
    const tensor = this.#written.get(name);
    if (tensor?.dataType !== TensorProto_DataType.INT64) return undefined;
    const { rawData, int64Data } = tensor;
    return Array.from(rawData.length > 0 ? new BigInt64Array(rawData.slice().buffer) : int64Data, Number);
  }
}

type Rule = (
  node: NodeProto,
  input: (index: number) => Known,
  integers: (index: number) => readonly number[] | undefined,
) => Known;

const same: Rule = (_, input) => input(0);

/** Broadcasting: the longer rank, and every size that is not 1. */
const elementwise: Rule = (_, input) => broadcastOf(input(0), input(1));

function broadcastOf(a: Known, b: Known): Known {
  const elementType = a.elementType ?? b.elementType;
  const last = [a.last, b.last].find((size) => size !== undefined && size !== 1);
  if (a.dims === undefined || b.dims === undefined) return { elementType, last };
  const rank = Math.max(a.dims.length, b.dims.length);
  const own = (dims: readonly KnownDim[], axis: number): KnownDim =>
    axis < rank - dims.length ? 1 : dims[axis - (rank - dims.length)];
  const { dims: left } = a;
  const { dims: right } = b;
  return shaped(
    elementType,
    Array.from({ length: rank }, (_, axis) => {
      const [x, y] = [own(left, axis), own(right, axis)];
      if (x === 1) return y;
      if (y === 1) return x;
      return typeof x === 'number' ? x : (y ?? x);
    }),
  );
}

const rules: Readonly<Record<string, Rule>> = {
  Identity: same,
  Dropout: same,
  LayerNormalization: (_, input) => ({ ...input(0), last: input(0).last ?? input(1).last }),
  Softmax: same,
  Relu: same,
  Sigmoid: same,
  Tanh: same,
  Erf: same,
  Gelu: same,
  Neg: same,
  Sqrt: same,
  Clip: same,
  Add: elementwise,
  Sub: elementwise,
  Mul: elementwise,
  Div: elementwise,
  Pow: elementwise,
  Where: (_, input) => broadcastOf(broadcastOf(input(1), input(2)), { ...input(0), elementType: undefined }),
  Cast: (node, input) => ({ ...input(0), elementType: Number(attribute(node, 'to')?.i ?? 0n) }),
  MatMul: (_, input) => {
    const [a, b] = [input(0), input(1)];
    const elementType = a.elementType ?? b.elementType;
    if (a.dims === undefined || b.dims === undefined || b.dims.length !== 2 || a.dims.length < 2)
      return { elementType, last: b.last };
    return shaped(elementType, [...a.dims.slice(0, -1), b.dims[1]]);
  },
  Gemm: (node, input) => {
    const [a, b] = [input(0), input(1)];
    const axis = (attribute(node, 'transB')?.i ?? 0n) === 0n ? 1 : 0;
    return shaped(a.elementType, [undefined, b.dims?.[axis]]);
  },
  Gather: (node, input) => {
    const [data, ids] = [input(0), input(1)];
    if (data.dims === undefined || ids.dims === undefined || Number(attribute(node, 'axis')?.i ?? 0n) !== 0)
      return { elementType: data.elementType };
    return shaped(data.elementType, [...ids.dims, ...data.dims.slice(1)]);
  },
  Transpose: (node, input) => {
    const { elementType, dims } = input(0);
    const permutation = attribute(node, 'perm')?.ints.map(Number);
    if (dims === undefined || permutation === undefined) return { elementType };
    return shaped(
      elementType,
      permutation.map((axis) => dims[axis]),
    );
  },
  Reshape: (_, input, integers) => {
    const { elementType, dims } = input(0);
    const shape = integers(1);
    if (shape === undefined) return { elementType };
    return shaped(
      elementType,
      shape.map((size, axis) => (size > 0 ? size : size === 0 ? dims?.[axis] : undefined)),
    );
  },
};

function attribute(node: NodeProto, name: string): NodeProto['attribute'][number] | undefined {
  return node.attribute.find((each) => each.name === name);
}

function shaped(elementType: number | undefined, dims: readonly KnownDim[]): Known {
  const last = dims.at(-1);
  return { elementType, dims, last: typeof last === 'number' ? last : undefined };
}

/** What a declaration says. */
function declaredType(type: TypeProto | undefined): Known {
  if (type?.value.case === undefined) return nothing;
  if (type.value.case !== 'tensorType') return { noTensor: type.value.case };
  const { elemType, shape } = type.value.value;
  if (shape === undefined) return { elementType: elemType };
  return shaped(
    elemType,
    shape.dim.map(({ value }) =>
      value.case === 'dimValue' ? Number(value.value) : value.value === '' ? undefined : value.value,
    ),
  );
}
