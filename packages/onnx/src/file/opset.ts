// The same model at another operator set: what is spliced into somebody's model must speak the version that the model
// imports. Every operator we write has one row here: since when its form is valid, and how it is written before.
import { GraphError } from '@difsr/graph';
import {
  isGraph,
  type AttributeValue,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from './model.js';

/** Operator sets that {@link withOpset} can write. */
export const opsetRange: { readonly oldest: number; readonly newest: number } = { oldest: 9, newest: 26 };

/** The file format that came with each operator set: readers of a set know at least this one. */
function irVersionOf(opset: number): number {
  const since = [
    [25, 13],
    [24, 12],
    [23, 11],
    [21, 10],
    [19, 9],
    [15, 8],
    [12, 7],
    [11, 6],
    [10, 5],
  ] as const;
  return since.find(([first]) => opset >= first)?.[1] ?? 4;
}

/** How one operator changed. `before` writes the form that was valid under the version `since`. */
interface Form {
  readonly since: number;
  readonly before?: Rule;
  /** First version under which our form is no longer valid, and how it is written from there on. */
  readonly from?: { readonly opset: number; readonly rule: Rule };
}

type Rule = (node: OnnxNode, writer: Writer) => void;

const always: Form = { since: 7 };
const reduction: Form = {
  since: 1,
  // Axes became an input.
  from: {
    opset: 18,
    rule: (node, writer) => {
      const { axes, ...attributes } = node.attributes;
      const inputs = Array.isArray(axes) ? [...node.inputs, writer.integers(axes)] : node.inputs;
      writer.push({ ...node, inputs, attributes });
    },
  },
};

/** Axes as an attribute, as they were before opset 13. */
const axesAttribute: Rule = (node, writer) => {
  const [x = '', axes = ''] = node.inputs;
  writer.push({ ...node, inputs: [x], attributes: { ...node.attributes, axes: writer.known(axes, node) } });
};

/** By operator of the standard domain; what is not here is only known to be valid at the version it was written for. */
const forms: Readonly<Record<string, Form>> = {
  Add: always,
  And: always,
  Cast: { since: 9 },
  Concat: always,
  ConstantOfShape: { since: 9 },
  Div: always,
  Equal: { since: 11 }, // of floats
  Erf: { since: 9 },
  Exp: always,
  Expand: { since: 8 },
  Gather: always,
  GatherElements: { since: 11 },
  Identity: always,
  Less: { since: 9 },
  Log: always,
  MatMul: { since: 9 },
  Max: { since: 8 },
  Min: { since: 8 },
  Mul: always,
  Neg: always,
  Not: always,
  Or: always,
  Range: { since: 11, before: countUp },
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceSum: { since: 13, before: axesAttribute },
  Relu: always,
  Reshape: { since: 14, before: sizesAboveZero },
  Shape: { since: 15, before: wholeShape },
  Sigmoid: always,
  Slice: { since: 10, before: sliceByAttributes },
  Softmax: { since: 11, before: softmaxOfRows }, // before 13 all axes from `axis` on count as one: the same for the last
  Softplus: always,
  Sqrt: always,
  Squeeze: { since: 13, before: axesAttribute },
  Sub: always,
  Tanh: always,
  Transpose: always,
  Unsqueeze: { since: 13, before: axesAttribute },
  Where: { since: 9 },
};

/** Writes the nodes of one graph; constants go to the model's initializers. */
class Writer {
  readonly nodes: OnnxNode[] = [];
  readonly opset: number;
  readonly initializers: Map<string, OnnxTensor>;
  #values = 0;

  constructor(opset: number, initializers: Map<string, OnnxTensor>) {
    this.opset = opset;
    this.initializers = initializers;
  }

  push(node: OnnxNode): void {
    this.nodes.push(node);
  }

  /** Adds a node written in the newest form (it is rewritten in turn) and returns its output. */
  op(
    near: string,
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    output = `${near}/at${this.opset}.${this.#values++}`,
  ): string {
    rewriteNode({ type, domain: '', inputs, outputs: [output], attributes }, this);
    return output;
  }

  /** An int64 constant. */
  integers(values: readonly number[]): string {
    const name = `const/int64[${values.length}]/${values.join('_')}`;
    if (!this.initializers.has(name))
      this.initializers.set(name, {
        name,
        dtype: 'int64',
        shape: [values.length],
        data: BigInt64Array.from(values, (value) => BigInt(value)),
      });
    return name;
  }

  /** The values of a constant. @throws GraphError where the value is computed instead. */
  known(name: string, node: OnnxNode): number[] {
    const values = this.constant(name);
    if (values !== undefined) return values;
    throw new GraphError(
      `${node.type} ${node.outputs.join()} computes "${name}", which opset ${this.opset} wants written in the node: ${cure}`,
    );
  }

  constant(name: string): number[] | undefined {
    const tensor = this.initializers.get(name);
    return tensor === undefined ? undefined : Array.from(tensor.data, Number);
  }
}

const cure = 'raise the model to opset 13 or newer first (Python: onnx.version_converter.convert_version(model, 17))';

/** A size of 0 always meant "as it was": what is known to be 0 cannot be written, what is computed must not be 0 (no empty batch). */
function sizesAboveZero(node: OnnxNode, writer: Writer): void {
  const { allowzero, ...attributes } = node.attributes;
  const sizes = writer.constant(node.inputs[1] ?? '');
  if (allowzero === 1 && sizes?.includes(0) === true)
    throw new GraphError(`Reshape ${node.outputs.join()} to a size of 0 needs opset 14 or newer: ${cure}`);
  writer.push({ ...node, attributes });
}

/** `Shape` had no start and end. */
function wholeShape(node: OnnxNode, writer: Writer): void {
  const { start = 0, end } = node.attributes;
  const [x = ''] = node.inputs;
  const [output = ''] = node.outputs;
  const shape = writer.op(output, 'Shape-whole', [x]);
  if (typeof start !== 'number' || typeof end !== 'number') {
    throw new GraphError(`Shape ${output} needs numbers for start and end below opset 15`);
  }
  const bounds = [[start], [end], [0]].map((values) => writer.integers(values));
  writer.op(output, 'Slice', [shape, ...bounds], {}, output);
}

/** `Slice` had attributes for bounds; a computed end became a gather of 0..end-1. */
function sliceByAttributes(node: OnnxNode, writer: Writer): void {
  const [x = '', start = '', end = '', axis = ''] = node.inputs;
  const [output = ''] = node.outputs;
  const [starts, axes] = [writer.known(start, node), writer.known(axis, node)];
  const ends = writer.constant(end);
  if (ends !== undefined) {
    writer.push({ ...node, inputs: [x], attributes: { starts, ends, axes } });
    return;
  }
  if (starts.some((value) => value !== 0)) writer.known(end, node); // throws
  writer.op(output, 'Gather', [x, indices(writer, output, end)], { axis: axes[0] ?? 0 }, output);
}

/** int64 `[0, 1, .., count-1]` without Range: the indices of as many true values. `count` int64 `[1]`. */
function indices(writer: Writer, near: string, count: string): string {
  const zeros = writer.op(near, 'Cast', [writer.op(near, 'ConstantOfShape', [count])], { to: 9 });
  const found = writer.op(near, 'NonZero-all', [writer.op(near, 'Not', [zeros])]); // [1, count]
  return writer.op(near, 'Reshape', [found, writer.integers([-1])]);
}

/** `Range` of int32 from 0 by 1. */
function countUp(node: OnnxNode, writer: Writer): void {
  const [start = '', limit = '', step = ''] = node.inputs;
  const [output = ''] = node.outputs;
  if (writer.known(start, node)[0] !== 0 || writer.known(step, node)[0] !== 1)
    throw new GraphError(`Range ${output} does not count 0, 1, ..: ${cure}`);
  const wide = writer.op(output, 'Cast', [limit], { to: 7 });
  const count = writer.op(output, 'Reshape', [wide, writer.integers([1])]);
  writer.op(output, 'Cast', [indices(writer, output, count)], { to: 6 }, output);
}

/** Before opset 11 an axis could not be counted from the end, so the softmax is taken of the rows of a matrix. */
function softmaxOfRows(node: OnnxNode, writer: Writer): void {
  const [x = ''] = node.inputs;
  const [output = ''] = node.outputs;
  if (node.attributes['axis'] !== -1) throw new GraphError(`Softmax ${output} is not over the last axis: ${cure}`);
  const shape = writer.op(output, 'Shape-whole', [x]);
  const last = [[-1], [2 ** 31 - 1], [0]].map((values) => writer.integers(values));
  const width = writer.op(output, 'Slice', [shape, ...last]);
  const matrix = writer.op(output, 'Concat', [writer.integers([-1]), width], { axis: 0 });
  const rows = writer.op(output, 'Reshape', [x, matrix]);
  writer.push({ ...node, inputs: [rows], outputs: [`${output}/rows`], attributes: { axis: 1 } });
  writer.op(output, 'Reshape', [`${output}/rows`, shape], {}, output);
}

function rewriteNode(node: OnnxNode, writer: Writer): void {
  // Forms that only the rules above write, valid in every version.
  if (node.type === 'Shape-whole' || node.type === 'NonZero-all') {
    writer.push({ ...node, type: node.type.replace(/-.*/, '') });
    return;
  }
  const form = forms[node.type];
  if (node.domain !== '') throw new GraphError(`${node.domain}.${node.type} is not of the standard operators`);
  if (form === undefined)
    throw new GraphError(`how ${node.type} is written at opset ${writer.opset} is not known: use opset 17`);
  if (form.from !== undefined && writer.opset >= form.from.opset) {
    form.from.rule(node, writer);
  } else if (writer.opset >= form.since) {
    writer.push(node);
  } else if (form.before !== undefined) {
    form.before(node, writer);
  } else {
    throw new GraphError(`${node.type} needs opset ${form.since} or newer, got ${writer.opset}: ${cure}`);
  }
}

/**
 * The same model written at another version of the standard operators; the file format follows.
 *
 * @param model written for export (opset 17).
 * @throws GraphError where an operator cannot be written at this version, or the version is out of range.
 * @example
 * ```ts
 * const old = withOpset(lowerModel(graph, { target: 'export' }), 11);
 * ```
 */
export function withOpset(model: OnnxModel, opset: number): OnnxModel {
  if (!Number.isInteger(opset) || opset < opsetRange.oldest || opset > opsetRange.newest) {
    throw new GraphError(
      `opset ${opset} cannot be written (allowed: ${opsetRange.oldest} to ${opsetRange.newest}): ${opset < opsetRange.oldest ? 'raise the model first, for example by onnx.version_converter in Python' : 'lower the model first, or update this package'}`,
    );
  }
  if (model.opsets[''] === opset) return model;
  return {
    ...model,
    irVersion: irVersionOf(opset),
    opsets: { ...model.opsets, '': opset },
    graph: rewriteGraph(model.graph, opset),
  };
}

function rewriteGraph(graph: OnnxGraph, opset: number): OnnxGraph {
  const initializers = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const writer = new Writer(opset, initializers);
  for (const node of graph.nodes) {
    if (Object.values(node.attributes).some(isGraph))
      throw new GraphError(`${node.type} has a body, which is only written at opset 17`);
    rewriteNode(node, writer);
  }
  const read = new Set([...writer.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)]);
  return {
    ...graph,
    nodes: writer.nodes,
    initializers: [...initializers.values()].filter(({ name }) => read.has(name)),
  };
}
