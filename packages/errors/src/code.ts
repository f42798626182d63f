// Errors that others throw, by their codes.

/** The code of an error of the system or of Node.js, such as `ENOENT`; undefined of one without. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
