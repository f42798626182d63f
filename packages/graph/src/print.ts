// Prints a graph as readable text: one line per node, numbered in order, types at the right.
import { formatType } from './types.js';
import type { Graph, Tensor } from './signatures.js';

/**
 * The graph as text.
 *
 * @example
 * ```ts
 * printGraph(createGraph({ y: mul(input('x', ['batch', 3]), 2) }));
 * // %0 = input "x"            : float32[batch, 3]
 * // %1 = constant 2           : float32[]
 * // %2 = mul %0 %1            : float32[batch, 3]
 * // y = %2
 * ```
 */
export function printGraph(graph: Graph): string {
  const names = new Map<Tensor, string>();
  const lines = graph.nodes.map((node, position) => {
    const own = node.outputs.map((output, i) => {
      const name = node.outputs.length === 1 ? `%${position}` : `%${position}.${i}`;
      names.set(output, name);
      return name;
    });
    const operands = node.inputs.map((tensor) => (tensor === undefined ? '-' : (names.get(tensor) ?? '?')));
    const detail =
      node.op === 'input'
        ? JSON.stringify(node.attributes.name)
        : node.op === 'constant'
          ? abbreviate(node.attributes.data)
          : describe(node.attributes);
    const text = `${own.join(', ')} = ${[node.op, ...operands, detail].filter((part) => part !== '').join(' ')}`;
    const line = `${text.padEnd(48)} : ${node.outputs.map(formatType).join(', ')}`;
    return node.op === 'scan' ? `${line}\n${indented(printGraph(node.attributes.body))}` : line;
  });
  return [...lines, ...[...graph.outputs].map(([name, tensor]) => `${name} = ${names.get(tensor) ?? '?'}`)].join('\n');
}

function abbreviate(data: readonly number[]): string {
  return data.length <= 4 ? data.join(' ') : `${data.slice(0, 3).join(' ')} .. (${data.length})`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  | ');
}

/** Attributes but a body, which is printed below its node. */
function describe(attributes: object): string {
  const entries = Object.entries(attributes).filter(([key]) => key !== 'body');
  return entries.length === 0
    ? ''
    : `{${entries.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')}}`;
}
