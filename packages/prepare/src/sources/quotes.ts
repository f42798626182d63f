// Cells in quotes (RFC 4180), also over several lines; and whether a quote that runs on over lines is one at all.
import { BLANKS, fitsWidth, formOf, nextDelimiter, splitCells, withoutBlanks } from './cells.js';

/** How delimited text is written. */
export interface Form {
  /** Between cells; `blanks` is any number of blanks and tabs. */
  readonly delimiter: string;
  /** `''`: quotes mean nothing. */
  readonly quote: string;
}

/**
 * Cells of a record that may come in several pieces. A quote opens a quoted cell where a cell begins. Blanks may stand around the
 * quotes; behind blanks, a quote with text after the closing one means nothing (`, "Weird Al" Yankovic,`).
 */
export class QuoteScan {
  readonly cells: string[] = [];
  /** `open`: within quotes; `broken`: text after a closing quote; `closed`: all cells are there, if nothing follows. */
  state: 'open' | 'broken' | 'closed' = 'closed';
  readonly #form: Form;
  #cell = '';
  #quoted = 0;

  constructor(form: Form) {
    this.#form = form;
  }

  /** Whether every cell is in quotes, as only those who mean it write. */
  get isQuoted(): boolean {
    return this.#quoted === this.cells.length;
  }

  /** The first piece, or what follows while the state is `open`. A piece never ends within a doubled quote: it ends where a line does. */
  add(piece: string): void {
    const { delimiter, quote } = this.#form;
    const text = delimiter === BLANKS && this.state === 'closed' ? withoutBlanks(piece) : piece;
    let at = 0;
    let inside = this.state === 'open';
    for (;;) {
      if (!inside) {
        const opens = this.#opening(text, at);
        if (opens === undefined) {
          const next = nextDelimiter(text, delimiter, at);
          this.cells.push(text.slice(at, next?.at));
          if (next === undefined) break;
          at = next.end;
          continue;
        }
        this.#cell = '';
        at = opens + 1;
      }
      inside = false;
      const close = closing(text, quote, at);
      this.#cell += text.slice(at, close ?? text.length).replaceAll(quote + quote, quote);
      if (close === undefined) {
        this.state = 'open';
        return;
      }
      this.cells.push(this.#cell);
      this.#quoted++;
      at = skipBlanks(text, close + 1, delimiter);
      if (at === text.length) break;
      const next = nextDelimiter(text, delimiter, at);
      if (next?.at !== at) {
        this.state = 'broken';
        return;
      }
      at = next.end;
      // Blanks at the end of the line are no further cell.
      if (delimiter === BLANKS && at === text.length) break;
    }
    this.state = 'closed';
  }

  /** Where the quote of a quoted cell is that begins at a place, if one does. */
  #opening(text: string, at: number): number | undefined {
    const { delimiter, quote } = this.#form;
    const from = skipBlanks(text, at, delimiter);
    if (!text.startsWith(quote, from)) return undefined;
    if (from === at) return from;
    const close = closing(text, quote, from + 1);
    if (close === undefined) return from;
    const end = skipBlanks(text, close + 1, delimiter);
    return end === text.length || nextDelimiter(text, delimiter, end)?.at === end ? from : undefined;
  }
}

/** The first quote that is not doubled. */
function closing(text: string, quote: string, from: number): number | undefined {
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 2))
    if (!text.startsWith(quote, at + 1)) return at;
  return undefined;
}

/** Blanks and tabs, as far as they are no delimiter themselves. */
function skipBlanks(text: string, from: number, delimiter: string): number {
  if (delimiter === BLANKS) return from;
  let at = from;
  while ((text[at] === ' ' || text[at] === '\t') && !text.startsWith(delimiter, at)) at++;
  return at;
}

/** Records by which a column's form is known, and forms that it may have. */
const RECORDS_TO_KNOW = 5;
const MOST_RECORDS = 500;
const MOST_FORMS = 4;

/**
 * Tells a quoted cell over several lines from a stray quote that met another far below: by whether the lines are records by themselves.
 *
 * A line is one if it has as many cells as the others and, in at least half of the columns that are known by their form, the form of those
 * above. Such columns have digits in every cell, arranged in few ways: ids, numbers, times. A quote is stray where most of the lines
 * between the first and the last are records; where there are none between, or no column is known by its form, if all lines are.
 * A record whose every cell is in quotes never is: a stray quote does not make one. What this cannot tell: text whose lines look
 * like records throughout.
 */
export class StrayQuotes {
  readonly #form: Form;
  readonly #forms: (Set<string> | undefined)[] = [];
  #records = 0;

  constructor(form: Form) {
    this.#form = form;
  }

  /** Whether more records would tell more. */
  get learns(): boolean {
    return this.#records < MOST_RECORDS;
  }

  /** A record on one line. */
  learn(cells: readonly string[]): void {
    if (!this.learns) return;
    this.#records++;
    for (const [index, cell] of cells.entries()) {
      if (index === this.#forms.length) this.#forms.push(new Set());
      const known = this.#forms[index];
      if (known === undefined || withoutBlanks(cell) === '') continue;
      known.add(formOf(cell));
      if (known.size > MOST_FORMS) this.#forms[index] = undefined;
    }
  }

  /** Whether the lines of a record over several are rather records by themselves. */
  isStray(lines: readonly string[], width: number): boolean {
    if (width < 2) return false;
    const isRecord = (line: string | undefined): boolean => line !== undefined && this.#isRecord(line, width);
    // Empty lines are no records anywhere; between records they tell nothing.
    const between = lines.slice(1, -1).filter((line) => line !== '');
    const records = between.filter(isRecord).length;
    // Where no column is known by its form, numbers of cells must do, those of all lines.
    const known = this.#formed().length > 0;
    if (known && between.length > 0) return records * 2 > between.length;
    return records === between.length && isRecord(lines[0]) && isRecord(lines.at(-1));
  }

  /** The columns that are known by their form. */
  #formed(): readonly { readonly index: number; readonly forms: ReadonlySet<string> }[] {
    if (this.#records < RECORDS_TO_KNOW) return [];
    return this.#forms.flatMap((forms, index) =>
      forms !== undefined && forms.size > 0 && [...forms].every((form) => form.includes('9')) ? [{ index, forms }] : [],
    );
  }

  #isRecord(line: string, width: number): boolean {
    const { delimiter, quote } = this.#form;
    const cells = splitCells(line, delimiter);
    if (!fitsWidth(cells, width)) return false;
    // What stands by a stray quote may be odd otherwise, too.
    const judged = this.#formed().filter(({ index }) => cells[index]?.includes(quote) === false);
    const fitting = judged.filter(({ index, forms }) => {
      const cell = withoutBlanks(cells[index] ?? '');
      return cell === '' || forms.has(formOf(cell));
    });
    return fitting.length * 2 >= judged.length;
  }
}
