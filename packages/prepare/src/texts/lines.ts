// Lines of a text, one at a time: no array of all lines, so that large files cost no second copy.

/**
 * Calls `visit` for every line with its 1-based number. Line ends are LF or CRLF; the last line may lack one.
 * A byte order mark at the start is skipped.
 */
export function forEachLine(text: string, visit: (content: string, line: number) => void): void {
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  for (let line = 1; start < text.length; line++) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    visit(text.slice(start, end > start && text[end - 1] === '\r' ? end - 1 : end), line);
    start = end + 1;
  }
}
