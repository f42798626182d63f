// What a lowering is: a function from the tensors of a node's inputs to those of its outputs.
import type { Graph, OpAttributes, OpInputs, OpName } from '@difsr/graph';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Values } from '../kernel.js';

interface Context<Inputs, Attributes> {
  readonly inputs: Inputs;
  readonly attributes: Attributes;
  /** Shape of the first output, symbols replaced by sizes. */
  readonly shape: readonly number[];
  /** Sizes of the symbols. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Disposes a tensor after the node; gives it back for use until then. */
  readonly scratch: (tensor: Tensor) => Tensor;
  /** The value of a graph input, which stays the caller's. */
  readonly feed: (name: string) => Tensor;
  /** Outputs of a body, new tensors, from tensors for its inputs. */
  readonly runBody: (body: Graph, inputs: ReadonlyMap<string, Tensor>) => Readonly<Record<string, Tensor>>;
  /** The value of a constant node. */
  readonly constant: () => Values;
}

/** What the lowering of op `N` computes from. */
export type LowerContext<N extends OpName> = Context<OpInputs<N, Tensor>, OpAttributes[N]>;

/** A lowering by what it takes, for those that several ops share. */
export type Lower<Inputs, Attributes> = (context: Context<Inputs, Attributes>) => readonly Tensor[];

/** Computes all outputs of a node as new tensors, each to be disposed on its own. */
export type Lowering<N extends OpName> = Lower<OpInputs<N, Tensor>, OpAttributes[N]>;
