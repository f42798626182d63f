// The order of several files: that of their names as people read them, numbers by size. Where no column has times it is the order of time.
import type { ReportEntry } from '@difsr/data';
import { fileName } from '@difsr/data/internal';

/** Endings say nothing of the order: `log.csv` comes before `log-1.csv`. */
const ENDINGS = /(\.(csv|tsv|psv|tab|txt|dat|data|log|jsonl|ndjson|json|parquet|pq|inter|gz|zst))+$/i;

/** Compares paths folder by folder, and in each name numbers by size: day2 comes before day10, part-2 before part-10. */
export function compareFiles(a: string, b: string): number {
  const left = a.split(/[\\/]/);
  const right = b.split(/[\\/]/);
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = compareNames(left[index]!, right[index]!);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(a, b);
}

function compareNames(a: string, b: string): number {
  const order = compareParts(a.replace(ENDINGS, ''), b.replace(ENDINGS, ''));
  return order === 0 ? compareText(a, b) : order;
}

function compareParts(a: string, b: string): number {
  const parts = (name: string): string[] => name.match(/\d+|\D+/g) ?? [];
  const [left, right] = [parts(a), parts(b)];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [one, other] = [left[index]!, right[index]!];
    const order = /^\d/.test(one) && /^\d/.test(other) ? compareNumbers(one, other) : compareText(one, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Of any length; zeros in front do not count. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return left.length - right.length || compareText(left, right);
}

/** The same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Files as somebody gave them, or, where they stand in the order of text, as a shell puts those of a pattern, in that of numbers. */
export function orderOfGiven(files: readonly string[]): readonly string[] {
  const isShells = files.every((file, index) => index === 0 || compareText(files[index - 1]!, file) <= 0);
  return isShells ? files.toSorted(compareFiles) : files;
}

/** Says that the order of files is taken for that of time, and which it is. */
export function orderReport(files: readonly string[]): ReportEntry {
  const names = files.map((file) => fileName(file));
  const repeated = new Set(names).size < names.length;
  const shown = repeated ? files.map((file) => file.split(/[\\/]/).slice(-2).join('/')) : names;
  const list = shown.length <= 6 ? shown : [...shown.slice(0, 3), '..', ...shown.slice(-2)];
  return {
    // Noted, not inferred: whoever prepares a description sees it, too.
    kind: 'noted',
    what: 'no column of times',
    count: files.length > 1 ? files.length : 0,
    why:
      files.length > 1
        ? `the order of the ${files.length} files is taken for the order of time: ${list.join(', ')}`
        : 'the order of the file is taken for the order of time',
  };
}
