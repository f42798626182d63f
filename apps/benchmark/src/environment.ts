// The one place where the command reads environment variables.

/** Whether errors show where in the code they come from (DIFSR_TRACE of 1 or more). */
export function tracesErrors(): boolean {
  return Number(process.env['DIFSR_TRACE'] ?? 0) >= 1;
}
