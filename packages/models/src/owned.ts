// What a function has made and has to free, however it ends.

/** A program, variables, or anything else that is freed by whoever made it. */
export interface Freed {
  /** Frees it. */
  dispose(): Promise<void>;
}

/**
 * Holds what is to be freed together: where one of several steps fails, what the others made is freed all the same.
 *
 * @example
 * ```ts
 * const owned = new Owned();
 * try {
 *   const variables = owned.add(await backend.createVariables(tensors));
 *   const program = owned.add(await backend.compile(graph, { variables }));
 *   return await program.run({});
 * } finally {
 *   await owned.dispose();
 * }
 * ```
 */
export class Owned implements Freed {
  readonly #all: Freed[] = [];

  /** Takes over something to free; gives it back. */
  add<T extends Freed>(part: T): T {
    this.#all.push(part);
    return part;
  }

  /** Frees all of it, the last first: programs before the variables that they read. What cannot be freed keeps no other from it. */
  async dispose(): Promise<void> {
    const last = this.#all.pop();
    if (last === undefined) return;
    try {
      await last.dispose();
    } finally {
      await this.dispose();
    }
  }
}
