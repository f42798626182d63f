// How the engine's own readers are called: never guessing, so that what they read is what stands there.
import { sqlText } from '../engine/quote.js';
import type { Packing } from './bytes.js';

/** What DuckDB takes by default; less makes it slow. */
const USUAL_LINE = 2_097_152;

/** Lines of cells that the engine reads without quotes, escapes and guesses. */
export function readLines(
  file: string,
  packing: Packing,
  longest: number,
  columns: readonly string[],
  delimiter: string,
): string {
  const line = Math.max(USUAL_LINE, longest + 64);
  // Buffers count towards the memory limit; without a size DuckDB takes 16 lines' worth.
  const size = line === USUAL_LINE ? '' : `, buffer_size = ${2 * line}`;
  const types = columns.map((name) => `${sqlText(name)}: 'VARCHAR'`).join(', ');
  return `read_csv(${enginePath(file)}, columns = {${types}}, auto_detect = false, header = false, compression = '${packing}', delim = ${sqlText(delimiter)}, quote = '', escape = '', new_line = '\\n', max_line_size = ${line}${size}, null_padding = false, strict_mode = true)`;
}

/** A path as the engine's readers take it, which see patterns in `*`, `?` and `[`. */
export function enginePath(file: string): string {
  return sqlText(file.replace(/[*?[]/g, '[$&]'));
}
