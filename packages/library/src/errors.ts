// What can go wrong in the library itself.

/** An option or configuration that cannot be used: says where, the value, what was allowed, and the cure. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(problem: string, cure: string) {
    super(`${problem}\n  cure: ${cure}`);
  }
}
