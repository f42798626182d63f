// Between two cells: a delimiter of one or more characters, or `blanks`, which is any number of blanks and tabs.

/** As a delimiter: blanks and tabs, however many of them; those at the ends of a line are no cells. */
export const BLANKS = 'blanks';

/** The cells of a line without quotes. */
export function splitCells(raw: string, delimiter: string): string[] {
  return delimiter === BLANKS ? withoutBlanks(raw).split(/[ \t]+/) : raw.split(delimiter);
}

/** The same in SQL. */
export function splitSql(column: string, delimiter: string): string {
  return delimiter === BLANKS
    ? `string_split_regex(trim(${column}, ' \t'), '[ \t]+')`
    : `string_split(${column}, '${delimiter.replaceAll("'", "''")}')`;
}

/** Whether a record has `width` cells, not counting empty ones behind them: many programs end every line with a delimiter. */
export function fitsWidth(cells: readonly string[], width: number): boolean {
  return (
    cells.length === width || (cells.length > width && cells.slice(width).every((cell) => withoutBlanks(cell) === ''))
  );
}

/** Text without the blanks and tabs around it. */
export function withoutBlanks(text: string): string {
  return text.replaceAll(/^[ \t]+|[ \t]+$/g, '');
}

/** Finds the next delimiter from a place on. */
export function nextDelimiter(
  text: string,
  delimiter: string,
  from: number,
): { readonly at: number; readonly end: number } | undefined {
  if (delimiter !== BLANKS) {
    const at = text.indexOf(delimiter, from);
    return at === -1 ? undefined : { at, end: at + delimiter.length };
  }
  const found = /[ \t]+/g;
  found.lastIndex = from;
  const match = found.exec(text);
  return match === null ? undefined : { at: match.index, end: found.lastIndex };
}

/** The form of a cell: digits as one 9, letters as one a, blanks as one blank; the rest as it is. */
export function formOf(cell: string): string {
  return withoutBlanks(cell)
    .slice(0, 100)
    .replaceAll(/\p{L}+/gu, 'a')
    .replaceAll(/\d+/g, '9')
    .replaceAll(/\s+/g, ' ');
}
