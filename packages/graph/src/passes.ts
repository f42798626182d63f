// Graph-to-graph passes, each a small rule for `rewrite`: algebra on constants, common
// subexpressions. Dead nodes vanish by themselves, since a graph is what its outputs reach.
import { constant } from './build.js';
import { rewrite } from './rewrite.js';
import { at, sameShape, type DType } from './types.js';
import type { Graph, Node, Tensor } from './signatures.js';
import { verify } from './verify.js';

/** Runs all passes that pay on every backend, verifying the graph after each. */
export function optimize(graph: Graph): Graph {
  let result = graph;
  for (const pass of [simplify, shareCommon]) {
    result = pass(result);
    verify(result);
  }
  return result;
}

/** The value of a constant of which all elements are equal, seen through broadcasts and reshapes. */
function splat(tensor: Tensor): number | undefined {
  let { node } = tensor;
  while (node.op === 'broadcast' || node.op === 'reshape') ({ node } = node.inputs[0]);
  if (node.op !== 'constant') return undefined;
  const [first] = node.attributes.data;
  return first !== undefined && node.attributes.data.every((value) => value === first) ? first : undefined;
}

/** a*b or a+b as the backends compute it: int32 wraps around. */
function foldScalars(op: 'mul' | 'add', a: number, b: number, dtype: DType): number {
  if (dtype === 'int32') return op === 'mul' ? Math.imul(a, b) : (a + b) | 0;
  return op === 'mul' ? a * b : a + b;
}

/** x*1, x+0, x-0, x/1, scalar arithmetic on constants, and chains of reshapes and transposes. */
export function simplify(graph: Graph): Graph {
  return rewrite(graph, (node, outputs) => {
    const output = at(outputs, 0);
    const simpler = simplifyNode(node, output);
    return simpler !== undefined && sameShape(simpler.shape, output.shape) ? [simpler] : outputs;
  });
}

function simplifyNode(node: Node, output: Tensor): Tensor | undefined {
  switch (node.op) {
    case 'mul':
    case 'add': {
      const [a, b] = node.inputs;
      const [x, y] = [splat(a), splat(b)];
      const identity = node.op === 'mul' ? 1 : 0;
      if (x !== undefined && y !== undefined && output.shape.length === 0)
        return constant(foldScalars(node.op, x, y, output.dtype), output.dtype);
      return y === identity ? a : x === identity ? b : undefined;
    }
    case 'sub':
    case 'div': {
      const [a, b] = node.inputs;
      return splat(b) === (node.op === 'div' ? 1 : 0) ? a : undefined;
    }
    case 'reshape': {
      const [x] = node.inputs;
      const source = x.node.op === 'reshape' ? x.node.inputs[0] : x;
      return sameShape(source.shape, output.shape) ? source : undefined;
    }
    case 'transpose': {
      const [x] = node.inputs;
      if (x.node.op !== 'transpose') return undefined;
      const inner = x.node.attributes.permutation;
      return node.attributes.permutation.every((axis, i) => inner[axis] === i) ? x.node.inputs[0] : undefined;
    }
    default:
      return undefined;
  }
}

/** JSON writes NaN and both infinities as null, and -0 as 0: constants that differ must not look alike. */
function exactNumbers(_: string, value: unknown): unknown {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${1 / value} ${value}`
    : value;
}

/** What tells attributes apart. A body is told by its nodes: their numbers differ from graph to graph, so places stand for them. */
function attributesKey(node: Node): string {
  if (node.op !== 'scan') return JSON.stringify(node.attributes, exactNumbers);
  const { body, ...others } = node.attributes;
  const places = new Map(body.nodes.map(({ id }, place) => [id, place]));
  const placeOf = (tensor: Tensor | undefined): string =>
    tensor === undefined ? '-' : `${places.get(tensor.node.id) ?? '?'}.${tensor.index}`;
  const lines = body.nodes.map((inner) => `${inner.op}(${inner.inputs.map(placeOf).join()})${attributesKey(inner)}`);
  const outputs = [...body.outputs].map(([name, tensor]) => `${name}=${placeOf(tensor)}`);
  return JSON.stringify([others, lines, outputs]);
}

/** One node for equal ops on equal inputs with equal attributes. */
export function shareCommon(graph: Graph): Graph {
  const seen = new Map<string, readonly Tensor[]>();
  return rewrite(graph, (node, outputs) => {
    if (node.op === 'input') return outputs;
    const operands = node.inputs
      .map((tensor) => (tensor === undefined ? '-' : `${tensor.node.id}.${tensor.index}`))
      .join();
    const key = `${node.op}(${operands})${attributesKey(node)}`;
    const earlier = seen.get(key);
    if (earlier !== undefined) return earlier;
    seen.set(key, outputs);
    return outputs;
  });
}
