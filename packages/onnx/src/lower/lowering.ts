// What a lowering rule is, and what it may know beside its own node.
import type { Graph, NodeOf, OpInputs, OpName, Tensor } from '@difsr/graph';
import type { Emitter } from './emitter.js';

/** What a rule sees of the graph around its node. */
export interface Surroundings {
  /** Name of the ONNX value of a tensor that has been lowered. */
  valueOf(tensor: Tensor): string;
  /** How many nodes and outputs of the graph read a tensor. */
  uses(tensor: Tensor): number;
  /** Lowers a body through `inner`, given names for its inputs; returns those of its outputs. */
  lowerBody(inner: Emitter, body: Graph, inputs: ReadonlyMap<string, string>): ReadonlyMap<string, string>;
}

/** Emits the ONNX nodes of one graph node; returns the names of its outputs, in order. */
export type Lowering<N extends OpName> = (
  emitter: Emitter,
  node: NodeOf<N>,
  inputs: OpInputs<N, string>,
  surroundings: Surroundings,
) => readonly string[];
