// Reader of one RecBole atomic file: tab-separated columns under a header of `name:type`. Knows the form, not what columns mean.
import { type ProblemList, shown } from '@difsr/data/internal';
import { forEachLine } from './lines.js';

/** The types a header may give a column. */
export const COLUMN_TYPES = ['token', 'token_seq', 'float', 'float_seq'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** One column of the header. */
export interface AtomicColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Position in a row, from 0. */
  readonly index: number;
}

/** Called for each row with the right number of columns. */
export type RowVisitor = (cells: readonly string[], line: number) => void;

const CURE_HEADER = `begin with a header of tab-separated name:type, types ${COLUMN_TYPES.join(', ')}, e.g. "user_id:token<tab>item_id:token<tab>timestamp:float"`;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Reads a file: the header first, from which `open` makes the visitor of the rows (or `undefined` to read no further, having
 * added a problem). Rows with a wrong number of columns and cells of float columns that are no numbers become problems.
 */
export function readAtomic(
  text: string,
  file: string,
  problems: ProblemList,
  open: (columns: readonly AtomicColumn[]) => RowVisitor | undefined,
): void {
  let columns: readonly AtomicColumn[] | undefined;
  let floats: readonly AtomicColumn[] = [];
  let visit: RowVisitor | undefined;
  forEachLine(text, (content, line) => {
    if (line === 1) {
      columns = parseHeader(content, file, problems);
      floats = columns?.filter((column) => column.type === 'float' || column.type === 'float_seq') ?? [];
      visit = columns === undefined ? undefined : open(columns);
      return;
    }
    if (columns === undefined || visit === undefined) return;
    const cells = content.split('\t');
    if (cells.length !== columns.length) {
      const message = `the row has ${cells.length} columns, the header ${columns.length}`;
      problems.add({
        file,
        line,
        value: content,
        message,
        cure: 'give every row as many tab-separated cells as the header; an empty cell is nothing between two tabs',
      });
      return;
    }
    for (const column of floats) checkNumbers(cells[column.index] ?? '', column, file, line, problems);
    visit(cells, line);
  });
  if (text.trim() === '') problems.add({ file, message: 'the file is empty', cure: CURE_HEADER });
}

/** The number a cell holds, or `undefined`. Hexadecimal, `Infinity` and `NaN` are no numbers here. */
export function parseNumber(cell: string): number | undefined {
  const trimmed = cell.trim();
  return NUMBER.test(trimmed) && Number.isFinite(Number(trimmed)) ? Number(trimmed) : undefined;
}

function checkNumbers(cell: string, column: AtomicColumn, file: string, line: number, problems: ProblemList): void {
  const parts = column.type === 'float' ? [cell] : cell.split(' ');
  for (const part of parts) {
    if (part === '' || parseNumber(part) !== undefined) continue;
    const cure = `correct the cell, leave it empty, or call the column "${column.name}:token" in the header`;
    problems.add({
      file,
      line,
      column: column.name,
      value: part,
      message: `is not a number, which ${column.type} asks for`,
      cure,
    });
  }
}

function parseHeader(content: string, file: string, problems: ProblemList): AtomicColumn[] | undefined {
  const before = problems.total;
  const names = new Set<string>();
  const columns: AtomicColumn[] = [];
  if (content.trim() === '') return undefined;
  const separator = content.includes('\t') ? undefined : /[,;|]|(?<=:\w+) +(?=\S)/.exec(content)?.[0];
  if (separator !== undefined) {
    problems.add({
      file,
      line: 1,
      value: content,
      message: `is separated by ${shown(separator)}; this form has tabs`,
      cure: CURE_HEADER,
    });
    return undefined;
  }
  for (const [index, cell] of content.split('\t').entries()) {
    const colon = cell.lastIndexOf(':');
    const name = cell.slice(0, Math.max(colon, 0)).trim();
    const type = COLUMN_TYPES.find((known) => known === cell.slice(colon + 1).trim());
    if (colon < 1 || name === '' || type === undefined) {
      const message =
        colon < 1 ? 'is a column without a type' : `has a type that is none of ${COLUMN_TYPES.join(', ')}`;
      problems.add({ file, line: 1, column: index + 1, value: cell, message, cure: CURE_HEADER });
    } else if (names.has(name)) {
      problems.add({
        file,
        line: 1,
        column: index + 1,
        value: name,
        message: 'is the name of an earlier column',
        cure: 'give every column its own name',
      });
    } else {
      names.add(name);
      columns.push({ name, type, index });
    }
  }
  return problems.total > before ? undefined : columns;
}
