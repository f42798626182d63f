// Options as they are passed on.

/**
 * The same options without those that are undefined, so that these leave a default as it is.
 *
 * @example
 * ```ts
 * ({ k: 20, ...given({ k: undefined, includeSeen: true }) }); // { k: 20, includeSeen: true }
 * ```
 */
export function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // Keys with undefined are gone, which Object.fromEntries cannot express in its type.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
