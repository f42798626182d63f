// How the engine's own readers are called: never guessing, so that what they read is what stands there.
import { sqlText } from '../engine/quote.js';
import type { Packing } from './bytes.js';

/** What DuckDB takes by default; less makes large files slow, and more of it small ones. */
const USUAL_LINE = 2_097_152;
const SMALL_LINE = 65_536;

/** Size of a text file, unpacked. */
export interface TextSize {
  readonly bytes: number;
  /** Bytes of its longest line. */
  readonly longest: number;
}

/** Lines of cells that the engine reads without quotes, escapes and guesses. */
export function readLines(
  file: string,
  packing: Packing,
  { bytes, longest }: TextSize,
  columns: readonly string[],
  delimiter: string,
): string {
  const line = Math.max(bytes < USUAL_LINE ? SMALL_LINE : USUAL_LINE, longest + 64);
  // Buffers count towards the memory limit; without a size DuckDB takes 16 lines' worth.
  const size = line === USUAL_LINE ? '' : `, buffer_size = ${2 * line}`;
  const types = columns.map((name) => `${sqlText(name)}: 'VARCHAR'`).join(', ');
  return `read_csv(${enginePath(file)}, columns = {${types}}, auto_detect = false, header = false, compression = '${packing}', delim = ${sqlText(delimiter)}, quote = '', escape = '', new_line = '\\n', max_line_size = ${line}${size}, null_padding = false, strict_mode = true)`;
}

/** A path as the engine's readers take it, which see patterns in `*`, `?` and `[`. */
export function enginePath(file: string): string {
  return sqlText(file.replace(/[*?[]/g, '[$&]'));
}
