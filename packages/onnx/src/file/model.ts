// An ONNX model as plain data: what the lowering writes and the encoder turns into protobuf.
// Knows nothing of graphs of @difsr/graph and nothing of protobuf.
import type { HostData } from '@difsr/graph';

/** Element types used in the models written here, as ONNX names them. */
export type OnnxDType = 'float' | 'float16' | 'int32' | 'int64' | 'bool';

/** A float attribute; a plain number is an integer attribute. */
export interface FloatAttribute {
  readonly float: number;
}

/** Value of a node's attribute: integer, float, string, integers, or a subgraph. */
export type AttributeValue = number | FloatAttribute | string | readonly number[] | OnnxGraph;

/** One operator application. An empty input name leaves an optional input out. */
export interface OnnxNode {
  readonly type: string;
  /** `''` for the standard operators, else the vendor's domain. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** Name, element type and shape of an input or output; a string is a symbolic dimension, undefined an unknown one. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly (number | string | undefined)[];
}

/** A tensor written in the model. */
export interface OnnxTensor {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly number[];
  readonly data: HostData | BigInt64Array;
}

/** Nodes in an order in which they can run. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: readonly OnnxTensor[];
}

/** A whole model file. */
export interface OnnxModel {
  readonly irVersion: number;
  /** Operator set version by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly graph: OnnxGraph;
  /** What the file says of itself, for programs. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The same for people. */
  readonly description?: string;
}

/** Whether an attribute is a subgraph. */
export function isGraph(value: AttributeValue): value is OnnxGraph {
  return typeof value === 'object' && 'nodes' in value;
}

/** Every name that a node reads: its inputs, and what its subgraphs take from outside. */
export function readNames(node: OnnxNode): string[] {
  const names = node.inputs.filter((name) => name !== '');
  for (const value of Object.values(node.attributes)) {
    if (!isGraph(value)) continue;
    const own = new Set([...value.inputs.map(({ name }) => name), ...value.nodes.flatMap(({ outputs }) => outputs)]);
    const inner = [...value.nodes.flatMap(readNames), ...value.outputs.map(({ name }) => name)];
    names.push(...inner.filter((name) => !own.has(name)));
  }
  return names;
}

/** The nodes that the outputs depend on, in the same order. */
export function withoutDeadNodes(nodes: readonly OnnxNode[], outputs: Iterable<string>): OnnxNode[] {
  const live = new Set(outputs);
  const kept: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => live.has(name))) continue;
    for (const name of readNames(node)) live.add(name);
    kept.push(node);
  }
  return kept.toReversed();
}

/** The same nodes with values renamed, inside subgraphs as well. */
export function renameValues(nodes: readonly OnnxNode[], names: ReadonlyMap<string, string>): OnnxNode[] {
  const renamed = (name: string): string => names.get(name) ?? name;
  return nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(renamed),
    outputs: node.outputs.map(renamed),
    attributes: Object.fromEntries(
      Object.entries(node.attributes).map(([key, value]) => [
        key,
        isGraph(value)
          ? {
              ...value,
              nodes: renameValues(value.nodes, names),
              outputs: value.outputs.map((output) => ({ ...output, name: renamed(output.name) })),
            }
          : value,
      ]),
    ),
  }));
}
