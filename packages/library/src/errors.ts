// What can go wrong in the library itself.
import { DifsrError, type Fault } from '@difsr/errors';

/** An option or configuration that cannot be used: says where, the value, what was allowed, and the cure. */
export class UsageError extends DifsrError {
  override readonly name = 'UsageError';

  constructor(problem: string | Fault | readonly Fault[], cure?: string) {
    super(typeof problem === 'string' ? { what: problem, cure } : problem);
  }
}
