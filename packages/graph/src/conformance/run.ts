// Runs one case on a backend and compares with the reference interpreter.
import type { Backend, HostTensor } from '../backend.js';
import { evaluate } from '../reference/index.js';
import type { OpName } from '../signatures.js';
import { formatShape, sameShape } from '../types.js';
import type { ConformanceCase, Tolerance } from './cases.js';

/** Ops that a backend cannot do, each with the reason. */
export type Skips = Readonly<Partial<Record<OpName, string>>>;

/** How a backend did in a case. */
export interface CaseResult {
  readonly pass: boolean;
  /** Largest error over its tolerance; 1 or less passes. Infinity where an exact value, a shape or a dtype is wrong. */
  readonly worst: number;
  /** Which element of which output is worst, in which of the runs. */
  readonly detail: string;
}

/** Why a case is to be skipped: its own op, or one that its graph contains, is in `skips`. */
export function skipReason(example: ConformanceCase, skips: Skips): string | undefined {
  if (Object.keys(skips).length === 0) return undefined;
  const reason = skips[example.op];
  if (reason !== undefined) return `${example.op}: ${reason}`;
  for (const { op } of example.build().graph.nodes) {
    const inner = skips[op];
    if (inner !== undefined) return `${op}: ${inner}`;
  }
  return undefined;
}

/**
 * Compiles the case's graph, runs it `repeats` times and compares every output of every run. Never throws for a wrong
 * result; errors of the backend pass through.
 */
export async function runCase(backend: Backend, example: ConformanceCase): Promise<CaseResult> {
  const { graph, feeds } = example.build();
  const expected = evaluate(graph, feeds);
  const program = await backend.compile(graph, { label: example.name });
  let worst: Difference = { error: 0, detail: 'equal' };
  try {
    for (let run = 0; run < example.repeats; run++) {
      const outputs = await program.run(feeds);
      for (const [name, value] of Object.entries(expected)) {
        const difference = compare(outputs[name], value, example.tolerance);
        if (difference.error > worst.error)
          worst = {
            error: difference.error,
            detail: `run ${run + 1} of ${example.repeats}, output "${name}"${difference.detail}`,
          };
      }
    }
  } finally {
    await program.dispose();
  }
  return { pass: worst.error <= 1, worst: worst.error, detail: `${example.name}: ${worst.detail}` };
}

interface Difference {
  readonly error: number;
  readonly detail: string;
}

/** The largest error of a tensor over its tolerance. */
function compare(actual: HostTensor | undefined, expected: HostTensor, { relative, absolute }: Tolerance): Difference {
  if (actual === undefined) return { error: Infinity, detail: ' is missing' };
  if (
    actual.dtype !== expected.dtype ||
    !sameShape(actual.shape, expected.shape) ||
    actual.data.length !== expected.data.length
  ) {
    return {
      error: Infinity,
      detail: ` is ${actual.dtype}${formatShape(actual.shape)} with ${actual.data.length} elements, expected ${expected.dtype}${formatShape(expected.shape)}`,
    };
  }
  let largest = 0;
  for (const value of expected.data) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  const allowed = expected.dtype === 'float32' ? relative * largest + absolute : 0;
  let worst: Difference = { error: 0, detail: '' };
  for (let i = 0; i < expected.data.length; i++) {
    const [got, wanted] = [actual.data[i]!, expected.data[i]!];
    if (got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) continue;
    const gap = Math.abs(got - wanted);
    const error = Number.isFinite(gap) && allowed > 0 ? gap / allowed : Infinity;
    if (error > worst.error)
      worst = {
        error,
        detail: `, element ${i} of ${formatShape(expected.shape)}: ${got}, expected ${wanted} (${error.toPrecision(3)} of the tolerance)`,
      };
  }
  return worst;
}
