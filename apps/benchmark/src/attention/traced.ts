// Candidates traced with @difsr/attention and compiled by a backend: plain attention, and the definition of DIF attention.
import { attentionMask, declareAttention, difAttention, vanillaAttention } from '@difsr/attention';
import { at, createGraph, input, matmul, reduceSum, type Backend, type Feeds, type Graph, type HostTensor } from '@difsr/graph';
import { Scope } from '@difsr/nn';
import { operations } from './arithmetic.js';
import type { Candidate, CandidateName } from './candidate.js';
import { declareCase, type Case, type CaseData } from './case.js';

/** A graph with its weights named. */
interface Traced {
  readonly graph: Graph;
  readonly parameters: readonly string[];
}

/** Plain attention over the item stream: inputs `item`, `valid`. */
export function plainGraph({ width, heads }: Case): Traced {
  const scope = new Scope({ training: false });
  const item = input('item', ['batch', 'length', width]);
  const mask = attentionMask('length', { valid: input('valid', ['batch', 'length'], 'bool'), causal: true });
  const { output } = vanillaAttention(item, declareAttention(scope, width, heads, 1), { heads, mask });
  return { graph: createGraph({ output }), parameters: scope.parameters.map(({ spec }) => spec.name) };
}

/** The definition of DIF attention: inputs `item`, `valid`, `side.N`, `position`. */
export function definitionGraph(own: Case): Traced {
  const { width, sideWidth, heads, sides, position, length } = own;
  const scope = new Scope({ training: false });
  const weights = declareCase(scope, own);
  const item = input('item', ['batch', 'length', width]);
  const mask = attentionMask('length', { valid: input('valid', ['batch', 'length'], 'bool'), causal: true });
  const sources = {
    sides: Array.from({ length: sides }, (_, j) => input(`side.${j}`, ['batch', 'length', sideWidth])),
    ...(position ? { position: input('position', [1, 'length', width]) } : {}),
  };
  const { output } = difAttention(item, sources, weights, { heads, mask });
  return { graph: createGraph({ output }), parameters: scope.parameters.map(({ spec }) => spec.name) };
}

/** Makes a candidate of a graph. */
export async function tracedCandidate(
  backend: Backend,
  name: CandidateName,
  { graph, parameters }: Traced,
  own: Case,
  data: CaseData,
): Promise<Candidate> {
  const weights = Object.fromEntries(Object.entries(data.weights).filter(([weight]) => parameters.includes(weight)));
  const variables = await backend.createVariables(weights);
  const program = await backend.compile(graph, { variables, label: name });
  const feeds = Object.fromEntries(Object.entries(feedsOf(own, data)).filter(([key]) => graph.inputs.has(key)));
  return {
    name,
    operations: operations(graph, sizesOf(own)),
    run: async () => floats((await program.run(feeds))['output']),
    dispose: async () => {
      await program.dispose();
      await variables.dispose();
    },
  };
}

/** A product of square matrices on a backend. */
export async function tracedProduct(
  backend: Backend,
  size: number,
): Promise<{ run(): Promise<unknown>; dispose(): Promise<void> }> {
  const a = input('a', [size, size]);
  const data = Float32Array.from({ length: size * size }, (_, i) => ((i * 7919) % 101) / (101 * size));
  const variables = await backend.createVariables({ a: { dtype: 'float32', shape: [size, size], data } });
  const program = await backend.compile(createGraph({ y: reduceSum(matmul(a, a)) }), { variables, label: 'product' });
  return {
    run: () => program.run({}),
    dispose: async () => {
      await program.dispose();
      await variables.dispose();
    },
  };
}

/** The symbols of the graphs above. */
export function sizesOf({ batch, length }: Case): ReadonlyMap<string, number> {
  return new Map([
    ['batch', batch],
    ['length', length],
  ]);
}

function feedsOf({ batch, length, width, sideWidth }: Case, data: CaseData): Feeds {
  const float = (values: Float32Array, shape: readonly number[]): HostTensor => ({ dtype: 'float32', shape, data: values });
  return {
    item: float(data.item, [batch, length, width]),
    valid: { dtype: 'bool', shape: [batch, length], data: data.valid },
    ...Object.fromEntries(data.sides.map((side, j) => [`side.${j}`, float(side, [batch, length, sideWidth])])),
    ...(data.position === undefined ? {} : { position: float(data.position, [1, length, width]) }),
  };
}

/** Float results; the reference backend's float64 becomes float32. */
function floats(tensor: HostTensor | undefined): Float32Array {
  const data = tensor?.data;
  return data instanceof Float32Array ? data : Float32Array.from(at([data ?? []], 0));
}
