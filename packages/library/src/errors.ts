// What can go wrong in the library itself.
import { DifsrError, type Fault } from '@difsr/errors';

/** An option or configuration that cannot be used: says where, the value, what was allowed, and the cure. */
export class UsageError extends DifsrError {
  override readonly name = 'UsageError';

  constructor(problem: string, cure: string);
  constructor(faults: Fault | readonly Fault[], options?: { readonly total?: number });
  constructor(problem: string | Fault | readonly Fault[], more?: string | { readonly total?: number }) {
    if (typeof problem === 'string') super({ what: problem, cure: typeof more === 'string' ? more : undefined });
    else super(problem, typeof more === 'object' ? more : {});
  }
}
