// Numbers as people read them, and plain tables.

/** `0.231`, `24.1`, `1,204`: three significant digits, in milliseconds. */
export function milliseconds(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : threeDigits(value);
}

/** Three significant digits without an exponent: `1.07`, `24.1`, `118`. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** `43 %` */
export function percent(share: number): string {
  return share >= 0.1 || share === 0 ? `${Math.round(100 * share)} %` : `${(100 * share).toPrecision(1)} %`;
}

/** `0:03`, `2:10:45` */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** Lines of a table: the first column to the left, the others to the right, two spaces apart. */
export function textTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** A table of Markdown, columns but the first to the right. */
export function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    `|${head.map((_, column) => (column === 0 ? '---|' : '---:|')).join('')}`,
    ...rows.map(line),
  ].join('\n');
}
