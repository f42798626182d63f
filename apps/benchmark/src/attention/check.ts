// Candidates must compute the same before their times mean anything.
import { createReferenceBackend } from '@difsr/graph';
import type { Candidate, CandidateName, Engine } from './candidate.js';
import { caseData, type Case, type GridOptions } from './case.js';
import { definitionGraph, plainGraph, tracedOutput } from './traced.js';

/** Largest absolute difference that counts as the same; outputs are about 1 in size. */
export const TOLERANCE = 1e-4;

/**
 * The largest absolute difference of two outputs; infinite where a value is not finite or the sizes differ.
 *
 * @param valid one entry per row of the outputs; rows at 0 are padding and may differ.
 */
export function largestDifference(a: Float32Array, b: Float32Array, valid?: Uint8Array): number {
  if (a.length !== b.length || a.length === 0) return Number.POSITIVE_INFINITY;
  const width = valid === undefined ? 1 : a.length / valid.length;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (valid?.[Math.floor(i / width)] === 0) continue;
    const difference = Math.abs(a[i]! - b[i]!); // same length
    if (!(difference <= largest)) largest = Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY;
  }
  return largest;
}

/** What a candidate of a case must give: without sources of its own, DIF attention is plain attention. */
export function kindOf(name: CandidateName, own: Case): 'plain' | 'dif' {
  return name === 'plain' || name === 'plain-fused' || (own.sides === 0 && !own.position) ? 'plain' : 'dif';
}

/**
 * Largest difference of an engine's candidates from the definitions in float64, over small cases of all fusions.
 *
 * @returns for every candidate that failed or differs by more than the tolerance a sentence, too.
 */
export async function checkAgainstReference(
  engine: Engine,
  { fusions, heads, position, padding }: Pick<GridOptions, 'fusions' | 'heads' | 'position' | 'padding'>,
): Promise<{ readonly difference: number; readonly problems: readonly string[] }> {
  const reference = createReferenceBackend();
  const problems: string[] = [];
  let difference = 0;
  for (const fusion of fusions) {
    const shape = { sides: 2, length: 6, batch: 3, width: 4 * heads, sideWidth: 2 * heads, heads, items: 9 };
    const own: Case = { ...shape, fusion, position, padding };
    const data = caseData(own);
    const expected = {
      plain: await tracedOutput(reference, plainGraph(own), own, data),
      dif: await tracedOutput(reference, definitionGraph(own), own, data),
    };
    for (const plan of engine.plans(own, data)) {
      const what = `${engine.backend} ${engine.device}, ${fusion}, ${plan.name}`;
      try {
        const output = await runOnce(await plan.prepare());
        const found = largestDifference(output, expected[kindOf(plan.name, own)], data.valid);
        if (Number.isFinite(found)) difference = Math.max(difference, found);
        if (found > TOLERANCE) problems.push(`${what}: ${differs(found)}`);
      } catch (error) {
        problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  await reference.dispose();
  return { difference, problems };
}

/** A difference in words. */
export function differs(difference: number): string {
  return `differs from the definition by ${difference.toPrecision(2)} (at most ${TOLERANCE} allowed)`;
}

async function runOnce(candidate: Candidate): Promise<Float32Array> {
  try {
    return await candidate.run();
  } finally {
    await candidate.dispose();
  }
}
