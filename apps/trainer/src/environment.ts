// The one place where the command reads environment variables.

/** Whether errors show where in the code they come from (DIFSR_TRACE of 1 or more). */
export function tracesErrors(): boolean {
  return Number(process.env['DIFSR_TRACE'] ?? 0) >= 1;
}

/** Whether `npx difsr` (or `npm exec difsr`) started this. */
export function startedByNpx(): boolean {
  return process.env['npm_command'] === 'exec';
}

/** Folders in which the shell looks for commands. */
export function searchPath(): string {
  return process.env['PATH'] ?? '';
}
