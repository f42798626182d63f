// The suite's cases, made from the examples of every op: the op itself, and its gradient.
import type { Feeds } from '../backend.js';
import { createGraph } from '../graph.js';
import { gradients } from '../gradients.js';
import { opNames } from '../ops.js';
import type { OpName, Graph, Tensor } from '../signatures.js';
import { differentiate } from '../vjp.js';
import { examples } from './examples.js';
import { Scene, type Example } from './scene.js';

/** How far a float may be from the oracle's: `relative` to the largest magnitude of its tensor, plus `absolute`. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** A graph, values for it, and how exactly a backend must agree with the reference interpreter. */
export interface ConformanceCase {
  /** `matmul, forward: a shared weight (1)`; unique in the suite. */
  readonly name: string;
  /** The op that the case is about; others may take part. */
  readonly op: OpName;
  readonly kind: 'forward' | 'gradient' | 'exact';
  /** Makes the graph and its feeds, the same at every call; not done ahead, since feeds can be large. */
  readonly build: () => { readonly graph: Graph; readonly feeds: Feeds };
  /** For float32 outputs; int32 and bool ones must be equal. */
  readonly tolerance: Tolerance;
  /** How often to run: races show themselves in a few runs of a hundred only. */
  readonly repeats: number;
}

const FORWARD: Tolerance = { relative: 2e-5, absolute: 1e-6 };
const GRADIENT: Tolerance = { relative: 2e-4, absolute: 1e-7 };

/** The outputs of an example with the gradients of its float inputs, given random cotangents. */
export function withGradients(outputs: Readonly<Record<string, Tensor>>, scene: Scene): Record<string, Tensor> {
  const inputs = [...createGraph(outputs).inputs].filter(([, tensor]) => tensor.dtype === 'float32');
  const cotangents = Object.entries(outputs)
    .filter(([, tensor]) => tensor.dtype === 'float32')
    .map(([name, tensor]) => [tensor, scene.float(`cotangent.${name}`, tensor.shape)] as const);
  const found = differentiate(
    cotangents,
    inputs.map(([, tensor]) => tensor),
  );
  const gradientOutputs = inputs.flatMap(([name], i) => {
    const gradient = found[i];
    return gradient === undefined ? [] : [[`grad.${name}`, gradient] as const];
  });
  return { ...outputs, ...Object.fromEntries(gradientOutputs) };
}

/** Whether an example has anything to differentiate: an op with a gradient rule, from float inputs to float outputs. */
function hasGradient(op: OpName, example: Example): boolean {
  if (typeof gradients[op] !== 'function') return false;
  const scene = new Scene(0, false);
  const outputs = example.build(scene);
  return Object.keys(withGradients(outputs, scene)).length > Object.keys(outputs).length;
}

function build(example: Example, seed: number, kind: 'forward' | 'gradient'): { graph: Graph; feeds: Feeds } {
  const scene = new Scene(seed);
  const outputs = example.build(scene);
  const graph = createGraph(kind === 'forward' ? outputs : withGradients(outputs, scene));
  return { graph, feeds: Object.fromEntries(Object.entries(scene.feeds).filter(([name]) => graph.inputs.has(name))) };
}

/**
 * Every op, forward and gradient, over random shapes: what a backend must pass.
 *
 * @param options.seeds one set of random shapes and values each (large examples take the first only).
 * @example
 * ```ts
 * for (const example of conformanceCases()) {
 *   test.skipIf(skipReason(example, skips))(example.name, async () => {
 *     const result = await runCase(backend, example);
 *     expect(result.pass, result.detail).toBe(true);
 *   });
 * }
 * ```
 */
export function* conformanceCases(
  options: { readonly seeds?: readonly number[]; readonly ops?: readonly OpName[] } = {},
): Generator<ConformanceCase> {
  const { seeds = [1, 2], ops = opNames } = options;
  for (const op of ops) {
    for (const example of examples[op]) {
      const kinds = hasGradient(op, example) ? (['forward', 'gradient'] as const) : (['forward'] as const);
      for (const seed of example.large ? seeds.slice(0, 1) : seeds) {
        for (const kind of kinds) {
          yield {
            name: `${op}, ${kind}: ${example.name} (${seed})`,
            op,
            kind,
            build: () => build(example, seed, kind),
            tolerance: kind === 'gradient' || op === 'tableCrossEntropyGrad' ? GRADIENT : FORWARD,
            repeats: 1,
          };
        }
      }
    }
  }
}
