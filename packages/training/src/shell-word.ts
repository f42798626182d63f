// Commands that are printed run as they are printed: what a shell would split or expand is quoted.

/**
 * A word of a command, quoted where a shell would not take it as it stands: in double quotes, which every shell knows,
 * or in single quotes where it holds what is special within double ones.
 *
 * @example
 * shellWord('runs/my shop'); // "runs/my shop", with the quotes
 */
export function shellWord(text: string): string {
  if (/^[\p{L}\p{N}_@%+:,./][\p{L}\p{N}_@%+=:,./-]*$|^-{1,2}[\w-]+$/u.test(text)) return text;
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : `"${text}"`;
}
