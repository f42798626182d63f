// Reverse-mode differentiation: `differentiate` adds gradient nodes to a graph; `vjp` splits the
// result into a forward and a backward graph joined by residuals.
import { add, broadcast, constant, input } from './build.js';
import { createGraph, reachable } from './graph.js';
import { gradients } from './gradients.js';
import type { GradientRule, NoGradient } from './gradient-rule.js';
import { rewrite } from './rewrite.js';
import type { OpName, Graph, Node, NodeOf, Tensor } from './signatures.js';
import { at, formatShape, GraphError, sameShape, type Dim } from './types.js';

/**
 * Gradients of `sum(output * cotangent)` over all outputs with respect to `wrt`, as tensors of the same graph.
 *
 * @param outputs pairs of an output and its cotangent (same shape).
 * @returns one gradient per tensor of `wrt`; undefined where no output depends on it.
 */
export function differentiate(
  outputs: readonly (readonly [output: Tensor, cotangent: Tensor])[],
  wrt: readonly Tensor[],
): (Tensor | undefined)[] {
  const cotangents = new Map<Tensor, Tensor>();
  const accumulate = (tensor: Tensor, cotangent: Tensor): void => {
    if (!sameShape(tensor.shape, cotangent.shape))
      throw new GraphError(
        `cotangent ${formatShape(cotangent.shape)} for a tensor ${formatShape(tensor.shape)} of ${tensor.node.op}`,
      );
    const earlier = cotangents.get(tensor);
    cotangents.set(tensor, earlier === undefined ? cotangent : add(earlier, cotangent));
  };
  for (const [output, cotangent] of outputs) accumulate(output, cotangent);
  const order = reachable(outputs.map(([output]) => output));
  const needed = dependents(order, wrt);
  for (const node of order.toReversed()) {
    if (needed.has(node.id)) propagate(node, cotangents, needed, accumulate);
  }
  return wrt.map((tensor) => cotangents.get(tensor));
}

/** Ids of the nodes that have a tensor of `wrt` among their ancestors (themselves included). */
function dependents(order: readonly Node[], wrt: readonly Tensor[]): Set<number> {
  const ids = new Set(wrt.map(({ node }) => node.id));
  for (const node of order) {
    if (node.inputs.some((tensor) => tensor !== undefined && ids.has(tensor.node.id))) ids.add(node.id);
  }
  return ids;
}

function propagate(
  node: Node,
  cotangents: ReadonlyMap<Tensor, Tensor>,
  needed: ReadonlySet<number>,
  accumulate: (tensor: Tensor, cotangent: Tensor) => void,
): void {
  const own = node.outputs.map((output) => cotangents.get(output));
  if (own.every((cotangent) => cotangent === undefined)) return;
  const given = applyRule(node, own);
  node.inputs.forEach((tensor, i) => {
    const cotangent = given[i];
    if (tensor !== undefined && cotangent !== undefined && needed.has(tensor.node.id)) accumulate(tensor, cotangent);
  });
}

function applyRule<N extends OpName>(
  node: NodeOf<N>,
  cotangents: readonly (Tensor | undefined)[],
): readonly (Tensor | undefined)[] {
  const rule: GradientRule<N> | NoGradient = gradients[node.op];
  if (typeof rule !== 'function') {
    if (rule.kind === 'zero') return [];
    throw new GraphError(`${node.op} has no gradient: ${rule.why}`);
  }
  const y = at(node.outputs, 0);
  // Rules of one-output ops always have their cotangent; those of several outputs read `cotangents`.
  const g = cotangents[0] ?? broadcast(constant(0), y.shape);
  return rule({
    inputs: node.inputs,
    attributes: node.attributes,
    y,
    g,
    outputs: node.outputs,
    cotangents,
    differentiate,
  });
}

/** The gradient of a scalar loss; a parameter that the loss does not reach is an error. */
export function gradientOf(loss: Tensor, parameters: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  if (loss.shape.length > 0) throw new GraphError(`a loss is a scalar, got ${formatShape(loss.shape)}`);
  const names = [...parameters.keys()];
  const found = differentiate([[loss, constant(1)]], [...parameters.values()]);
  return new Map(
    names.map((name, i) => {
      const gradient = found[i];
      if (gradient === undefined)
        throw new GraphError(`the loss does not depend on parameter "${name}": leave it out of the trained parameters`);
      return [name, gradient];
    }),
  );
}

/** A graph and its derivative, as two graphs that can run at different times. */
export interface Vjp {
  /** The original outputs, and one output `residual.N` for each value the backward graph needs. */
  readonly forward: Graph;
  /** Inputs `residual.N` and `cotangent.OUTPUT` for every float output, needed or not; outputs `grad.INPUT`. */
  readonly backward: Graph;
  /** Names of the residuals, in order. */
  readonly residuals: readonly string[];
}

/**
 * Splits the derivative of `graph` with respect to the inputs named in `wrt`.
 *
 * @example
 * ```ts
 * const x = input('x', [3]);
 * const { forward, backward, residuals } = vjp(createGraph({ y: mul(x, x) }), ['x']);
 * // run forward on x; then backward on the residuals and cotangent.y gives grad.x
 * ```
 */
export function vjp(graph: Graph, wrt: readonly string[]): Vjp {
  const targets = wrt.map((name) => {
    const tensor = graph.inputs.get(name);
    if (tensor === undefined)
      throw new GraphError(`no input "${name}"; inputs are ${[...graph.inputs.keys()].join(', ')}`);
    return tensor;
  });
  const cotangents = [...graph.outputs]
    .filter(([, tensor]) => tensor.dtype === 'float32')
    .map(([name, tensor]) => [tensor, input(`cotangent.${name}`, tensor.shape)] as const);
  const grads = differentiate(cotangents, targets);
  const gradOutputs = Object.fromEntries(
    wrt.map((name, i) => [`grad.${name}`, grads[i] ?? broadcast(constant(0), at(targets, i).shape)]),
  );
  const forwardNodes = new Set(graph.nodes.map(({ id }) => id));
  const backwardNodes = reachable(Object.values(gradOutputs)).filter(({ id }) => !forwardNodes.has(id));
  const residuals = new Map<Tensor, Tensor>();
  const keep = (tensor: Tensor): void => {
    if (!residuals.has(tensor)) residuals.set(tensor, input(`residual.${residuals.size}`, tensor.shape, tensor.dtype));
  };
  for (const tensor of [...backwardNodes.flatMap((node) => [...node.inputs]), ...Object.values(gradOutputs)]) {
    if (tensor !== undefined && forwardNodes.has(tensor.node.id) && tensor.node.op !== 'constant') keep(tensor);
  }
  const cotangentInputs = cotangents.map(([, cotangent]) => cotangent);
  for (const symbol of unboundSymbols(backwardNodes, [...residuals.keys(), ...cotangentInputs])) {
    const source = [...graph.inputs.values()].find(({ shape }) => shape.includes(symbol));
    if (source !== undefined) keep(source);
  }
  const forwardOutputs = Object.fromEntries([...residuals].map(([tensor], i) => [`residual.${i}`, tensor]));
  const backward = rewrite(createGraph(gradOutputs), (_, replaced) => replaced, residuals);
  return {
    forward: createGraph({ ...Object.fromEntries(graph.outputs), ...forwardOutputs }),
    backward: createGraph(Object.fromEntries(backward.outputs), [...residuals.values(), ...cotangentInputs]),
    residuals: Object.keys(forwardOutputs),
  };
}

/** Symbols that nodes use and none of the tensors has: `sum(x)` needs x's shape again when it is differentiated. */
function unboundSymbols(nodes: readonly Node[], bound: readonly Tensor[]): Set<string> {
  const known = new Set(bound.flatMap(({ shape }) => [...shape]));
  return new Set(nodes.flatMap(dimsOf).filter((dim): dim is string => typeof dim === 'string' && !known.has(dim)));
}

function dimsOf(node: Node): Dim[] {
  const inner =
    node.op === 'size' ? [node.attributes.dim] : node.op === 'scan' ? node.attributes.body.nodes.flatMap(dimsOf) : [];
  return [...node.outputs.flatMap(({ shape }) => [...shape]), ...inner];
}
