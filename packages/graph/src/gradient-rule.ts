// What a gradient rule is: cotangents of outputs in, cotangents of inputs out. Apart from the table of rules, so that a rule may
// have a file of its own.
import type { OpAttributes, OpInputs, OpName, Tensor } from './signatures.js';

/** What a gradient rule sees of its node. */
export interface GradientContext<N extends OpName> {
  readonly inputs: OpInputs<N, Tensor>;
  readonly attributes: OpAttributes[N];
  /** The first output and its cotangent. */
  readonly y: Tensor;
  readonly g: Tensor;
  /** All outputs and their cotangents, undefined where none arrives. */
  readonly outputs: readonly Tensor[];
  readonly cotangents: readonly (Tensor | undefined)[];
  /** The gradients of an inner graph, for ops with a body. */
  readonly differentiate: Differentiate;
}

/** From outputs with their cotangents to the gradients of `wrt`; undefined where no output depends on it. */
export type Differentiate = (
  outputs: readonly (readonly [output: Tensor, cotangent: Tensor])[],
  wrt: readonly Tensor[],
) => (Tensor | undefined)[];

/** One cotangent per input. */
export type GradientRule<N extends OpName> = (context: GradientContext<N>) => readonly (Tensor | undefined)[];

/** For ops whose outputs are constant almost everywhere, or that are gradients already: asked for a gradient, they give none or throw. */
export interface NoGradient {
  readonly kind: 'zero' | 'unsupported';
  readonly why: string;
}
