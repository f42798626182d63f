// Splits a graph into what depends on rarely changing inputs alone (weights, tables), computed once, and the rest.
import { input } from './build.js';
import { createGraph } from './graph.js';
import { rewrite } from './rewrite.js';
import { GraphError } from './types.js';
import type { Graph, Node, Tensor } from './signatures.js';

/** A graph in two parts: `prepare` runs when the fixed inputs change, `main` at every run. */
export interface Hoisted {
  /** From fixed inputs to values `hoisted.N`. */
  readonly prepare: Graph;
  /** From values `hoisted.N`, fixed inputs that are used as they are, and all other inputs to the outputs. */
  readonly main: Graph;
  /** Names of the values that go from one to the other. */
  readonly hoisted: readonly string[];
  /** Fixed inputs that `main` reads itself. */
  readonly direct: readonly string[];
}

/**
 * Moves everything that depends on the inputs in `fixed` alone out of a graph. Values whose shape has a symbol stay: the
 * symbol is known at run time only.
 *
 * @throws GraphError for a name that is no input.
 * @example
 * ```ts
 * const x = input('x', ['batch', 4]);
 * const w = input('w', [4, 4]);
 * const { prepare, main } = hoist(createGraph({ y: matmul(x, add(w, w)) }), ['w']);
 * // prepare: w -> hoisted.0 = w + w; main: x, hoisted.0 -> y
 * ```
 */
export function hoist(graph: Graph, fixed: readonly string[]): Hoisted {
  const missing = fixed.find((name) => !graph.inputs.has(name));
  if (missing !== undefined)
    throw new GraphError(`no input "${missing}"; inputs are ${[...graph.inputs.keys()].join(', ')}`);
  const names = new Set(fixed);
  const known = new Set<Node>(); // computable before the run
  const varies = new Set<Node>(); // and more than a constant
  for (const node of graph.nodes) {
    if (node.op === 'input' ? !names.has(node.attributes.name) : !node.inputs.every((x) => !x || known.has(x.node)))
      continue;
    if (node.op === 'size' || node.outputs.some(({ shape }) => shape.some((dim) => typeof dim === 'string'))) continue;
    known.add(node);
    if (node.op === 'input' || node.inputs.some((x) => x && varies.has(x.node))) varies.add(node);
  }
  const replaced = new Map<Tensor, Tensor>();
  const direct = new Set<string>();
  const use = (tensor: Tensor): void => {
    const { node } = tensor;
    if (!varies.has(node) || replaced.has(tensor)) return;
    if (node.op === 'input') direct.add(node.attributes.name);
    else replaced.set(tensor, input(`hoisted.${replaced.size}`, tensor.shape, tensor.dtype));
  };
  for (const node of graph.nodes) if (!known.has(node)) for (const tensor of node.inputs) if (tensor) use(tensor);
  for (const tensor of graph.outputs.values()) use(tensor);
  const rest = rewrite(graph, (_, rebuilt) => rebuilt, replaced);
  const keep = [...graph.inputs].filter(([name]) => !names.has(name)).map(([, tensor]) => tensor);
  return {
    prepare: createGraph(Object.fromEntries([...replaced].map(([tensor], i) => [`hoisted.${i}`, tensor]))),
    main: createGraph(Object.fromEntries(rest.outputs), keep),
    hoisted: [...replaced.values()].map((_, i) => `hoisted.${i}`),
    direct: [...direct],
  };
}
