// Candidates of createDifAttention: the kernels that users get.
import type { Backend } from '@difsr/graph';
import type { Plan } from './candidate.js';
import type { Case, CaseData } from './case.js';

/** Plans of the kernels. */
export function kernelPlans(_backend: Backend, _threads: number | undefined, _own: Case, _data: CaseData): Plan[] {
  return [];
}
