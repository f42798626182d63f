// Text and names as SQL literals. Every value that reaches a statement goes through one of these.

/** A string literal: `it's` becomes `'it''s'`. */
export function sqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A quoted identifier: `my "column"` becomes `"my ""column"""`. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A number as it is, to the last bit: a decimal literal would be a number of another type. */
export function sqlNumber(value: number): string {
  return `CAST('${value}' AS DOUBLE)`;
}
