// The one place of this package that reads environment variables.

/** How much is written to standard error: see the README. */
export type TraceLevel = 0 | 1 | 2 | 3;

/** `DIFSR_TRACE`, 0 where it is unset or not a number; levels above 3 mean 3. */
export function traceLevel(): TraceLevel {
  const level = Math.trunc(Number(process.env['DIFSR_TRACE'] ?? '0'));
  if (!(level >= 1)) return 0;
  return level === 1 ? 1 : level === 2 ? 2 : 3;
}
