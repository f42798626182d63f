// Plain tables and numbers for the terminal.
import stringWidth from 'string-width';

/** How a column is aligned. */
export type Align = 'left' | 'right';

/**
 * Lines of a table: columns two spaces apart, as wide as their widest cell in a terminal, where 本 takes two places.
 *
 * @example
 * table([['metric', '@10'], ['recall', '0.0791']], ['left', 'right']).join('\n');
 */
export function table(rows: readonly (readonly string[])[], align: readonly Align[]): string[] {
  const widths = align.map((_, column) => Math.max(0, ...rows.map((row) => stringWidth(row[column] ?? ''))));
  return rows.map((row) =>
    align
      .map((side, column) => {
        const cell = row[column] ?? '';
        const space = ' '.repeat((widths[column] ?? 0) - stringWidth(cell));
        return side === 'left' ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd(),
  );
}

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `11,420` */
export function whole(value: number): string {
  return WHOLE.format(value);
}

/** A metric: `0.0431`. */
export function metric(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(4);
}

/** `0:03`, `2:10:45` */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-:--';
  const total = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** `3.1 s`, `240 ms` */
export function seconds(value: number): string {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;
}

/** `812 MB`, `1.34 GB`, `45 kB` */
export function bytes(value: number): string {
  if (value < 999_500) return `${Math.ceil(value / 1e3)} kB`;
  return value < 1e9 ? `${Math.round(value / 1e6)} MB` : `${(value / 1e9).toFixed(2)} GB`;
}

/** A metric's name as in papers: `ndcg@10` -> `NDCG@10`, `recall@5` -> `Recall@5`. */
export function metricTitle(name: string): string {
  const [kind = '', cutoff] = name.split('@');
  const title = TITLES[kind] ?? kind;
  return cutoff === undefined ? title : `${title}@${cutoff}`;
}

const TITLES: Readonly<Record<string, string>> = {
  recall: 'Recall',
  ndcg: 'NDCG',
  mrr: 'MRR',
  hit: 'Hit',
  precision: 'Precision',
  map: 'MAP',
};

/** Lines of a table with a row per metric and a column per cut-off and title, such as `valid` and `test`. */
export function metricsTable(
  columns: readonly { readonly title: string; readonly metrics: Readonly<Record<string, number>> }[],
  kinds: readonly string[] = ['recall', 'ndcg', 'mrr'],
): string[] {
  const names = [...new Set(columns.flatMap(({ metrics }) => Object.keys(metrics)))];
  const cutoffs = [...new Set(names.map((name) => Number(name.split('@')[1])))]
    .filter((k) => k > 0)
    .sort((a, b) => a - b);
  const header = ['', ...cutoffs.flatMap((k) => kinds.map((kind) => metricTitle(`${kind}@${k}`)))];
  const rows = columns.map(({ title, metrics }) => [
    title,
    ...cutoffs.flatMap((k) => kinds.map((kind) => metric(metrics[`${kind}@${k}`]))),
  ]);
  return table(
    [header, ...rows],
    header.map((_, column) => (column === 0 ? 'left' : 'right')),
  );
}
