// Ranking as somebody would write it who takes scores out of the runtime: all scores of a batch come back, and targets are ranked in
// JavaScript. What ranking inside the graph is worth is the ratio to it.
import {
  createGraph,
  type Backend,
  type Graph,
  type HostTensor,
  type Node,
  type NodeOf,
  type Program,
} from '@difsr/graph';

/** A backend whose programs give scores where they were asked for ranks; the ranks are then made here. Everything else is the backend's. */
export function plainRanking(backend: Backend): Backend {
  return {
    name: backend.name,
    device: backend.device,
    createVariables: (values) => backend.createVariables(values),
    compile: async (graph, options) => {
      const ranks = ranksOf(graph);
      if (ranks.size === 0) return backend.compile(graph, options);
      const program = await backend.compile(withoutRanks(graph, ranks), options);
      return { run: async (feeds) => ranked(ranks, await program.run(feeds)), dispose: () => program.dispose() };
    },
    dispose: () => Promise.resolve(), // it is the caller's
  };
}

type Ranks = ReadonlyMap<string, NodeOf<'rank'>>;

/** The outputs of a graph that are ranks without items that are left out, by name. */
function ranksOf(graph: Graph): Ranks {
  const isRank = (node: Node): node is NodeOf<'rank'> => node.op === 'rank' && node.inputs.length === 2;
  return new Map(
    [...graph.outputs].flatMap(([name, { node }]): [string, NodeOf<'rank'>][] => (isRank(node) ? [[name, node]] : [])),
  );
}

function withoutRanks(graph: Graph, ranks: Ranks): Graph {
  const outputs = [...graph.outputs].flatMap(([name, tensor]) => {
    const node = ranks.get(name);
    return node === undefined
      ? [[name, tensor] as const]
      : [[`${name}.scores`, node.inputs[0]] as const, [`${name}.targets`, node.inputs[1]] as const];
  });
  return createGraph(Object.fromEntries(outputs), [...graph.inputs.values()]);
}

function ranked(ranks: Ranks, outputs: Awaited<ReturnType<Program['run']>>): Record<string, HostTensor> {
  const results = { ...outputs };
  for (const [name, { attributes }] of ranks) {
    const [scores, targets] = [outputs[`${name}.scores`], outputs[`${name}.targets`]];
    if (scores === undefined || targets === undefined) throw new Error(`the program gave no scores for "${name}"`);
    results[name] = { dtype: 'int32', shape: targets.shape, data: ranksAmong(scores, targets, attributes.firstItem) };
  }
  return results;
}

/** How many items of each row, from `firstItem` on, come before its target: those of higher scores, and of equal ones with a lower id. */
export function ranksAmong(
  { data: scores, shape }: Pick<HostTensor, 'data' | 'shape'>,
  { data: targets }: Pick<HostTensor, 'data'>,
  firstItem: number,
): Int32Array {
  const width = shape.at(-1) ?? 0;
  return Int32Array.from(targets, (target, row) => {
    const own = scores[row * width + target] ?? Number.NaN;
    let before = 0;
    for (let item = firstItem; item < width; item++) {
      const score = scores[row * width + item]!; // within the row
      if (score > own || (score === own && item < target)) before++;
    }
    return before;
  });
}
