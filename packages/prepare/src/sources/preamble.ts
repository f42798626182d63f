// What stands in front of the header of delimited text: the delimiter as Excel states it (`sep=;`), and comments.
import type { SourceSpec } from '../description/types.js';
import { textLines } from './text.js';

/** A line that begins like a comment. */
export interface Comment {
  readonly line: number;
  readonly raw: string;
  /** Without its mark. */
  readonly text: string;
}

/** The lines in front of the records. */
export interface Preamble {
  /** What `sep=` states, and on which line. */
  readonly stated?: { readonly delimiter: string; readonly line: number };
  readonly comments: readonly Comment[];
}

const COMMENT = /^\s*(#|%|\/\/)+/;
const STATED = /^"?sep=(.)"?[,;\t|]*$/i;

/** Whether a line looks like a comment. */
export function isComment(line: string): boolean {
  return COMMENT.test(line);
}

/** Reads the first lines of a file as far as they state the delimiter, look like comments, or are empty. */
export async function preambleOf(
  file: string,
  encoding: SourceSpec['encoding'],
  signal?: AbortSignal,
): Promise<Preamble> {
  const comments: Comment[] = [];
  let stated: Preamble['stated'];
  const found = (): Preamble => ({ comments, ...(stated === undefined ? {} : { stated }) });
  for await (const lines of textLines(file, encoding, signal)) {
    for (const { number: line, raw, problem } of lines) {
      if (problem !== null) return found();
      if (raw === '') continue;
      const delimiter = stated === undefined && comments.length === 0 ? STATED.exec(raw)?.[1] : undefined;
      if (delimiter !== undefined) stated = { delimiter, line };
      else if (isComment(raw)) comments.push({ line, raw, text: raw.replace(COMMENT, '').trim() });
      else return found();
    }
  }
  return found();
}
