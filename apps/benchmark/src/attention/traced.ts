// Plain attention and the definition of DIF attention as graphs: what all candidates must agree with, and whose matrix
// products are counted.
import { attentionMask, declareAttention, difAttention, vanillaAttention, type AttentionMask } from '@difsr/attention';
import { createGraph, input, type Backend, type Feeds, type Graph, type HostTensor } from '@difsr/graph';
import { Scope } from '@difsr/nn';
import { declareCase, type Case, type CaseData } from './case.js';

/** A graph with its weights named. */
interface Traced {
  readonly graph: Graph;
  readonly parameters: readonly string[];
}

/** Plain attention over the item stream: inputs `item`, `valid`. */
export function plainGraph({ width, heads, padding }: Case): Traced {
  const scope = new Scope({ training: false });
  const item = input('item', ['batch', 'length', width]);
  const mask = maskOf(padding);
  const { output } = vanillaAttention(item, declareAttention(scope, width, heads, 1), { heads, mask });
  return { graph: createGraph({ output }), parameters: scope.parameters.map(({ spec }) => spec.name) };
}

/** The definition of DIF attention: inputs `item`, `valid`, `side.N`, `position`. */
export function definitionGraph(own: Case): Traced {
  const { width, sideWidth, heads, sides, position, padding } = own;
  const scope = new Scope({ training: false });
  const weights = declareCase(scope, own);
  const item = input('item', ['batch', 'length', width]);
  const mask = maskOf(padding);
  const sources = {
    sides: Array.from({ length: sides }, (_, j) => input(`side.${j}`, ['batch', 'length', sideWidth])),
    ...(position ? { position: input('position', [1, 'length', width]) } : {}),
  };
  const { output } = difAttention(item, sources, weights, { heads, mask });
  return { graph: createGraph({ output }), parameters: scope.parameters.map(({ spec }) => spec.name) };
}

function maskOf(padding: boolean): AttentionMask {
  return attentionMask('length', {
    causal: true,
    ...(padding ? { valid: input('valid', ['batch', 'length'], 'bool') } : {}),
  });
}

/** The output of a graph, computed by a backend. */
export async function tracedOutput(
  backend: Backend,
  { graph, parameters }: Traced,
  own: Case,
  data: CaseData,
): Promise<Float32Array> {
  const program = await backend.compile(graph);
  const weights = Object.fromEntries(Object.entries(data.weights).filter(([name]) => parameters.includes(name)));
  const feeds = Object.fromEntries(Object.entries(feedsOf(own, data)).filter(([name]) => graph.inputs.has(name)));
  const { output } = await program.run({ ...feeds, ...weights });
  await program.dispose();
  return Float32Array.from(output?.data ?? []);
}

/** The symbols of the graphs above. */
export function sizesOf({ batch, length }: Case): ReadonlyMap<string, number> {
  return new Map([
    ['batch', batch],
    ['length', length],
  ]);
}

function feedsOf({ batch, length, width, sideWidth }: Case, data: CaseData): Feeds {
  const float = (values: Float32Array, shape: readonly number[]): HostTensor => ({
    dtype: 'float32',
    shape,
    data: values,
  });
  return {
    item: float(data.item, [batch, length, width]),
    ...(data.valid === undefined ? {} : { valid: { dtype: 'bool', shape: [batch, length], data: data.valid } }),
    ...Object.fromEntries(data.sides.map((side, j) => [`side.${j}`, float(side, [batch, length, sideWidth])])),
    ...(data.position === undefined ? {} : { position: float(data.position, [1, length, width]) }),
  };
}
