// "Did you mean": the nearest of several names, for errors about misspelt ones.

/**
 * ` (did you mean X?)`, where one of the candidates is near enough to a name: half of it may differ; empty otherwise.
 *
 * @example
 * ```ts
 * didYouMean('rat', ['width', 'rate']); // ' (did you mean rate?)'
 * ```
 */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const [nearest] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(name.length, candidate.length) / 2)
    .toSorted((a, b) => a.distance - b.distance);
  return nearest === undefined ? '' : ` (did you mean ${nearest.candidate}?)`;
}

/** The fewest insertions, deletions and substitutions of one character. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
