// Names, order and life of the nodes of a decoded ONNX graph, bodies of If, Loop and Scan included: what it takes to take
// nodes out and to put others in.
import type { GraphProto, NodeProto } from '../protobuf/onnx_pb.js';
import { OnnxModelError } from '../file/decode.js';

/** The bodies that a node holds. */
function bodies(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]));
}

/** Every name that a node reads; of its bodies all that they mention, as ONNX lets none of them shadow an outer name. */
export function readsOf(node: NodeProto): string[] {
  const inner = bodies(node).flatMap((body) => [...body.node.flatMap(readsOf), ...body.output.map(({ name }) => name)]);
  return [...node.input, ...inner].filter((name) => name !== '');
}

/** Names of values, those inside bodies included. */
export function allNames(graph: GraphProto): Set<string> {
  const names = new Set<string>();
  for (const { name } of [...graph.input, ...graph.output, ...graph.initializer, ...graph.valueInfo]) names.add(name);
  for (const node of graph.node) {
    for (const name of [node.name, ...node.input, ...node.output]) names.add(name);
    for (const body of bodies(node)) for (const name of allNames(body)) names.add(name);
  }
  return names;
}

/** The type of the node whose body computes a value, if one does. */
export function bodyThatHolds(graph: GraphProto, value: string): string | undefined {
  for (const node of graph.node) {
    for (const body of bodies(node)) {
      if (body.node.some(({ output }) => output.includes(value))) return node.opType;
      const deeper = bodyThatHolds(body, value);
      if (deeper !== undefined) return deeper;
    }
  }
  return undefined;
}

/** The nodes that some output needs, each after those that it reads; otherwise in the order given. */
export function liveNodes(nodes: readonly NodeProto[], outputs: Iterable<string>): NodeProto[] {
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  producers.delete('');
  return inOrder(reached(producers, outputs, nodes), producers);
}

function reached(
  producers: ReadonlyMap<string, NodeProto>,
  outputs: Iterable<string>,
  nodes: readonly NodeProto[],
): NodeProto[] {
  const live = new Set<NodeProto>();
  const wanted = [...outputs];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const node = producers.get(name);
    if (node === undefined || live.has(node)) continue;
    live.add(node);
    wanted.push(...readsOf(node));
  }
  return nodes.filter((node) => live.has(node));
}

function inOrder(nodes: readonly NodeProto[], producers: ReadonlyMap<string, NodeProto>): NodeProto[] {
  const order: NodeProto[] = [];
  const state = new Map<NodeProto, 'open' | 'done'>();
  // An explicit stack: a chain of nodes may be longer than the call stack.
  const stack: { readonly node: NodeProto; readonly waiting: readonly NodeProto[]; next: number }[] = [];
  const open = (node: NodeProto): void => {
    state.set(node, 'open');
    stack.push({ node, waiting: needed(node, producers), next: 0 });
  };
  for (const root of nodes) {
    if (!state.has(root)) open(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.waiting[top.next++];
      if (next === undefined) {
        state.set(top.node, 'done');
        order.push(top.node);
        stack.pop();
      } else if (state.get(next) === 'open') {
        throw new OnnxModelError(
          `a circle: "${top.node.output.join()}" and "${next.output.join()}" need each other. What the new part reads must not depend on the tensor that it replaces`,
        );
      } else if (!state.has(next)) {
        open(next);
      }
    }
  }
  return order;
}

function needed(node: NodeProto, producers: ReadonlyMap<string, NodeProto>): NodeProto[] {
  return [...new Set(readsOf(node).flatMap((name) => producers.get(name) ?? []))];
}

/** Drops what belongs to no value any more: tensors, the inputs that stand for them but those of `kept`, declared types, annotations. */
export function sweep(graph: GraphProto, kept: ReadonlySet<string>): void {
  const used = new Set([...graph.node.flatMap(readsOf), ...graph.output.map(({ name }) => name)]);
  const computed = new Set(graph.node.flatMap(({ output }) => output));
  const dead = new Set(graph.initializer.map(({ name }) => name).filter((name) => !used.has(name)));
  graph.initializer = graph.initializer.filter(({ name }) => !dead.has(name));
  graph.sparseInitializer = graph.sparseInitializer.filter(({ values }) => used.has(values?.name ?? ''));
  graph.input = graph.input.filter(({ name }) => !dead.has(name) || kept.has(name));
  graph.valueInfo = graph.valueInfo.filter(({ name }) => used.has(name) || computed.has(name));
  graph.quantizationAnnotation = graph.quantizationAnnotation.filter(
    ({ tensorName }) => used.has(tensorName) || computed.has(tensorName),
  );
}
