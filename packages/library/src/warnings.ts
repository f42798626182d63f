// What is said of results that mean less than they seem to.
const whole = new Intl.NumberFormat('en');

/** What to say where a cut-off is no choice among items: at one that is not below their number, every target is found. */
export function cutOffWarning(ks: readonly number[], items: number): string | undefined {
  const wide = ks.filter((k) => k >= items);
  if (wide.length === 0) return undefined;
  return `there are ${whole.format(items)} items: the first ${wide.join(' and ')} are all of them, so that recall there says nothing (evaluation.ks)`;
}
